"""What a card says of licences."""

from distill.config import FacesSettings, Settings, SourceSettings, TeacherSettings
from distill.export.licences import describe_licences, states_licences


def settings(*sources: SourceSettings, teacher: TeacherSettings) -> Settings:
    return Settings("work", FacesSettings(sources), (teacher,), {})


def test_what_is_not_said_is_not_stated() -> None:
    said = SourceSettings("/own/staff", licence="CC0", may_be_used_for="any purpose")
    silent = SourceSettings("/own/guests.zip")
    text = describe_licences(settings(said, silent, teacher=TeacherSettings("/own/t.onnx")))
    assert "| pictures | staff | CC0 | any purpose |" in text
    assert "| pictures | guests.zip | not stated | not stated |" in text
    assert "| teacher | t.onnx | not stated | not stated |" in text
    assert "/own" not in text


def test_a_bar_stays_in_its_cell() -> None:
    said = SourceSettings("staff", licence="A | B")
    assert "| staff | A \\| B | not stated |" in describe_licences(settings(said, teacher=TeacherSettings("t.onnx")))


def test_only_a_configuration_that_speaks_of_pictures_states_licences() -> None:
    teacher = TeacherSettings("t.onnx", licence="MIT")
    assert not states_licences(settings(SourceSettings("a"), teacher=teacher))
    assert states_licences(settings(SourceSettings("a", may_be_used_for="tests"), teacher=teacher))

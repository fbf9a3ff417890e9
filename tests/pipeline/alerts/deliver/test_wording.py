"""What people read of an alert."""

from pipeline.alerts.deliver.wording import one_line, sentence
from tests.synthetic.alerts import alert


def test_a_text_is_one_line_without_control_characters() -> None:
    assert one_line(" a\r\nb\x00\u2028c\t d\x1b[0m ") == "a b c d [0m"
    assert one_line("") == ""


def test_what_became_of_an_alert_and_what_was_missed_is_said() -> None:
    assert sentence(alert(0, at=0, text="", rule="couriers")) == "couriers"
    assert sentence(alert(1, at=0, action="ended")) == "Over: Ada at the door, number 1."
    assert sentence(alert(1, at=0, action="acknowledged", by="Eve")) == "Seen to by Eve: Ada at the door, number 1."
    assert sentence(alert(1, at=0), 2).endswith("number 1. (2 earlier messages were not delivered.)")

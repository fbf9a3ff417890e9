"""A report as a store of people: which pictures are whose, and what of page and table gives way."""

import base64
from pathlib import Path

import pytest

from pipeline.erase.person import Person
from pipeline.erase.report import ReportStore, films_of_erased
from pipeline.events import TrackAction
from pipeline.sinks.report.sink import ReportInfo, ReportSink
from tests.pipeline.sinks.report.samples import camera_event, frame_result
from tests.synthetic.events import evidence, identity, track

STORE = ReportStore()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    sink = ReportSink(tmp_path, ReportInfo("clip.mp4"))
    for index in range(3):
        sink.on_frame(frame_result(index, 1, 2))
    for number, name in ((1, "Ada"), (2, "Ben")):
        sink.on_event(identity(number, camera="cam", person=name, number=number))
        sink.on_event(track(number, camera="cam", track=number, action=TrackAction.END, evidence=evidence(name)))
    sink.on_event(camera_event())
    sink.close()
    return tmp_path / "tracks.csv"


def test_the_pictures_of_a_persons_tracks_are_their_traces(table: Path) -> None:
    assert STORE.recognises(table)
    assert set(STORE.people(table)) == {"Ada", "Ben"}
    assert list(STORE.traces(table, Person("Ada"))) == [(table.parent / "faces" / "cam-1.jpg").read_bytes()]
    assert list(STORE.traces(table, Person("Eve"))) == []


def test_pictures_and_names_give_way_and_the_others_stay(table: Path) -> None:
    page, picture = table.with_name("index.html"), (table.parent / "faces" / "cam-1.jpg").read_bytes()
    other = (table.parent / "faces" / "cam-2.jpg").read_bytes()
    size = page.stat().st_size
    assert STORE.erase(table, Person("Ada")).startswith("1 picture destroyed, ")
    assert page.stat().st_size == size
    assert base64.b64encode(picture) not in page.read_bytes()
    assert base64.b64encode(other) in page.read_bytes()
    assert b"Ada" not in page.read_bytes() + table.read_bytes()
    assert b"Ben" in table.read_bytes()
    assert [file.name for file in (table.parent / "faces").iterdir()] == ["cam-2.jpg"]


def test_films_count_once_somebody_was_erased(table: Path) -> None:
    (table.parent / "annotated.mp4").touch()
    assert films_of_erased(table) == []
    STORE.erase(table, Person("Ada"))
    assert films_of_erased(table) == [table.parent / "annotated.mp4"]


def test_a_report_without_its_page_is_erased(table: Path) -> None:
    table.with_name("index.html").unlink()
    assert STORE.erase(table, Person("Ada"))
    assert b"Ada" not in table.read_bytes()

"""`glimpse history journeys` on a history of people who walk past two cameras."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from glimpse import web_journeys
from glimpse.command import history_journeys
from glimpse.command.app import main
from glimpse.web_journeys import journey_finder
from pipeline.history.reader import HistoryReader, Wanted
from pipeline.history.store import HistoryWriter
from pipeline.settings.load import make_settings
from tests.synthetic.strangers import MODEL, face, links
from tests.synthetic.visits import visit

PEOPLE = 24


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each person comes past gate and hall, half a minute apart; the first is enrolled."""
    monkeypatch.chdir(tmp_path)
    for module in (history_journeys, web_journeys):
        monkeypatch.setattr(module, "open_links", lambda model: links() if model == "embedded" else None)
    with HistoryWriter(Path("h.db"), unknowns=True) as writer:
        for person in range(PEOPLE):
            for step, camera in enumerate(("gate", "hall")):
                number = 2 * person + step + 1
                look = face(person, number).astype("<f2").tobytes()
                fields: dict[str, Any] = {"template": look, "model_id": MODEL, "looks": 1.0}
                at = 1000.0 + 300 * person + 30 * step
                seen = visit(None if person else "Ada", number=number, first_seq=10 * number, at=at, **fields)
                writer.add([msgspec.structs.replace(event, camera=camera) for event in seen], None)


def objects(words: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> list[dict[str, Any]]:
    assert main(["history", "journeys", "h.db", *words.split(), "--json"]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_journeys_are_listed_with_their_tracks_and_probability(capsys: pytest.CaptureFixture[str]) -> None:
    found = objects("", capsys)
    assert len(found) >= PEOPLE - 4
    for journey in found:
        assert [track["camera"] for track in journey["tracks"]] == ["gate", "hall"]
        assert 0.98 <= journey["probability"] <= 1
    [ada] = objects("--person Ada", capsys)
    assert (ada["person"], [track["id"] for track in ada["tracks"]]) == ("Ada", [1, 2])
    assert objects("--track 2", capsys) == [ada]
    assert objects("--min-cameras 3", capsys, code=1) == []
    assert len(objects("--min-cameras 1", capsys)) >= PEOPLE


def test_people_read_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "journeys", "h.db", "--person", "Ada"]) == 0
    first, *places = capsys.readouterr().out.splitlines()
    assert first.startswith("Ada, 2 tracks, probability ")
    assert [place.split()[3].rpartition("/")[2] for place in places] == ["gate", "hall"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--probability 0.2", "--probability: expected 0.5 to below 1, got 0.2"),
        ("--probability nan", "--probability: expected 0.5 to below 1, got nan"),
        ("--overlapping hall", "--overlapping 'hall': expected two cameras"),
        ("--overlapping hall,hall", "expected two cameras"),
        ("--overlapping a,b,c", "expected two cameras"),
        ("--recognizer mine.onnx", "--recognizer mine.onnx: expected tiny, base, large or embedded"),
    ],
)
def test_wrong_words_are_refused_by_a_sentence(words: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "journeys", "h.db", *words.split()]) == 2
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_overlapping_cameras_are_given_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(objects("--overlapping gate,hall", capsys)) >= PEOPLE - 4


def test_the_page_asks_for_the_journey_of_a_track() -> None:
    settings = make_settings(
        {"recognizer": {"model": "embedded"}, "history": {"file": "h.db", "journeys": {"show": True}}}
    )
    find = journey_finder(settings)
    assert find
    with HistoryReader("h.db") as reader:
        [row, *_] = reader.tracks(Wanted(person="Ada"))
    journey = find(row)
    assert journey
    assert [passage.track for passage in journey.passages] == [1, 2]


def test_by_default_the_page_shows_none() -> None:
    assert journey_finder(make_settings({"history": {"file": "h.db"}})) is None
    assert journey_finder(make_settings({"history": {"journeys": {"show": True}}})) is None

"""The end of a run: who was seen, in a table and as JSON."""

import io
from typing import Any

import msgspec
import pytest
from rich.console import Console

from pipeline.sinks.outcome import Outcome, describe_certainty, log_lines, outcome_to_json, print_outcome
from pipeline.sinks.report.records import CameraRecord, TrackRecord
from tests.pipeline.sinks.report.samples import make_evidence, track_record

LONG = "Maria Anna Wilhelmine Elisabeth von und zu Hohenlohe-Waldenburg-Schillingsfürst"


SURE = "sure enough: 0.71, needed 0.55"


def track(camera: str, number: int, first: float, last: float, **who: Any) -> TrackRecord:
    record = track_record(number, first, last, **who)
    record.camera = camera
    return record


def shown(outcome: Outcome) -> str:
    out = io.StringIO()
    print_outcome(outcome, Console(file=out))
    return out.getvalue()


def cameras(*names: str) -> list[CameraRecord]:
    return [CameraRecord(name) for name in names]


def test_a_row_a_person_and_one_line_of_the_others() -> None:
    tracks = [
        track("clip", 1, 1.0, 4.0, state="named", person="Ada", px=18),
        track("clip", 2, 61.0, 64.5, state="named", person="Ada", px=18),
        track("clip", 3, 2.0, 3.0, state="named", person="Bob [x]", px=24),
        track("clip", 4, 2.0, 3.0, state="candidate", person="Cleo"),
        track("clip", 5, 2.0, 3.0),
        track("clip", 6, 2.0, 3.0),
    ]
    lines = shown(Outcome(tracks, cameras("clip"), report="out/night/index.html")).splitlines()
    assert lines[0].split("  ")[0] == "who"
    assert " ".join(lines[1].split()) == "Ada 0:01.0 1:04.5 6.5 s 18 px sure enough: 0.71, needed 0.55"
    assert lines[2].startswith("Bob [x] ")
    assert lines[3:] == [
        "Faces without a name: 1 too uncertain (Cleo?), 2 unknown.",
        "Report: out/night/index.html",
    ]


def test_names_are_whole_where_there_is_no_terminal() -> None:
    tracks = [track("clip", 1, 1.0, 4.0, state="named", person=LONG)]
    assert f"{LONG} " in shown(Outcome(tracks, cameras("clip")))


def test_each_line_of_a_log_stands_by_itself() -> None:
    tracks = [
        track("clip", 1, 1.0, 4.0, state="named", person="Ben [b] " + LONG, px=18),
        track("clip", 2, 61.0, 64.5, state="named", person="Ada", px=18),
        track("clip", 3, 2.0, 3.0),
    ]
    assert list(log_lines(Outcome(tracks, cameras("clip"), report="out/index.html"))) == [
        f"Ada: first seen 1:01.0, last seen 1:04.5, in view 3.5 s, face 18 px, {SURE}",
        f"Ben [b] {LONG}: first seen 0:01.0, last seen 0:04.0, in view 3.0 s, face 18 px, {SURE}",
        "Faces without a name: 1 unknown.",
        "Report: out/index.html",
    ]
    live = track("door", 1, 1.0, 4.0, state="named", person="Ada")
    assert " (UTC), last seen 00:00:04 (UTC), " in next(log_lines(Outcome([live], cameras("door"), live=True)))


def test_several_recordings_are_told_apart_and_in_the_order_of_reading() -> None:
    tracks = [
        track("b", 1, 50.0, 51.0, state="named", person="Ada"),
        track("a", 1, 3.0, 4.0, state="named", person="Ada"),
    ]
    outcome = Outcome(tracks, cameras("b", "a"))
    assert "0:50.0 b    0:04.0 a" in shown(outcome)
    (person,) = outcome_to_json(outcome)["people"]
    assert person["first_seen"] == {"source": "b", "seconds": 50.0}
    assert person["last_seen"] == {"source": "a", "seconds": 4.0}


@pytest.mark.usefixtures("zurich")
def test_cameras_have_times_of_day() -> None:
    tracks = [track("door", 1, 1_700_000_000.0, 1_700_000_004.0, state="named", person="Ada")]
    tracks[0].first_wall = tracks[0].first
    outcome = Outcome(tracks, cameras("door"), live=True)
    assert "23:13:20" in shown(outcome)
    assert outcome_to_json(outcome)["people"][0]["first_seen"]["time"] == "2023-11-14T23:13:20.000+01:00"


def test_without_a_gallery_it_says_that_nobody_is_compared_and_how_to_enrol() -> None:
    text = shown(Outcome([track("clip", 1, 0, 1)], cameras("clip"), compared=False))
    assert "Nobody was compared: no gallery was given." in text
    assert "glimpse enroll FOLDER --gallery people.db" in text
    assert "add --report DIR" in text


def test_nobody_and_nothing() -> None:
    assert shown(Outcome([], cameras("clip"))).startswith("Nobody was named.\nNo face was seen.\n")


def test_a_stopped_run_says_how_to_go_on() -> None:
    command = "glimpse run night.mp4 --report out/night --resume"
    outcome = Outcome([], cameras("clip"), report="out/night/index.html", resume=command)
    assert shown(outcome).endswith(f"To go on: {command}\n")
    assert outcome_to_json(outcome)["resume"] == command


@pytest.mark.parametrize(
    ("score", "chance", "words"),
    [(0.71, 1e-7, "very sure"), (0.71, 5e-5, "sure"), (0.71, 5e-4, "sure enough"), (0.5, 1e-3, "barely")],
)
def test_how_sure_a_name_is_in_words(score: float, chance: float, words: str) -> None:
    evidence = msgspec.structs.replace(make_evidence(score=score), false_alarm=chance)
    assert describe_certainty(evidence) == f"{words}: {score:.2f}, needed 0.55"

"""Walks: who is drawn, where faces are in the clip, and what counts as named."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.walks.people import chip_box, draw_people, portrait
from benchmarks.walks.runs import walking_heights
from benchmarks.walks.score import name_no_stranger, tally
from benchmarks.walks.street import StreetTruth, StreetWalk, TrueFace
from detectors.arrays import Image
from pipeline.events import Event, Evidence, IdentityAction, IdentityEvent, TrackAction, TrackEvent
from recognizer.chips import cut_chip
from recognizer.spec import ChipSpec
from tests.benchmarks.test_benchmarks_run import run
from tests.synthetic.walk import Camera

CAMERA = Camera(width=320, height=180, above=0.1, fps=2, blur=0.1, noise=0, exposure=0)


def gradient() -> Image:
    """A chip whose colours say where in it a pixel lies."""
    ramp = np.linspace(40, 210, 112)
    return np.dstack([np.tile(ramp, (112, 1)), np.tile(ramp[:, None], (1, 112)), np.full((112, 112), 120)]).astype(
        np.uint8
    )


def faces(count: int) -> dict[str, list[Image]]:
    return {
        f"person{number}": [np.full((112, 112, 3), 10 * shot, np.uint8) for shot in range(4)] for number in range(count)
    }


def test_nobody_walks_in_the_photograph_they_are_enrolled_with() -> None:
    drawn = draw_people(faces(9), 5, 3, seed=2)
    assert len({person.name for person in drawn}) == 8
    assert sum(person.photo is None for person in drawn) == 3
    assert all(person.photo is None or (person.photo != person.chip).any() for person in drawn)
    assert [person.name for person in draw_people(faces(9), 5, 3, seed=2)] == [person.name for person in drawn]
    with pytest.raises(ValueError, match="expected 9 people"):
        draw_people(faces(8), 9, 0, seed=2)


def test_true_landmarks_cut_the_chip_that_was_painted() -> None:
    (person,) = draw_people({"a": [gradient()] * 4}, 1, 0, seed=0)
    walk = StreetWalk([person], np.full((180, 320, 3), 90, np.uint8), seed=0, camera=CAMERA)
    frames = list(walk.frames())
    assert [len(found) for found in walk.truth.faces] == [1] * len(frames)
    last = walk.truth.faces[-1][0]
    middle = cut_chip(frames[-1], last.landmarks, ChipSpec(size=112))[30:80, 30:80].astype(float)
    assert np.abs(middle - gradient()[30:80, 30:80]).mean() < 12  # the corners of the frame are darker
    assert 10 < last.px < max(walking_heights()) < 60
    assert len(walk.truth.detections(len(frames) - 1)) == 1


def test_a_portrait_shows_the_chip_in_front_of_a_wall() -> None:
    picture, box = portrait(gradient()), chip_box()
    assert picture.shape[1] > 2 * (box[2] - box[0])
    assert picture.shape[0] > 1.5 * (box[3] - box[1])


def evidence(person: str | None, score: float) -> Evidence:
    return Evidence(
        state="named", person=person, score=score, threshold=0.4, margin=0.1, faces=3, effective=2.0, median_px=20.0,
        reasons=(), false_alarm=1 - score,
    )  # fmt: skip


def event(kind: str, second: float, x: float, person: str | None, score: float = 0.5) -> Event:
    shared = {"node": "n", "epoch": "e", "camera": "c", "seq": 0, "wall_time": 0.0, "media_time": second, "track": 1}
    shared |= {"box": (x - 5, 0.0, x + 5, 20.0), "face_px": 20.0, "capture_time": None}
    shared["evidence"] = evidence(person, score)
    if kind == "end":
        return TrackEvent(action=TrackAction.END, score=1.0, age=1.0, **shared)  # type: ignore[arg-type]
    action = IdentityAction.NAMED if person else IdentityAction.RETRACTED
    return IdentityEvent(action=action, person=person, previous=None, **shared)  # type: ignore[arg-type]


def truth() -> dict[str, StreetTruth]:
    """Ada at 20, Ben at 60 and a stranger at 100 pixels, for three frames; Ben comes with the second."""
    places = [{0: 20, 2: 100}, {0: 20, 1: 60, 2: 100}, {0: 20, 1: 60, 2: 100}]
    points = np.zeros((5, 2), np.float32)
    made = [{n: TrueFace((x - 8, 0, x + 8, 20), points, 0.0) for n, x in frame.items()} for frame in places]
    return {"c": StreetTruth(1.0, ("Ada", "Ben", "Eve"), made)}


def test_the_first_name_counts_and_retractions_are_counted() -> None:
    events = [
        event("identity", 0, 20, "Ada"),
        event("identity", 1, 20, None),
        event("identity", 1, 60, "Ada"),
        event("identity", 2, 60, "Ben"),
        event("identity", 2, 200, "Ada"),  # nobody stands there
    ]
    found = tally(events, truth(), {"Ada", "Ben", "Cleo"})
    assert (found.right, found.wrong, found.never, found.retracted, found.strangers) == (1, 1, 1, 1, 0)
    assert (found.heights, found.seconds) == ((20.0,), (0.0,))
    assert tally([event("identity", 2, 100, "Ada")], truth(), {"Ada"}).strangers == 1


def test_the_limit_is_what_no_stranger_reaches() -> None:
    ends = [("Ada", 20, 0.7), ("Ben", 60, 0.5), ("Ada", 100, 0.5)]
    events = [event("end", 2, x, person, score) for person, x, score in ends]
    found = name_no_stranger(events, truth(), {"Ada", "Ben"}, lambda evidence: evidence.score)
    assert (found.right, found.wrong, found.limit) == (1, 0, 0.5)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_benchmark_runs_without_other_data(tmp_path: Path) -> None:
    page = tmp_path / "results" / "walks.md"
    arguments = ("--people", "2", "--strangers", "1", "--false-alarm", "0.05", "--out", tmp_path, "--write", page)
    text = run("benchmarks.walks", *arguments)
    assert text.count("| detector |") == text.count("| ideal chips |") == 3
    assert page.read_text() == text
    assert (tmp_path / "sheet.png").is_file()

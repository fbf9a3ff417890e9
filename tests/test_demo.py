"""The demo is honest: its clip shows faces where its truth says, and names are judged by place and time."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.synthetic import demo
from tests.synthetic.hall.people import Person
from tests.synthetic.hall.walk import HallWalk
from tests.synthetic.verdict import fates, names_on_nobody
from tests.synthetic.video import Truth
from tests.synthetic.walk import FACE_M, Camera

CAMERA = Camera(width=480, height=270, view=35.0, above=0.4, horizon=0.38, fps=4)
TRUTH = Truth(10, (100, 100), [{0: (10, 10, 20, 24), 1: (50, 10, 60, 24)}, {0: (12, 10, 24, 28), 1: (52, 10, 64, 28)}])


def white_face(name: str) -> Person:
    """A white face on a black body that fills its portrait."""
    photo = np.zeros((300, 100, 3), np.uint8)
    photo[30:90, 26:74] = 255
    return Person(name, photo, np.ones((300, 100), np.float32), np.array([26, 30, 74, 90], np.float32))


def event(kind: str, action: str, time: float, x: float, person: str | None = None) -> dict[str, Any]:
    evidence = {"state": "named" if person else "unknown", "reasons": ["because"]}
    box = (x - 5, 10, x + 5, 24)
    return {"kind": kind, "action": action, "media_time": time, "box": box, "person": person, "evidence": evidence}


def test_faces_are_where_the_truth_says() -> None:
    walk = HallWalk([white_face("a"), white_face("b")], CAMERA, far=10, near=30)
    images = list(walk.frames())
    assert len(images) == len(walk.truth.boxes)
    seen = [(image, box) for image, boxes in zip(images, walk.truth.boxes, strict=True) for box in boxes.values()]
    heights = [box[3] - box[1] for _, box in seen]
    assert min(heights) == pytest.approx(10, abs=0.5)
    assert 20 < max(heights) <= 30  # people leave the picture sideways before the end
    for image, (x1, y1, x2, y2) in seen:
        inner = image[round(y1) + 3 : round(y2) - 3, round(x1) + 3 : round(x2) - 3]
        assert inner.mean() > 140


def test_distance_and_size_are_one_statement() -> None:
    assert CAMERA.distance(CAMERA.place(0.5, 12.0)[2]) == pytest.approx(12.0)
    assert CAMERA.distance(16) == pytest.approx(CAMERA.focal * FACE_M / 16)


def test_the_clip_is_the_same_every_time() -> None:
    first, second = (next(iter(HallWalk([white_face("a")], CAMERA).frames())) for _ in range(2))
    assert (first == second).all()


def test_names_are_judged_by_place_and_time() -> None:
    events = [
        event("track", "new", 0.0, 15),
        event("track", "new", 0.0, 55),
        event("identity", "named", 0.1, 18, "Ada"),
        event("identity", "named", 0.1, 58, "Ada"),
        event("identity", "retracted", 0.1, 58),
    ]
    ada, ben = fates(TRUTH, ["Ada", "Ben"], {"Ada"}, events)
    assert (ada.named, ada.wrong) == ((0.1, 18), [])
    assert (ben.named, ben.wrong) == (None, [(0.1, 18, "Ada")])
    assert ada.followed == ben.followed == (0.0, 14)
    assert names_on_nobody(TRUTH, events) == []


def test_a_name_where_nobody_stands_belongs_to_nobody() -> None:
    events = [event("identity", "named", 0.1, 90, "Ada")]
    assert names_on_nobody(TRUTH, events) == events
    assert fates(TRUTH, ["Ada", "Ben"], {"Ada"}, events)[0].named is None


def test_nobody_named_is_no_failure_but_nobody_followed_is() -> None:
    ends = [
        event("track", action, 0.0, x) | {"track": number}
        for number, x in enumerate((15, 55))
        for action in ("new", "end")
    ]
    followed = fates(TRUTH, ["Ada", "Ben"], {"Ada"}, ends)
    assert demo._verdict(followed, ends) == 0
    assert demo._verdict(followed, ends[:-1]) == 1
    unseen, late = replace(followed[0], followed=None), replace(followed[0], followed=(1.0, 40.0))
    assert demo._verdict([followed[0], unseen], ends) == 0
    assert demo._verdict([unseen, late, followed[1]], ends) == 1
    assert demo._verdict([replace(one, enrolled=False) for one in followed], ends) == 1


def test_everybody_enrolled_is_named_or_it_is_said_why_not() -> None:
    found = fates(TRUTH, ["Ada", "Ben"], {"Ada", "Ben"}, [event("identity", "named", 0.1, 18, "Ada")])
    assert "1 of 2 enrolled people were named; 0 strangers walked along." in demo._sentences(found, 0)
    assert "Ben was never named (never followed)." in demo._sentences(found, 0)
    found = fates(TRUTH, ["Ada", "Ben"], {"Ada", "Ben"}, [event("track", "new", 0.0, 55)])
    assert "Ben was never named (resembles nobody enough: because)." in demo._sentences(found, 0)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_painted_people_are_all_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; from pathlib import Path; from tests.synthetic import demo; "
            f"demo.OUT = Path({str(tmp_path)!r}); demo.REPORT = demo.OUT / 'report';"
            f"sys.exit(demo.main(['--painted']))",
        ],
        cwd=demo.ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 of 3 enrolled people were named" in done.stdout
    assert "No name was wrong" in done.stdout

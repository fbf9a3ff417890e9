"""The demo is honest: its clip shows faces where its truth says, and names are judged by place and time."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.synthetic import cutouts, demo
from tests.synthetic.cutouts import Cutout
from tests.synthetic.verdict import names_on_nobody, people
from tests.synthetic.video import Truth
from tests.synthetic.walk import FACE_M, Camera, Walk

CAMERA = Camera(width=480, height=270, fps=4)
TRUTH = Truth(10, (100, 100), [{0: (10, 10, 20, 24), 1: (50, 10, 60, 24)}, {0: (12, 10, 24, 28), 1: (52, 10, 64, 28)}])


def white_face(name: str) -> Cutout:
    """A white face on a black head."""
    head = np.zeros((120, 100, 3), np.uint8)
    head[30:90, 26:74] = 255
    return Cutout(name, head, head, np.ones((120, 100), np.float32), np.array([26, 30, 74, 90], np.float32))


def event(kind: str, action: str, time: float, x: float, person: str | None = None) -> dict[str, Any]:
    evidence = {"state": "named" if person else "unknown", "reasons": ["because"]}
    box = (x - 5, 10, x + 5, 24)
    return {"kind": kind, "action": action, "media_time": time, "box": box, "person": person, "evidence": evidence}


def test_faces_are_where_the_truth_says() -> None:
    walk = Walk([white_face("a"), white_face("b")], CAMERA, far=10, near=40)
    images = list(walk.frames())
    assert len(images) == len(walk.truth.boxes)
    seen = [(image, box) for image, boxes in zip(images, walk.truth.boxes, strict=True) for box in boxes.values()]
    heights = [box[3] - box[1] for _, box in seen]
    assert min(heights) == pytest.approx(10, abs=0.5)
    assert 33 < max(heights) <= 40
    for image, (x1, y1, x2, y2) in seen:
        inner = image[round(y1) + 3 : round(y2) - 3, round(x1) + 2 : round(x2) - 2]
        assert inner.mean() > 150


def test_distance_and_size_are_one_statement() -> None:
    assert CAMERA.distance(CAMERA.place(0.5, 12.0)[2]) == pytest.approx(12.0)
    assert CAMERA.distance(16) == pytest.approx(CAMERA.focal * FACE_M / 16)


def test_the_clip_is_the_same_every_time() -> None:
    first, second = (next(iter(Walk([white_face("a")], CAMERA).frames())) for _ in range(2))
    assert (first == second).all()


def test_names_are_judged_by_place_and_time() -> None:
    events = [
        event("track", "new", 0.0, 15),
        event("track", "new", 0.0, 55),
        event("identity", "named", 0.1, 18, "Ada"),
        event("identity", "named", 0.1, 58, "Ada"),
        event("identity", "retracted", 0.1, 58),
    ]
    ada, ben = people(TRUTH, ["Ada", "Ben"], {"Ada"}, events)
    assert (ada.named, ada.wrong) == ((0.1, 18), [])
    assert (ben.named, ben.wrong) == (None, [(0.1, 18, "Ada")])
    assert ada.followed == ben.followed == (0.0, 14)
    assert names_on_nobody(TRUTH, events) == []


def test_a_name_where_nobody_stands_belongs_to_nobody() -> None:
    events = [event("identity", "named", 0.1, 90, "Ada")]
    assert names_on_nobody(TRUTH, events) == events
    assert people(TRUTH, ["Ada", "Ben"], {"Ada"}, events)[0].named is None


def test_nobody_named_is_no_failure_but_nobody_followed_is() -> None:
    ends = [
        event("track", action, 0.0, x) | {"track": number}
        for number, x in enumerate((15, 55))
        for action in ("new", "end")
    ]
    followed = people(TRUTH, ["Ada", "Ben"], {"Ada"}, ends)
    assert demo._verdict(followed, ends) == 0
    assert demo._verdict(followed, ends[:-1]) == 1
    unseen, late = replace(followed[0], followed=None), replace(followed[0], followed=(1.0, 40.0))
    assert demo._verdict([followed[0], unseen], ends) == 0
    assert demo._verdict([unseen, late, followed[1]], ends) == 1
    assert demo._verdict([replace(one, enrolled=False) for one in followed], ends) == 1


def test_the_first_name_of_everybody_enrolled_is_told_with_its_face_height() -> None:
    found = people(TRUTH, ["Ada", "Ben"], {"Ada", "Ben"}, [event("identity", "named", 0.1, 18, "Ada")])
    lines = demo._sentences(found, 0)
    assert "Ada was first named at 18 px." in lines
    assert "Ben was never named (never followed)." in lines


@pytest.mark.slow
def test_people_are_cut_out_with_a_matte_over_their_face(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = np.random.default_rng(0).integers(0, 255, (400, 900, 3), np.uint8)
    places = ((100, 100, 180, 200), (600, 100, 680, 200))
    monkeypatch.setattr(cutouts, "PHOTOGRAPHS", {"one": ("x.jpg", (900, 400), places)})
    monkeypatch.setattr(cutouts, "_read", lambda package, inner: photo)
    found = cutouts.cutouts()
    assert [person.name for person in found] == ["Ada", "Ben"]
    for person in found:
        x, y = round(float(person.box[0:3:2].mean())), round(float(person.box[1:4:2].mean()))
        assert person.matte[y, x] > 0.9
        assert person.matte.shape == person.head.shape[:2]


def test_another_photograph_of_the_same_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutouts, "_read", lambda package, inner: np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(ValueError, match="another photograph"):
        cutouts.cutouts()


def test_an_error_says_how_to_install_missing_photographs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutouts, "PHOTOGRAPHS", {"no_such_package": ("x.jpg", (1, 1), ())})
    with pytest.raises(FileNotFoundError, match=r"\[demo\]"):
        cutouts.cutouts()


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

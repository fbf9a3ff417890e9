"""Every script of examples/ runs on pictures, a clip and a bus made here."""

import csv
import os
import runpy
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

import glimpse
from tests.synthetic.portraits import FACES, portrait, write_group, write_portrait_clip

EXAMPLES = Path(__file__).parents[2] / "examples"
RunFn = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunFn:
    """Run a script with these arguments; gives what it printed."""

    def run_script(name: str, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    return run_script


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a gallery of Ada and Ben, and a picture of both with a stranger; scripts run in it."""
    monkeypatch.chdir(tmp_path)
    people = glimpse.Gallery("people.db")
    for name in ("Ada", "Ben"):
        people.enroll(name, FACES / f"{name}.jpg")
    write_group(tmp_path / "group.png", "Ada", "Hedy", "Ben")
    return tmp_path


def test_every_example_says_how_it_is_called_and_is_tested() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    scripts = sorted(EXAMPLES.glob("*.py"))
    assert len(scripts) >= 10
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert f"python examples/{script.name}" in text
        assert f'"{script.name}"' in source, f"no test of {script.name}"
        assert len(text.splitlines()) <= 50


def test_people_are_enrolled_and_found(run: RunFn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir("faces")
    for name in ("Ada", "Ben"):
        (tmp_path / "faces" / f"{name}.jpg").write_bytes((FACES / f"{name}.jpg").read_bytes())
    write_group(tmp_path / "group.png", "Ada", "Hedy", "Ben")
    said = run("enrol_and_identify.py", "faces", "group.png")
    assert "Ada.jpg: taken" in said
    assert [name in said for name in (") Ada (score", ") Ben (score", ") unknown (nearest")] == [True] * 3


def test_two_pictures_are_compared(run: RunFn, capsys: pytest.CaptureFixture[str]) -> None:
    for second, code in (("Ada.jpg", 0), ("Ben.jpg", 1)):
        with pytest.raises(SystemExit) as ended:
            run("compare_two_pictures.py", str(FACES / "Ada.jpg"), str(FACES / second))
        assert ended.value.code == code
        assert ("not the same" in capsys.readouterr().out) == bool(code)


def test_an_album_is_sorted(run: RunFn, room: Path) -> None:
    (room / "album").mkdir()
    (room / "group.png").rename(room / "album" / "group.png")
    assert run("sort_photographs.py", "album", "people.db", "out") == "Ada: 1\nBen: 1\n"
    with (room / "out" / "people.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) == 3


def test_a_video_is_watched(run: RunFn, room: Path) -> None:
    write_portrait_clip(room / "clip.mp4", "Ada", "Hedy")
    said = run("watch_a_video.py", "clip.mp4", "people.db")
    assert "clip: Ada, " in said
    assert "Ben" not in said


def test_events_are_received_from_the_bus(run: RunFn) -> None:
    import threading

    from pipeline.bus.publisher import Publisher
    from tests.synthetic.events import identity

    with closing(Publisher("tcp://127.0.0.1:*", node="node", epoch="e1")) as publisher:
        done = threading.Event()

        def publish() -> None:
            number = 0
            while not done.wait(0.02):
                publisher.on_event(identity(number, person="李雷"))
                number += 1

        sender = threading.Thread(target=publish)
        sender.start()
        try:
            said = run("subscribe_to_the_bus.py", publisher.address, "2")
        finally:
            done.set()
            sender.join()
    assert "李雷" in said


def test_everybody_but_one_is_blurred(run: RunFn, room: Path) -> None:
    run("blur_everybody_but_one.py", "group.png", "people.db", "Ada", "out.png")
    before, after = (cv2.imread(name).astype(int) for name in ("group.png", "out.png"))
    changed = [np.abs(before[:, left : left + 256] - after[:, left : left + 256]).max() for left in (0, 256, 512)]
    assert changed[0] == 0
    assert min(changed[1:]) > 20


def test_the_faces_of_a_film_are_blurred(run: RunFn, room: Path) -> None:
    write_portrait_clip(Path("walk.mp4"), "Ada", seconds=1.0)
    assert run("blur_a_film.py", "walk.mp4", "out.mp4").startswith("written: out.mp4, ")
    before, after = (cv2.VideoCapture(name).read()[1] for name in ("walk.mp4", "out.mp4"))
    x0, y0, x1, y1 = (round(value) for value in glimpse.find(before)[0].box)
    detail = [cv2.Laplacian(frame[y0:y1, x0:x1], cv2.CV_64F).var() for frame in (before, after)]
    assert detail[1] < detail[0] / 4


def test_boxes_alone_are_found(run: RunFn, room: Path) -> None:
    assert len(run("detect_only.py", "group.png").splitlines()) == 3


def test_vectors_alone_are_compared(run: RunFn, room: Path) -> None:
    cv2.imwrite("small.png", portrait("Ada", 64))
    said = run("embed_only.py", str(FACES / "Ada.jpg"), "small.png", str(FACES / "Ben.jpg"))
    rows = [line.strip(" []").split() for line in said.splitlines()]
    assert float(rows[0][1]) > 0.5 > float(rows[0][2])


def test_names_are_drawn_with_supervision(run: RunFn, room: Path) -> None:
    pytest.importorskip("supervision")
    run("draw_with_supervision.py", "group.png", "people.db", "out.png")
    assert (cv2.imread("out.png") != cv2.imread("group.png")).any()


def test_people_are_counted_by_hour(run: RunFn, room: Path) -> None:
    write_portrait_clip(room / "clip.mp4", "Ada", "Hedy")
    assert run("count_people_by_hour.py", "people.db", "clip.mp4") == "hour 0: 1 named, 1 others\n"

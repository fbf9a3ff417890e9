"""Re-embedding: the vectors of the new model for every stored chip, or the gallery as it was."""

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Chips, Float32, Image
from recognizer.base import Readings
from recognizer.gallery import Face, Gallery, OtherModelError
from recognizer.gallery.chips import STORED_SPEC, cut_from_stored, decode_chip, encode_chip
from recognizer.gallery.reembed import reembed
from recognizer.gallery.sqlite_database import SqliteDatabase as Database
from recognizer.spec import ChipSpec

ROOT = Path(__file__).parents[3]


class GreyRecognizer:
    """Reads a chip as the grey levels of its eight strips; two members, for faces up to 40 px and larger ones."""

    model_id, dim, weights = "grey", 8, ""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=32 if face_px <= 40 else 64)

    def read(self, chips: Chips) -> Readings:
        self.sizes.append((len(chips), chips.shape[1]))
        strips = chips.reshape(len(chips), 8, -1).mean(axis=2)
        vectors = strips / np.maximum(np.linalg.norm(strips, axis=1, keepdims=True), 1e-9)
        lengths = [np.nan if chips.shape[1] == 32 else 7.0] * len(chips)
        return Readings(vectors.astype(np.float32), np.array(lengths, np.float32))

    def embed(self, chips: Chips) -> Float32:
        return self.read(chips).vectors


def paint_chip(seed: int) -> Image:
    """A chip whose eight strips have grey levels of their own."""
    levels = np.random.default_rng(seed).integers(40, 250, 8)
    return np.broadcast_to(np.repeat(levels, 14)[:, None, None], (112, 112, 3)).astype(np.uint8)


def face(number: int, face_px: float = 80.0, *, with_chip: bool = True) -> Face:
    chip = encode_chip(paint_chip(number)) if with_chip else None
    return Face(np.eye(4, dtype=np.float32)[number % 4], f"{number}.jpg", f"s{number}", "d", face_px, 0.5, 9, 3.0, chip)


def fill(path: Path, *faces: tuple[str, Face]) -> None:
    with Gallery(path, create=True) as gallery:
        gallery.add_all(faces, model_id="old")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "g.db"


def test_every_vector_is_that_of_the_new_model_at_the_size_of_its_face(path: Path) -> None:
    fill(path, ("a", face(1)), ("a", face(2, 30.0)), ("b", face(3)))
    recognizer, progress = GreyRecognizer(), list[tuple[int, int]]()
    database = Database(path, create=False)
    done = reembed(database, recognizer, on_progress=lambda *now: progress.append(now))
    database.close()
    assert (done.faces, done.dropped, done.old_model_id, done.model_id) == (3, 0, "old", "grey")
    assert (sorted(recognizer.sizes), progress) == ([(1, 32), (1, 32), (2, 64), (2, 64)], [(3, 3)])  # and mirrored
    with Gallery(path) as gallery:
        assert (gallery.model_id, gallery.index("grey").people) == ("grey", ("a", "b"))
        for number, (_, stored) in enumerate(gallery.faces(), 1):
            expected = recognizer.embed(paint_chip(number)[None])[0]
            assert float(stored.vector @ expected) > 0.999
            assert (stored.chip, stored.added_at) == (face(number).chip, 9)
            assert stored.length == (None if stored.face_px == 30 else 7)
        gallery.add("b", Face(np.eye(8, dtype=np.float32)[0], "x", "x"), model_id="grey")


def test_faces_without_a_chip_are_named_and_nothing_is_changed(path: Path) -> None:
    rows = [(f"p{number:02}", face(number, with_chip=False)) for number in range(12)]
    fill(path, ("ada", face(50)), ("ada", face(51, with_chip=False)), *rows)
    before = read_gallery(path)
    database = Database(path, create=False)
    with pytest.raises(
        ValueError, match=r"13 have none: ada \(1\), p00 \(1\), .*, p08 \(1\) and 3 more.*--drop-without"
    ):
        reembed(database, GreyRecognizer())
    database.close()
    assert read_gallery(path) == before


def test_faces_without_a_chip_are_dropped_on_request_with_their_bytes(path: Path) -> None:
    fill(path, ("ada", face(1)), ("ada", face(2, with_chip=False)), ("Unmistakable", face(3, with_chip=False)))
    database = Database(path, create=False)
    assert reembed(database, GreyRecognizer(), drop_without_chips=True).dropped == 2
    database.close()
    with Gallery(path) as gallery:
        assert [(person.name, person.faces) for person in gallery.people()] == [("ada", 1)]
    assert b"Unmistakable" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_a_gallery_that_loses_all_its_faces_accepts_any_model(path: Path) -> None:
    fill(path, ("ada", face(1, with_chip=False)))
    database = Database(path, create=False)
    assert reembed(database, GreyRecognizer(), drop_without_chips=True).faces == 0
    database.close()
    with Gallery(path) as gallery:
        gallery.add("a", Face(np.eye(2, dtype=np.float32)[0], "x", "x"), model_id="third")


@pytest.mark.parametrize(
    ("chip", "reason"),
    [(b"no picture", "got no picture"), (encode_chip(np.zeros((112, 112, 3), np.uint8)), "no usable vector")],
)
def test_a_chip_that_cannot_be_read_leaves_the_gallery_as_it_was(path: Path, chip: bytes, reason: str) -> None:
    fill(path, ("ada", face(1)), ("bob", replace(face(2), chip=chip)))
    before = read_gallery(path)
    database = Database(path, create=False)
    with pytest.raises(ValueError, match=rf"bob, 2\.jpg: .*{reason}"):
        reembed(database, GreyRecognizer())
    database.close()
    assert read_gallery(path) == before


def read_gallery(path: Path) -> list[object]:
    """All that is stored, and the revision."""
    with Gallery(path) as gallery:
        faces = [(name, stored.vector.tolist(), stored.chip, stored.length) for name, stored in gallery.faces()]
        return [gallery.model_id, gallery.version(), *faces]


KILLED_AFTER_ONE_BATCH = """
import sys
from pathlib import Path
from recognizer.gallery.sqlite_database import SqliteDatabase as Database
from recognizer.gallery.reembed import reembed
from tests.recognizer.gallery.test_reembed import GreyRecognizer

def wait_to_be_killed(done, total):
    print(done, total, flush=True)
    sys.stdin.read()

database = Database(Path(sys.argv[1]), create=False)
database.change("PRAGMA cache_size = 1")  # changed pages go to the log before the commit
reembed(database, GreyRecognizer(), on_progress=wait_to_be_killed)
"""


def test_a_kill_in_the_middle_leaves_the_old_gallery(path: Path) -> None:
    fill(path, *((f"p{number}", face(number)) for number in range(70)))
    before = read_gallery(path)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED_AFTER_ONE_BATCH, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == "64 70\n"
        assert path.with_name("g.db-wal").stat().st_size > 0
        assert read_gallery(path) == before  # a reader sees the old vectors while the writer works
        process.send_signal(signal.SIGKILL)
    assert read_gallery(path) == before
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.close()
    database = Database(path, create=False)
    assert reembed(database, GreyRecognizer()).faces == 70
    database.close()
    with Gallery(path) as gallery, pytest.raises(OtherModelError, match="read its pictures again"):
        gallery.index("old")


def test_a_stored_chip_keeps_the_landmarks_of_the_template_in_place() -> None:
    """Cut at its own size it is the same picture; at half the size, its average."""
    noise = np.random.default_rng(3).integers(0, 256, (112, 112, 3), np.uint8)
    chip = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2.0), np.uint8)
    np.testing.assert_array_equal(cut_from_stored(chip, STORED_SPEC), chip)
    half = cv2.resize(chip, (56, 56), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(cut_from_stored(chip, ChipSpec(size=56)).astype(int) - half).max() <= 2


def test_only_a_chip_of_the_stored_size_is_encoded_and_decoded() -> None:
    with pytest.raises(ValueError, match=r"expected BGR uint8 \(112, 112, 3\)"):
        encode_chip(np.zeros((64, 64, 3), np.uint8))
    other = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1].tobytes()
    with pytest.raises(ValueError, match="expected a picture of 112x112"):
        decode_chip(other)

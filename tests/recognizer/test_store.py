"""The gallery file: what it keeps, what it forgets, and what it survives."""

import os
import signal
import sqlite3
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float32, Float64
from recognizer.gallery import Face, Gallery
from recognizer.gallery.store import clean_name

ROOT = Path(__file__).parents[2]


def unit(seed: int, dim: int = 32) -> Float32:
    vector = np.random.default_rng(seed).normal(size=dim)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def face(seed: int, dim: int = 32) -> Face:
    return Face(unit(seed, dim), f"{seed}.jpg", f"{seed:064x}", "yunet", 40.0, 0.9, 1000.0 + seed)


def fill(gallery: Gallery, people: int, each: int = 2) -> None:
    rows = [(f"p{person}", face(person * 100 + number)) for person in range(people) for number in range(each)]
    gallery.add_all(rows, model_id="m")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "g.db"


def test_what_goes_in_comes_out(path: Path) -> None:
    with Gallery(path, create=True) as gallery:
        gallery.add("Zoë", face(1), model_id="m")
        gallery.add("Zoë", face(2), model_id="m")
        gallery.add("李小龙", face(3), model_id="m")
    with Gallery(path) as gallery:
        assert [(person.name, person.faces) for person in gallery.people()] == [("Zoë", 2), ("李小龙", 1)]
        names, faces = zip(*gallery.faces(), strict=True)
        assert names == ("Zoë", "Zoë", "李小龙")
        np.testing.assert_array_equal(faces[2].vector, unit(3))
        assert (faces[2].source, faces[2].detector, faces[2].face_px, faces[2].added_at) == ("3.jpg", "yunet", 40, 1003)
        index = gallery.index("m")
        assert index.people[int(index.search(unit(3)[None]).scores[0].argmax())] == "李小龙"


def test_times_come_from_the_clock_given(path: Path) -> None:
    with Gallery(path, create=True, clock=lambda: 77.0) as gallery:
        gallery.add("a", Face(unit(1), "x", "1"), model_id="m")
        assert gallery.people()[0].added_at == 77


def test_another_models_vectors_are_refused_until_it_is_empty(path: Path) -> None:
    with Gallery(path, create=True) as gallery:
        gallery.add("a", face(1), model_id="m")
        with pytest.raises(ValueError, match="holds vectors of model m, got model other"):
            gallery.add("a", face(2), model_id="other")
        with pytest.raises(ValueError, match="holds vectors of model m, got model other"):
            gallery.index("other")
        with pytest.raises(ValueError, match="expected 32 numbers, got 8"):
            gallery.add("a", face(2, dim=8), model_id="m")
        gallery.erase("a")
        gallery.add("a", face(2, dim=8), model_id="other")
        assert gallery.model_id == "other"


def test_a_picture_is_enrolled_once(path: Path) -> None:
    with Gallery(path, create=True) as gallery:
        gallery.add("a", face(1), model_id="m")
        before = gallery.version()
        with pytest.raises(ValueError, match="already enrolled as a"):
            gallery.add("b", face(1), model_id="m")
        assert [person.name for person in gallery.people()] == ["a"]
        assert gallery.version() == before


@pytest.mark.parametrize("vector", [np.zeros(4), np.full(4, np.nan), np.full(4, 3.0), np.eye(2)])
def test_vectors_that_are_not_unit_are_refused(path: Path, vector: Float64) -> None:
    with Gallery(path, create=True) as gallery, pytest.raises(ValueError, match="finite unit vector"):
        gallery.add("a", Face(vector.astype(np.float32), "x", "1"), model_id="m")


def test_names(path: Path) -> None:
    assert clean_name(unicodedata.normalize("NFD", "Zoë ")) == "Zoë"
    for name in ("", "  ", "a\nb", "x" * 201, "\0"):
        with pytest.raises(ValueError, match="person: expected a name"):
            clean_name(name)


def test_a_reader_sees_another_process_write(path: Path) -> None:
    with Gallery(path, create=True) as writer, Gallery(path) as reader:
        seen = reader.version()
        writer.add("a", face(1), model_id="m")
        assert reader.version() > seen
        seen = reader.version()
        assert reader.index("m").people == ("a",)
        assert reader.version() == seen
        writer.erase("a")
        assert reader.version() > seen
        assert len(reader.index("m")) == 0


def test_reading_goes_on_while_another_writes(path: Path) -> None:
    with Gallery(path, create=True) as gallery:
        fill(gallery, 3)
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM people")
        assert len(gallery.index("m").people) == 3
        writer.execute("ROLLBACK")
        writer.close()


def everything_on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))


def test_erasing_leaves_no_byte_of_a_face_or_name(path: Path) -> None:
    with Gallery(path, create=True) as gallery:
        fill(gallery, 40)
        gallery.add("Somebody Unmistakable", face(9999), model_id="m")
        assert unit(9999).tobytes() in everything_on_disk(path)
        with Gallery(path) as reader:
            reader.index("m")
            assert gallery.erase("Somebody Unmistakable") == 1
            left = everything_on_disk(path)
            assert unit(9999).tobytes() not in left
            assert unit(9999).tobytes()[:32] not in left
            assert b"Unmistakable" not in left
            assert unit(100).tobytes() in left
            assert len(reader.index("m")) == 80
        with pytest.raises(KeyError):
            gallery.erase("Somebody Unmistakable")


def test_an_erasure_held_up_by_a_reader_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recognizer.gallery.database.BUSY_SECONDS", 0.05)
    with Gallery(path, create=True) as gallery:
        fill(gallery, 2)
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM faces").fetchone()
        with pytest.raises(TimeoutError, match=r"g\.db"):
            gallery.erase("p0")
        assert [person.name for person in gallery.people()] == ["p1"]
        reader.execute("COMMIT")
        reader.close()
        gallery.scrub()
        assert unit(0).tobytes() not in everything_on_disk(path)


ENROL_FOR_EVER = """
import itertools, sys
import numpy as np
from recognizer.gallery import Face, Gallery
gallery = Gallery(sys.argv[1], create=True)
for number in itertools.count():
    face = Face(np.eye(512, dtype=np.float32)[number % 512], f"{number}.jpg", str(number))
    gallery.add(f"p{number // 3}", face, model_id="m")
    print(number, flush=True)
"""


def test_killed_while_enrolling_it_stays_whole(path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ENROL_FOR_EVER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdout
        for _ in range(20):
            told = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    with Gallery(path) as gallery:
        kept = [row.source for _, row in gallery.faces()]
        assert len(kept) >= told + 1
        assert kept == [f"{number}.jpg" for number in range(len(kept))]
        gallery.add("after", Face(np.eye(512, dtype=np.float32)[0], "new", "new"), model_id="m")
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert db.execute("SELECT count(*) FROM people WHERE id NOT IN (SELECT person FROM faces)").fetchone()[0] == 0
    db.close()


def test_missing_foreign_damaged_and_newer_files_are_named(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"g\.db"):
        Gallery(path)
    path.write_bytes(b"this is no database, and long enough to be looked at " * 20)
    with pytest.raises(ValueError, match=r"g\.db: not a gallery or damaged"):
        Gallery(path)
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE something (x)")
    other.commit()
    other.close()
    with pytest.raises(ValueError, match="some other SQLite database"):
        Gallery(path)


def test_a_newer_schema_is_refused(path: Path) -> None:
    Gallery(path, create=True).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(ValueError, match="expected schema 1, got 99; update Glimpse"):
        Gallery(path)


def test_a_file_cut_short_is_damaged_not_a_crash(path: Path) -> None:
    with Gallery(path, create=True) as gallery:
        fill(gallery, 200)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(ValueError, match=r"g\.db: (not a gallery or damaged|.*)"), Gallery(path) as gallery:
        gallery.index("m")


def test_a_vector_of_wrong_length_is_damage(path: Path) -> None:
    with Gallery(path, create=True) as gallery:
        fill(gallery, 2)
    db = sqlite3.connect(path)
    db.execute("UPDATE faces SET vector = x'0000' WHERE id = 1")
    db.commit()
    db.close()
    with Gallery(path) as gallery, pytest.raises(ValueError, match="expected vectors of 32 floats"):
        gallery.index("m")


def test_two_galleries_may_create_the_same_file(path: Path) -> None:
    with Gallery(path, create=True) as one, Gallery(path, create=True) as two:
        one.add("a", face(1), model_id="m")
        assert two.owner_of(face(1).sha256) == "a"

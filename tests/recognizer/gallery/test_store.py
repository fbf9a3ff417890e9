"""The gallery: enrolment, erasure, several processes, and damaged files."""

import os
import signal
import sqlite3
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float32, Float64
from recognizer.gallery import Face, Gallery, OtherModelError
from recognizer.gallery.database import Place
from recognizer.gallery.names import clean_name

ROOT = Path(__file__).parents[3]


def unit(seed: int, dim: int = 32) -> Float32:
    vector = np.random.default_rng(seed).normal(size=dim)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def face(seed: int, dim: int = 32) -> Face:
    return Face(unit(seed, dim), f"{seed}.jpg", f"{seed:064x}", "yunet", 40.0, 0.9, 1000.0 + seed)


def fill(gallery: Gallery, people: int, faces_each: int = 2) -> None:
    rows = [(f"p{person}", face(person * 100 + number)) for person in range(people) for number in range(faces_each)]
    gallery.add_all(rows, model_id="m")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "g.db"


def test_enrolled_faces_are_read_back_unchanged(place: Place) -> None:
    with Gallery(place, create=True) as gallery:
        gallery.add("Zoë", face(1), model_id="m")
        gallery.add("Zoë", face(2), model_id="m")
        gallery.add("李小龙", face(3), model_id="m")
    with Gallery(place) as gallery:
        assert [(person.name, person.faces) for person in gallery.people()] == [("Zoë", 2), ("李小龙", 1)]
        names, faces = zip(*gallery.faces(), strict=True)
        assert names == ("Zoë", "Zoë", "李小龙")
        np.testing.assert_array_equal(faces[2].vector, unit(3))
        assert (faces[2].source, faces[2].detector, faces[2].face_px, faces[2].added_at) == ("3.jpg", "yunet", 40, 1003)
        index = gallery.index("m")
        assert index.people[int(index.search(unit(3)[None]).scores[0].argmax())] == "李小龙"


def test_the_time_of_enrolment_comes_from_the_injected_clock(place: Place) -> None:
    with Gallery(place, create=True, clock=lambda: 77.0) as gallery:
        gallery.add("a", Face(unit(1), "x", "1"), model_id="m")
        assert gallery.people()[0].added_at == 77


NO_PICTURES = r"gallery \S+ holds vectors of another model and no pictures; enrol the photographs again: " + (
    r"glimpse enroll FOLDER"
)
WITH_PICTURES = r"gallery \S+ holds vectors of another model; .*: glimpse people reembed --gallery \S+$"


def test_another_models_vectors_are_refused_unless_the_gallery_is_empty(place: Place) -> None:
    with Gallery(place, create=True) as gallery:
        gallery.add("a", face(1), model_id="m")
        with pytest.raises(OtherModelError, match=NO_PICTURES):
            gallery.add("a", face(2), model_id="other")
        with pytest.raises(OtherModelError, match=NO_PICTURES):
            gallery.index("other")
        with pytest.raises(ValueError, match="expected 32 numbers, got 8"):
            gallery.add("a", face(2, dim=8), model_id="m")
        gallery.erase("a")
        gallery.add("a", face(2, dim=8), model_id="other")
        assert gallery.model_id == "other"


def test_a_gallery_with_a_chip_says_how_to_read_its_pictures_again(place: Place) -> None:
    with Gallery(place, create=True) as gallery:
        gallery.add_all([("a", face(1)), ("a", replace(face(2), chip=b"picture"))], model_id="m")
        with pytest.raises(OtherModelError, match=WITH_PICTURES):
            gallery.index("other")
        assert [(person.faces, person.chips) for person in gallery.people()] == [(2, 1)]


def test_a_gallery_of_schema_1_is_read_without_being_changed_and_takes_chips_when_written(path: Path) -> None:
    write_version_1(path)
    before = path.read_bytes()
    with Gallery(path) as gallery:
        ((_, old),) = gallery.faces()
        assert (old.source, old.length, old.chip) == ("1.jpg", None, None)
        assert [(person.faces, person.chips) for person in gallery.people()] == [(1, 0)]
        assert gallery.index("m").people == ("a",)
        with pytest.raises(OtherModelError, match=NO_PICTURES):
            gallery.index("other")
    assert path.read_bytes() == before
    with Gallery(path) as gallery:
        gallery.add("a", replace(face(2), length=7.5, chip=b"picture"), model_id="m")
        assert [(face.length, face.chip) for _, face in gallery.faces()] == [(None, None), (7.5, b"picture")]


def write_version_1(path: Path) -> None:
    """Write a gallery as the first schema stored it, with one face."""
    with Gallery(path, create=True) as gallery:
        gallery.add("a", face(1), model_id="m")
    db = sqlite3.connect(path)
    db.executescript(
        "ALTER TABLE faces DROP COLUMN chip; ALTER TABLE faces DROP COLUMN length; DROP TABLE negatives;"
        " DROP TABLE changes; PRAGMA user_version = 1"
    )
    db.close()


def test_a_picture_is_enrolled_once(place: Place) -> None:
    with Gallery(place, create=True) as gallery:
        gallery.add("a", face(1), model_id="m")
        before = gallery.version()
        with pytest.raises(ValueError, match="already enrolled as a"):
            gallery.add("b", face(1), model_id="m")
        assert [person.name for person in gallery.people()] == ["a"]
        assert gallery.version() == before


@pytest.mark.parametrize("vector", [np.zeros(4), np.full(4, np.nan), np.full(4, 3.0), np.eye(2)])
def test_vectors_without_unit_length_are_refused(place: Place, vector: Float64) -> None:
    with Gallery(place, create=True) as gallery, pytest.raises(ValueError, match="finite unit vector"):
        gallery.add("a", Face(vector.astype(np.float32), "x", "1"), model_id="m")


def test_names_are_normalised_and_checked(path: Path) -> None:
    assert clean_name(unicodedata.normalize("NFD", "Zoë ")) == "Zoë"
    for name in ("", "  ", "a\nb", "x" * 201, "\0"):
        with pytest.raises(ValueError, match=r"person .*expected (a name|printable)"):
            clean_name(name)


def test_a_reader_sees_the_changes_of_another_connection(place: Place) -> None:
    with Gallery(place, create=True) as writer, Gallery(place) as reader:
        version = reader.version()
        writer.add("a", face(1), model_id="m")
        assert reader.version() > version
        version = reader.version()
        assert reader.index("m").people == ("a",)
        assert reader.version() == version
        writer.erase("a")
        assert reader.version() > version
        assert len(reader.index("m")) == 0


def test_a_gallery_is_read_while_another_connection_writes(path: Path) -> None:
    with Gallery(path, create=True) as gallery:
        fill(gallery, 3)
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM people")
        assert len(gallery.index("m").people) == 3
        writer.execute("ROLLBACK")
        writer.close()


def read_all_files(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))


def test_erasure_removes_the_bytes_of_face_and_name_from_the_file(path: Path) -> None:
    with Gallery(path, create=True) as gallery:
        fill(gallery, 40)
        chip = bytes(np.random.default_rng(9999).integers(0, 256, 6000, np.uint8))  # longer than a page
        gallery.add("Somebody Unmistakable", replace(face(9999), chip=chip), model_id="m")
        assert chip[-32:] in read_all_files(path)
        assert unit(9999).tobytes() in read_all_files(path)
        with Gallery(path) as reader:
            reader.index("m")
            assert gallery.erase("Somebody Unmistakable") == 1
            data = read_all_files(path)
            assert unit(9999).tobytes() not in data
            assert unit(9999).tobytes()[:32] not in data
            assert b"Unmistakable" not in data
            assert chip[:32] not in data
            assert chip[-32:] not in data
            assert unit(100).tobytes() in data
            assert len(reader.index("m")) == 80
        with pytest.raises(KeyError):
            gallery.erase("Somebody Unmistakable")


def test_an_erasure_blocked_by_a_reader_raises_and_can_be_completed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recognizer.gallery.sqlite_database.BUSY_SECONDS", 0.05)
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
        assert unit(0).tobytes() not in read_all_files(path)


ENROL_FOREVER = """
import itertools, sys
import numpy as np
from recognizer.gallery import Face, Gallery
gallery = Gallery(sys.argv[1], create=True)
for number in itertools.count():
    face = Face(np.eye(512, dtype=np.float32)[number % 512], f"{number}.jpg", str(number))
    gallery.add(f"p{number // 3}", face, model_id="m")
    print(number, flush=True)
"""


def test_a_gallery_stays_consistent_when_the_writer_is_killed(path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ENROL_FOREVER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdout
        for _ in range(20):
            last_reported = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    with Gallery(path) as gallery:
        sources = [face.source for _, face in gallery.faces()]
        assert len(sources) >= last_reported + 1
        assert sources == [f"{number}.jpg" for number in range(len(sources))]
        gallery.add("after", Face(np.eye(512, dtype=np.float32)[0], "new", "new"), model_id="m")
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert db.execute("SELECT count(*) FROM people WHERE id NOT IN (SELECT person FROM faces)").fetchone()[0] == 0
    db.close()


def test_a_truncated_file_is_reported_as_damaged(path: Path) -> None:
    with Gallery(path, create=True) as gallery:
        fill(gallery, 200)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(ValueError, match=r"g\.db: (not a gallery or damaged|.*)"), Gallery(path) as gallery:
        gallery.index("m")


def test_two_connections_may_create_the_same_file(place: Place) -> None:
    with Gallery(place, create=True) as first, Gallery(place, create=True) as second:
        first.add("a", face(1), model_id="m")
        assert second.owner_of(face(1).sha256) == "a"


def names_of(gallery: Gallery) -> dict[str, list[str]]:
    """The sources of everybody's faces."""
    found: dict[str, list[str]] = {}
    for name, face in gallery.faces():
        found.setdefault(name, []).append(face.source)
    return found


def test_a_renamed_person_keeps_their_faces(place: Place) -> None:
    with Gallery(place, create=True) as gallery:
        fill(gallery, 2)
        before = gallery.version()
        gallery.rename("p0", "  Zoe\u0308 ")
        assert names_of(gallery) == {"Zoë": ["0.jpg", "1.jpg"], "p1": ["100.jpg", "101.jpg"]}
        gallery.rename("Zoë", "ZOË")  # only the case of the same person
        assert gallery.index("m").people == ("ZOË", "p1")
        assert gallery.version() == before + 2


@pytest.mark.parametrize(
    ("old", "new", "error", "says"),
    [
        ("nobody", "x", KeyError, "nobody"),
        ("p0", "p1", ValueError, "already enrolled; merge"),
        ("p0", "P1", ValueError, "differ only by case"),
        ("p0", "", ValueError, "expected a name"),
        ("p0", "a\u202eb", ValueError, "printable"),
    ],
)
def test_a_name_that_cannot_be_given_changes_nothing(
    place: Place, old: str, new: str, error: type[Exception], says: str
) -> None:
    with Gallery(place, create=True) as gallery:
        fill(gallery, 2)
        before = gallery.version(), names_of(gallery)
        with pytest.raises(error, match=says):
            gallery.rename(old, new)
        assert (gallery.version(), names_of(gallery)) == before


def test_two_entries_of_one_person_are_merged(place: Place) -> None:
    with Gallery(place, create=True) as gallery:
        fill(gallery, 3)
        assert gallery.merge("p2", into="p0") == 2
        assert names_of(gallery) == {"p0": ["0.jpg", "1.jpg", "200.jpg", "201.jpg"], "p1": ["100.jpg", "101.jpg"]}
        assert [person.faces for person in gallery.people()] == [4, 2]
        before = gallery.version()
        with pytest.raises(KeyError, match="p2"):
            gallery.merge("p2", into="p0")
        with pytest.raises(KeyError, match="p9"):
            gallery.merge("p0", into="p9")
        with pytest.raises(ValueError, match="one twice"):
            gallery.merge("p0", into=" p0")
        assert gallery.version() == before


@pytest.mark.parametrize("which", ["1.jpg", f"{1:064x}"])
def test_one_picture_is_erased_with_its_bytes(path: Path, which: str) -> None:
    with Gallery(path, create=True) as gallery:
        fill(gallery, 1)
        gallery.remove_face("p0", which)
        assert names_of(gallery) == {"p0": ["0.jpg"]}
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert unit(0).tobytes() in content
    assert unit(1).tobytes() not in content


def test_a_picture_is_removed_only_where_it_is_clear_which_and_another_is_left(place: Place) -> None:
    with Gallery(place, create=True) as gallery:
        fill(gallery, 1)
        gallery.add("p0", replace(face(7), source="0.jpg"), model_id="m")
        gallery.add("single", face(9), model_id="m")
        before = gallery.version()
        with pytest.raises(ValueError, match=r"got 2 among 0\.jpg, 1\.jpg, 0\.jpg"):
            gallery.remove_face("p0", "0.jpg")
        with pytest.raises(ValueError, match="got 0"):
            gallery.remove_face("p0", "0")  # the begin of every digest here
        with pytest.raises(ValueError, match="only picture"):
            gallery.remove_face("single", "9.jpg")
        with pytest.raises(KeyError, match="nobody"):
            gallery.remove_face("nobody", "0.jpg")
        assert gallery.version() == before


def test_a_portrait_is_the_stored_picture_of_the_best_face(place: Place) -> None:
    with Gallery(place, create=True) as gallery:
        faces = [
            ("a", replace(face(n), chip=chip, quality=n / 10)) for n, chip in ((1, b"one"), (2, b"two"), (3, None))
        ]
        gallery.add_all([*faces, ("b", face(4))], model_id="m")
        assert (gallery.portrait("a"), gallery.portrait("b"), gallery.portrait("nobody")) == (b"two", None, None)

"""Damaged and hostile galleries: what cannot be trusted is left out and named, and the others are searched."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float32
from recognizer.gallery import Face, Gallery
from recognizer.gallery.store import MAX_FAULTS
from recognizer.gallery.usable import NOT_UNIT, usable_faces
from recognizer.gallery.watched import WatchedGallery

AXES = np.eye(32, dtype=np.float32)
NO_VECTOR = "expected a vector of 32 numbers"


def write_gallery(path: Path, *people: str, faces_each: int = 1) -> Path:
    """A gallery in which face `row` has the vector `AXES[row]`."""
    names = [name for name in people for _ in range(faces_each)]
    with Gallery(path, create=True) as gallery:
        faces = [(name, Face(AXES[row], f"{row}.jpg", f"{row:064x}", chip=b"RIFF")) for row, name in enumerate(names)]
        gallery.add_all(faces, model_id="m")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_gallery(tmp_path / "g.db", "ann", "bob")


def spoil(path: Path, statements: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as db:
        if values:
            db.execute(statements, values)
        else:
            db.executescript(statements)
        db.commit()


def people_of(path: Path) -> tuple[str, ...]:
    with Gallery(path) as gallery:
        index = gallery.index("m")
    assert np.isfinite(index.search(AXES[:3]).scores).all()
    return index.people


def stored(vector: Float32) -> bytes:
    """A vector as the file holds it."""
    return vector.astype("<f4").tobytes()


def with_number(value: float) -> bytes:
    vector = AXES[0].copy()
    vector[3] = value
    return stored(vector)


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("vector", b"", NO_VECTOR),
        ("vector", b"\0\0", NO_VECTOR),
        ("vector", b"\0" * 131, NO_VECTOR),
        ("vector", b"\0" * 9_000_000, NO_VECTOR),
        ("vector", AXES[0].astype("<f8").tobytes(), NO_VECTOR),
        ("vector", "text of the right length " * 6, NO_VECTOR),
        ("vector", 7, NO_VECTOR),
        ("vector", ((AXES[0] + AXES[1]) / np.sqrt(2)).astype(">f4").tobytes(), NOT_UNIT),
        ("vector", with_number(float("nan")), NOT_UNIT),
        ("vector", with_number(float("inf")), NOT_UNIT),
        ("vector", with_number(-3e38), NOT_UNIT),
        ("vector", stored(AXES[0] * 2), NOT_UNIT),
        ("vector", bytes(128), NOT_UNIT),
        ("model_id", "other", "expected a vector of model m"),
        ("model_id", b"m", "expected a vector of model m"),
        ("person", 99, "it has no name"),
    ],
)
def test_a_damaged_face_is_left_out_and_named_and_the_others_are_searched(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, column: str, value: object, fault: str
) -> None:
    path = write_gallery(tmp_path / "g.db", "ann", "bob", faces_each=2)
    spoil(path, f"UPDATE faces SET {column} = ? WHERE id = 1", value)
    assert people_of(path) == ("ann", "bob")
    (record,) = caplog.records
    owner = "(no name)" if column == "person" else "ann"
    assert f"g.db: a face is left out: {owner}, 0.jpg: {fault}; erase the person" in record.message


@pytest.mark.parametrize(
    ("sql", "shown", "fault"),
    [
        ("''", "(no name)", "it has no name"),
        ("x'414243'", "(no name)", "it has no name"),
        ("'  '", "  ", "expected a name of 1 to 200 characters"),
        ("hex(zeroblob(50000))", "0" * 200, "expected a name of 1 to 200 characters, got 100000"),
        ("CAST(x'70FF1B' AS TEXT)", "p\\udcff\\x1b", "bytes that are not UTF-8"),
        ("CAST(x'61EDA080' AS TEXT)", "a\\udced\\udca0\\udc80", "bytes that are not UTF-8"),
        ("CAST(x'61620063' AS TEXT)", "ab\\x00c", "a control character"),
        ("'ab' || char(8238) || 'cd'", "ab\\u202ecd", "an invisible character"),
        ("'a' || char(8203) || 'nn'", "a\\u200bnn", "an invisible character"),
    ],
)
def test_a_name_that_enrolment_would_refuse_is_left_out(
    path: Path, caplog: pytest.LogCaptureFixture, sql: str, shown: str, fault: str
) -> None:
    spoil(path, f"UPDATE people SET name = {sql} WHERE id = 1")
    assert people_of(path) == ("bob",)
    assert f"a face is left out: {shown}, 0.jpg: " in caplog.text
    assert fault in caplog.text


def test_of_two_names_that_look_alike_the_first_is_used(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spoil(path, "UPDATE people SET name = 'Ann' WHERE id = 2")
    assert people_of(path) == ("ann",)
    assert "a face is left out: Ann, 1.jpg: its name looks like that of 'ann'" in caplog.text


def test_one_flipped_bit_gives_nobody_another_name_or_another_face(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = write_gallery(tmp_path / "whole.db", "Ann Example", "Bob Example", "Cem Example").read_bytes()
    path, drawn, left_out = tmp_path / "g.db", random.Random(5), 0
    written = [place for place, byte in enumerate(whole) if byte]
    for place in drawn.sample(written, 600):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << drawn.randrange(8)
        path.write_bytes(damaged)
        try:
            with Gallery(path) as gallery:
                index = gallery.index("m")
        except ValueError:
            continue
        left_out += len(index) < 3
        names = [name for name, vector in zip(index.labels, index.vectors, strict=True) if vector.argmax() == 0]
        assert set(index.people) <= {"Ann Example", "Bob Example", "Cem Example"}
        assert set(names) <= {"Ann Example"}
    assert left_out


def test_a_gallery_of_damaged_faces_alone_is_empty_and_fills_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_gallery(tmp_path / "g.db", *[f"p{number}" for number in range(MAX_FAULTS + 5)])
    spoil(path, "UPDATE faces SET vector = x'00'")
    assert people_of(path) == ()
    assert len(caplog.records) == MAX_FAULTS + 1
    assert "5 more faces are left out" in caplog.text


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM gallery",
        "UPDATE gallery SET dim = 'abc'",
        "UPDATE gallery SET dim = -32",
        "UPDATE gallery SET dim = 32.5",
        "UPDATE gallery SET dim = 9223372036854775807",
        "UPDATE gallery SET revision = x'00'",
        "UPDATE gallery SET model_id = x'6D'",
    ],
)
def test_a_damaged_row_about_all_faces_is_a_sentence_that_names_the_file(path: Path, statement: str) -> None:
    spoil(path, statement)
    with pytest.raises(ValueError, match=r"gallery .*g\.db: damaged: expected one row"):
        people_of(path)
    with pytest.raises(ValueError, match=r"gallery .*g\.db: damaged: expected one row"):
        WatchedGallery(path).version()


@pytest.mark.parametrize(
    "statements",
    [
        "CREATE TRIGGER t AFTER UPDATE ON gallery BEGIN DELETE FROM faces; END",
        "ALTER TABLE faces RENAME TO f; CREATE VIEW faces AS WITH RECURSIVE c(x) AS"
        " (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT f.* FROM f, c",
    ],
)
def test_a_file_with_code_in_it_is_refused_before_that_runs(path: Path, statements: str) -> None:
    spoil(path, statements)
    with pytest.raises(ValueError, match="expected tables alone, got views or triggers"):
        people_of(path)


def test_what_is_damaged_can_be_listed_exported_around_and_erased_as_it_is_shown(path: Path) -> None:
    spoil(path, "UPDATE people SET name = CAST(x'70FF1B' AS TEXT) WHERE id = 1")
    with Gallery(path) as gallery:
        assert [person.name for person in gallery.people()] == ["bob", "p\udcff\x1b"]
        assert [name for name, _ in gallery.faces()] == ["bob"]
        assert list(gallery.stored_bytes("p\\udcff\\x1b")) == [stored(AXES[0]), b"RIFF"]
        assert gallery.erase("p\\udcff\\x1b") == 1
        assert [person.name for person in gallery.people()] == ["bob"]
    assert stored(AXES[0]) not in path.read_bytes()


@pytest.mark.parametrize("name", ["bob", "cem"])
def test_a_face_that_table_and_index_give_to_different_people_is_left_out_and_erased_with_either(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    path = write_gallery(tmp_path / "g.db", "ann", "bob", "cem")
    damaged = bytearray(path.read_bytes())
    owner = damaged.index(stored(AXES[1])) - 1  # the number of the person stands before the vector
    assert damaged[owner] == 2
    damaged[owner] = 3
    path.write_bytes(damaged)
    assert people_of(path) == ("ann", "cem")
    assert "cem, 1.jpg: its name, or whose it is, is damaged" in caplog.text
    with Gallery(path) as gallery:
        assert gallery.erase(name) == (1 if name == "bob" else 2)
    assert stored(AXES[1]) not in path.read_bytes()


def test_an_erasure_of_others_does_not_hide_a_damaged_name_under_a_new_index(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[damaged.index(b"ann")] ^= 1
    path.write_bytes(damaged)
    assert people_of(path) == ("bob",)
    with Gallery(path) as gallery:
        gallery.scrub()
        assert [person.name for person in gallery.people()] == ["bob"]
    assert "1 faces with a damaged name or owner are erased, too" in caplog.text
    assert stored(AXES[0]) not in path.read_bytes()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE faces SET chip = 'text' WHERE id = 1",
        "UPDATE faces SET face_px = 9e999, quality = 'x', length = x'00', added_at = 'y' WHERE id = 1",
        "UPDATE faces SET source = x'FF00', detector = x'FF', sha256 = 5 WHERE id = 1",
    ],
)
def test_odd_values_beside_a_good_vector_do_no_harm(path: Path, statement: str) -> None:
    spoil(path, statement)
    with Gallery(path) as gallery:
        (_, face), _ = gallery.faces()
    assert all(np.isfinite([face.face_px, face.quality, face.added_at, face.length or 0.0]))
    assert isinstance(face.source, str)
    assert isinstance(face.chip, bytes | None)


def test_no_rows_are_no_faces() -> None:
    faces = usable_faces([], dim=32, model_id="m", unseal=bytes)
    assert (faces.names, faces.rows, faces.faults, faces.vectors.shape) == ([], [], [], (0, 32))

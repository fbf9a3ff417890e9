"""Export and import: complete, private, and refused when damaged."""

import hashlib
import os
import stat
from pathlib import Path

import msgspec
import numpy as np
import pytest

from detectors.arrays import Float32
from recognizer.gallery import Face, Gallery
from recognizer.gallery.__main__ import main
from recognizer.gallery.database import Place
from recognizer.gallery.negatives import Negative
from recognizer.gallery.transfer import Imported, encode_export, export_gallery, import_gallery, read_export
from tests.synthetic.small_disk import small_disk

CHIPS = (None, bytes(range(256)))


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    rows = np.eye(8, dtype=np.float32)
    with Gallery(tmp_path / "a.db", create=True) as gallery:
        for number in range(5):
            gallery.add(
                f"Zoë {number // 2}",
                Face(rows[number], f"{number}.jpg", f"s{number}", "d", 30, 0.5, 9, chip=CHIPS[number % 2]),
                model_id="m",
            )
        assert export_gallery(gallery, tmp_path / "g.jsonl") == 5
    return tmp_path / "g.jsonl"


def test_an_import_restores_every_exported_face(tmp_path: Path, exported: Path, place: Place) -> None:
    with Gallery(tmp_path / "a.db") as source, Gallery(place, create=True) as target:
        assert import_gallery(target, exported) == Imported(5, 0, [])
        assert import_gallery(target, exported) == Imported(0, 5, [])
        for (name, face), (imported_name, imported) in zip(source.faces(), target.faces(), strict=True):
            assert name == imported_name
            np.testing.assert_array_equal(face.vector, imported.vector)
            assert (face.source, face.sha256, face.added_at) == (imported.source, imported.sha256, imported.added_at)
            assert (face.length, face.chip) == (imported.length, imported.chip)
        assert [face.chip for _, face in target.faces()] == [CHIPS[number % 2] for number in range(5)]
        assert not list(tmp_path.glob("*.partial"))


def test_only_the_owner_may_read_gallery_and_export(tmp_path: Path, exported: Path) -> None:
    with Gallery(tmp_path / "a.db") as gallery:
        gallery.add("x", Face(np.eye(8, dtype=np.float32)[6], "x", "x"), model_id="m")  # makes SQLite create its log
        files = [tmp_path / "a.db", tmp_path / "a.db-wal", exported]
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 3


def test_a_failed_export_leaves_no_copy(tmp_path: Path, exported: Path) -> None:
    (tmp_path / "folder").mkdir()
    with Gallery(tmp_path / "a.db") as gallery, pytest.raises(OSError, match="folder"):
        export_gallery(gallery, tmp_path / "folder")
    assert not list(tmp_path.glob("*.partial"))


def test_another_models_export_is_refused(tmp_path: Path, exported: Path) -> None:
    with Gallery(tmp_path / "b.db", create=True) as gallery:
        gallery.add("x", Face(np.eye(8, dtype=np.float32)[0], "x", "x"), model_id="other")
        with pytest.raises(ValueError, match=r"expected vectors of model other, .* got vectors of model m"):
            import_gallery(gallery, exported)
        assert len(gallery.people()) == 1


def test_a_damaged_file_is_refused(tmp_path: Path, exported: Path) -> None:
    complete = exported.read_bytes()
    lines = complete.splitlines(keepends=True)
    for damaged in (
        b"",
        b"{}",
        complete[:-200],
        b"".join(lines[:-1]),
        b"".join(lines[:2] + lines[3:]),
        complete.replace(b"Zo", b"Xo", 1),
    ):
        exported.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"import g\.jsonl"):
            read_export(exported)


def test_a_newer_format_is_refused(exported: Path) -> None:
    lines = exported.read_bytes().splitlines()
    header = msgspec.json.decode(lines[0]) | {"version": 4}
    exported.write_bytes(b"\n".join([msgspec.json.encode(header), *lines[1:]]))
    with pytest.raises(ValueError, match="expected glimpse-gallery version 3 or less, got 4; update Glimpse"):
        read_export(exported)


VERSION_1 = (
    b'{"format":"glimpse-gallery","version":1,"model_id":"m","faces":1}\n'
    b'{"person":"Ada","vector":"AACAPwAAAAA=","source":"x.jpg","sha256":"s","detector":"d","face_px":30.0,'
    b'"quality":0.5,"added_at":9.0}\n'
)


def test_a_file_of_version_1_is_imported_without_chips(tmp_path: Path) -> None:
    trailer = msgspec.json.encode({"checksum": hashlib.sha256(VERSION_1).hexdigest()})
    (tmp_path / "old.jsonl").write_bytes(VERSION_1 + trailer + b"\n")
    with Gallery(tmp_path / "g.db", create=True) as gallery:
        assert import_gallery(gallery, tmp_path / "old.jsonl") == Imported(1, 0, [])
        ((name, face),) = gallery.faces()
    assert (name, face.vector.tolist(), face.added_at, face.chip) == ("Ada", [1.0, 0.0], 9.0, None)


def test_an_empty_gallery_is_exported_and_imported(tmp_path: Path) -> None:
    with Gallery(tmp_path / "e.db", create=True) as gallery:
        assert export_gallery(gallery, tmp_path / "e.jsonl") == 0
        assert import_gallery(gallery, tmp_path / "e.jsonl") == Imported(0, 0, [])


def near(cosine: float) -> Float32:
    """A unit vector of this cosine with the first axis."""
    vector = np.zeros(8, np.float32)
    vector[[0, 7]] = cosine, np.sqrt(1 - cosine**2)
    return vector


@pytest.mark.parametrize(("cosine", "refused"), [(1.0, True), (0.951, True), (0.949, False)])
def test_a_photograph_of_somebody_else_is_refused_and_the_rest_goes_on(
    tmp_path: Path, exported: Path, cosine: float, refused: bool
) -> None:
    with Gallery(tmp_path / "b.db", create=True) as gallery:
        gallery.add("Bob", Face(near(cosine), "b.jpg", "b"), model_id="m")
        done = import_gallery(gallery, exported)
        assert (done.added, done.known, len(done.refused)) == ((4, 0, 1) if refused else (5, 0, 0))
        if refused:
            assert done.refused[0].startswith("Zoë 0, 0.jpg: the same face as Bob: cosine ")
        assert len(gallery.index("m")) == done.added + 1


def test_two_people_of_one_file_do_not_share_a_photograph_either(tmp_path: Path) -> None:
    faces = [(name, Face(near(1.0), f"{name}.jpg", name)) for name in ("Ann", "Bob", "Ann")]
    faces[2] = ("Ann", Face(near(0.99), "ann2.jpg", "ann2"))
    (tmp_path / "e.jsonl").write_bytes(encode_export("m", faces))
    with Gallery(tmp_path / "b.db", create=True) as gallery:
        done = import_gallery(gallery, tmp_path / "e.jsonl")
        assert [person.name for person in gallery.people()] == ["Ann"]
    assert (done.added, done.refused) == (
        2,
        ["Bob, Bob.jpg: the same face as Ann: cosine 1.00, two people stay below 0.95"],
    )


def test_a_picture_that_is_enrolled_under_another_name_is_refused(tmp_path: Path, exported: Path) -> None:
    with Gallery(tmp_path / "b.db", create=True) as gallery:
        gallery.add("Bob", Face(near(0.0), "b.jpg", "s0"), model_id="m")
        done = import_gallery(gallery, exported)
    assert done.refused == ["Zoë 0, 0.jpg: already enrolled as Bob"]


def test_the_command_prints_a_line_for_each_refusal_and_ends_with_1(
    tmp_path: Path, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Gallery(tmp_path / "b.db", create=True) as gallery:
        gallery.add("Bob", Face(near(1.0), "b.jpg", "b"), model_id="m")
    assert main(["import", str(exported), "--gallery", str(tmp_path / "b.db")]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith("refused: Zoë 0, 0.jpg: the same face as Bob")
    assert "4 faces imported, 0 already enrolled, 1 refused" in shown.out


@pytest.mark.parametrize("vector", [near(1.0)[:4], near(1.0) * 2, near(1.0) * np.float32(np.nan)])
def test_a_damaged_vector_refuses_the_whole_file_and_names_the_face(tmp_path: Path, vector: Float32) -> None:
    faces = [("Ann", Face(near(0.5), "a.jpg", "a")), ("Bob", Face(vector, "b.jpg", "b"))]
    (tmp_path / "e.jsonl").write_bytes(encode_export("m", faces))
    with Gallery(tmp_path / "b.db", create=True) as gallery:
        with pytest.raises(ValueError, match=r"import e\.jsonl: Bob, b\.jpg: expected a finite unit vector of 8"):
            import_gallery(gallery, tmp_path / "e.jsonl")
        assert not list(gallery.faces())


def test_an_export_that_finds_no_room_names_its_file(tmp_path: Path) -> None:
    with Gallery(tmp_path / "a.db", create=True) as gallery, small_disk(tmp_path / "disk", kib=64) as disk:
        gallery.add("Ada", Face(np.full(512, 512**-0.5, np.float32), "a.jpg", "1", chip=bytes(9000)), model_id="m")
        disk.fill()
        with pytest.raises(OSError, match=r"No space left on device: '.*disk/export\.jsonl'"):
            export_gallery(gallery, disk.folder / "export.jsonl")
        assert [path.name for path in disk.folder.iterdir()] == ["ballast"]
        with pytest.raises(OSError, match=r"'.*nowhere/export\.jsonl'"):
            export_gallery(gallery, tmp_path / "nowhere" / "export.jsonl")


def test_an_export_goes_through_a_pipe_and_a_link(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "export.jsonl")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with Gallery(tmp_path / "a.db", create=True) as gallery:
        export_gallery(gallery, tmp_path / "link")
        export_gallery(gallery, tmp_path / "pipe")
    assert os.read(reader, 1 << 16) == (tmp_path / "export.jsonl").read_bytes()
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "link").is_symlink()


def test_negatives_go_with_their_people(tmp_path: Path) -> None:
    one, other = Negative(np.eye(4, dtype=np.float32)[1], "track e/door/1", 5.0), tmp_path / "other.db"
    with Gallery(tmp_path / "g.db", create=True) as gallery:
        gallery.add("a", Face(np.eye(4, dtype=np.float32)[0], "1.jpg", "1"), model_id="m")
        gallery.mark("a", one, model_id="m")
        export_gallery(gallery, tmp_path / "e.jsonl")
    with Gallery(other, create=True) as gallery:
        import_gallery(gallery, tmp_path / "e.jsonl")
        import_gallery(gallery, tmp_path / "e.jsonl")
        [(name, kept)] = gallery.negatives()
    assert (name, kept.source, kept.added_at, kept.vector.tolist()) == ("a", one.source, 5.0, one.vector.tolist())


def test_a_file_without_negatives_is_of_the_version_before(tmp_path: Path) -> None:
    assert encode_export("m", []).startswith(b'{"format":"glimpse-gallery","version":2,"model_id":"m","faces":0}')

"""A gallery on a disk that is full: a sentence, exit code 1, nothing half done, and it goes on when there is room."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from glimpse.command.app import main
from pipeline.erase.run import erase_person
from recognizer.gallery.database import NoRoomError
from recognizer.gallery.store import Face, Gallery
from recognizer.gallery.transfer import export_gallery, import_gallery
from recognizer.gallery.watched import WatchedGallery
from tests.synthetic.small_disk import SmallDisk, small_disk

FACES = Path(__file__).parents[3] / "docs" / "faces"
PEOPLE = [f"p{number}" for number in range(10)]
DIM = 512


def face(number: int) -> Face:
    rng = np.random.default_rng(number)
    vector = rng.standard_normal(DIM).astype(np.float32)
    return Face(vector / np.linalg.norm(vector), f"{number}.jpg", f"{number:064x}", chip=rng.bytes(3000))


def many(count: int) -> list[tuple[str, Face]]:
    return [(f"q{number}", face(100 + number)) for number in range(count)]


def people(path: Path) -> list[str]:
    with Gallery(path, read_only=True) as gallery:
        return list(gallery.index("m").people)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def db(disk: SmallDisk) -> Path:
    path = disk.folder / "people.db"
    with Gallery(path, create=True) as gallery:
        gallery.add_all([(name, face(number)) for number, name in enumerate(PEOPLE)], model_id="m")
    return path


def test_where_writing_fails_nobody_is_enrolled_and_later_everybody(tmp_path: Path) -> None:
    """Without a small disk: SQLite itself refuses to let the file grow."""
    with Gallery(tmp_path / "people.db", create=True) as gallery:
        gallery.add("p0", face(0), model_id="m")
        gallery._db._db.execute("PRAGMA max_page_count = 1")  # SQLite raises it to what the file has
        with pytest.raises(NoRoomError, match=r"people\.db: cannot be written, the disk is full or fails"):
            gallery.add_all(many(50), model_id="m")
        assert gallery.index("m").people == ("p0",)
        gallery._db._db.execute("PRAGMA max_page_count = 100000")
        gallery.add_all(many(50), model_id="m")
        assert len(gallery.index("m").people) == 51


def test_an_enrolment_is_whole_or_refused(disk: SmallDisk, db: Path) -> None:
    with Gallery(db) as gallery:
        disk.fill(leave=64 << 10)
        with pytest.raises(NoRoomError):
            gallery.add_all(many(50), model_id="m")
        assert people(db) == PEOPLE
        disk.make_room()
        gallery.add_all(many(50), model_id="m")
    assert len(people(db)) == 60


def test_a_full_disk_can_be_read(disk: SmallDisk, db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """SQLite wants 32 KiB for the index of its log, even to read."""
    disk.fill()
    assert people(db) == PEOPLE
    assert main(["people", "list", "--gallery", str(db)]) == 0
    assert "10 people" in capsys.readouterr().out


def test_a_watch_that_begins_on_a_full_disk_takes_up_who_is_enrolled_later(disk: SmallDisk, db: Path) -> None:
    disk.fill()
    watched = WatchedGallery(db)
    before = watched.version()
    assert len(watched.index("m").people) == 10
    disk.make_room()
    with Gallery(db) as gallery:
        gallery.add_all(many(1), model_id="m")
    assert watched.version() != before
    assert len(watched.index("m").people) == 11
    watched.close()


@pytest.mark.parametrize("words", [["erase", "p1"], ["rename", "p1", "Bob"], ["merge", "p1", "p2"]])
def test_a_change_is_refused_with_exit_code_1(
    disk: SmallDisk, db: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    disk.fill()
    assert main(["people", *words, "--gallery", str(db)]) == 1
    assert "people.db: cannot be written, the disk is full or fails" in capsys.readouterr().err
    assert people(db) == PEOPLE
    disk.make_room()
    assert main(["people", *words, "--gallery", str(db)]) == 0
    assert len(people(db)) == 9 + (words[0] == "rename")


def test_an_erasure_without_room_to_rewrite_the_file_says_that_bytes_are_left(
    disk: SmallDisk, db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vector = face(1).vector.tobytes()
    disk.fill(leave=100 << 10)  # enough for the log, not for a second file
    assert main(["people", "erase", "p1", "--gallery", str(db)]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "no room on the disk to write the file anew" in told
    assert "the bytes of erased faces stay in it" in told
    assert people(db) == [name for name in PEOPLE if name != "p1"]
    disk.make_room()
    assert main(["people", "erase", "p1", "--gallery", str(db)]) == 1  # not enrolled any more
    assert "no erased face is left" in capsys.readouterr().out
    assert vector not in db.read_bytes()


def test_erasing_everywhere_names_the_gallery_that_could_not_be_changed(disk: SmallDisk, db: Path) -> None:
    disk.fill()
    done = erase_person("p1", [disk.folder])
    assert not done.complete
    assert "the disk is full or fails" in next(outcome.left for outcome in done.outcomes if outcome.path == db)
    disk.make_room()
    assert erase_person("p1", [disk.folder]).complete


def test_an_import_is_whole_or_refused(disk: SmallDisk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Gallery(tmp_path / "full.db", create=True) as gallery:
        gallery.add_all(many(100), model_id="m")
        export_gallery(gallery, tmp_path / "people.jsonl")
    db = disk.folder / "new.db"
    with Gallery(db, create=True) as gallery:
        gallery.add("p0", face(0), model_id="m")
    disk.fill(leave=128 << 10)
    words = ["people", "import", str(tmp_path / "people.jsonl"), "--gallery", str(db)]
    assert main(words) == 1
    assert "the disk is full or fails" in capsys.readouterr().err
    assert people(db) == ["p0"]
    disk.make_room()
    assert main(words) == 0
    assert len(people(db)) == 101


def test_an_import_into_a_new_file_on_a_full_disk_can_be_repeated(disk: SmallDisk, tmp_path: Path) -> None:
    with Gallery(tmp_path / "full.db", create=True) as gallery:
        gallery.add_all(many(2), model_id="m")
        export_gallery(gallery, tmp_path / "people.jsonl")
    disk.fill()
    db = disk.folder / "new.db"
    assert main(["people", "import", str(tmp_path / "people.jsonl"), "--gallery", str(db)]) == 1
    disk.make_room()
    with Gallery(db, create=True) as gallery:
        assert import_gallery(gallery, tmp_path / "people.jsonl").added == 2


def test_an_export_leaves_the_old_one_and_no_half_of_a_new_one(
    disk: SmallDisk, db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = disk.folder / "people.jsonl"
    with Gallery(db) as gallery:
        export_gallery(gallery, target)
        before = target.read_bytes()
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            export_gallery(gallery, target)
    assert target.read_bytes() == before
    assert {path.name for path in disk.folder.iterdir()} == {"ballast", "people.db", "people.jsonl"}
    assert main(["people", "export", str(disk.folder / "other.jsonl"), "--gallery", str(db)]) == 1
    assert "other.jsonl: no room is left on the disk" in capsys.readouterr().err


def test_erasing_from_an_export_leaves_it_whole(disk: SmallDisk, db: Path) -> None:
    target = disk.folder / "people.jsonl"
    with Gallery(db) as gallery:
        export_gallery(gallery, target)
    before = target.read_bytes()
    disk.fill()
    done = erase_person("p1", [target])
    assert not done.complete
    assert target.read_bytes() == before
    assert not list(disk.folder.glob(".people.jsonl*"))
    disk.make_room()
    assert erase_person("p1", [target]).complete


@pytest.mark.slow
def test_glimpse_enroll_counts_what_it_could_not_enrol(
    disk: SmallDisk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db, pictures = disk.folder / "people.db", tmp_path / "pictures"
    pictures.mkdir()
    for name in ("Ada", "Ben", "Finn"):
        shutil.copy(FACES / f"{name}.jpg", pictures)
    with Gallery(db, create=True):
        pass
    disk.fill(leave=72 << 10)
    assert main(["enroll", str(pictures), "--gallery", str(db)]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "the disk is full or fails" in told
    with Gallery(db, read_only=True) as gallery:
        kept = len(gallery.people())
    assert kept < 3
    assert f"pictures enrolled: {kept}, not enrolled: {3 - kept}" in told
    disk.make_room()
    assert main(["enroll", str(pictures), "--gallery", str(db)]) == 0

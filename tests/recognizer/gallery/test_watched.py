"""A watched gallery follows the path: files moved, copied over it, removed and brought back, and read-only volumes."""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from recognizer.gallery import Face, Gallery
from recognizer.gallery.watched import WatchedGallery

AXES = np.eye(8, dtype=np.float32)
NOBODY = 65534


def write_gallery(path: Path, *names: str) -> Path:
    with Gallery(path, create=True) as gallery:
        for number, name in enumerate(names):
            gallery.add(name, Face(AXES[number], f"{name}.jpg", f"{path.name}-{name}"), model_id="m")
    return path


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[WatchedGallery]:
    gallery = WatchedGallery(write_gallery(tmp_path / "g.db", "ann"))
    yield gallery
    gallery.close()


def people_of(gallery: WatchedGallery) -> tuple[str, ...]:
    return gallery.index("m").people


def test_people_enrolled_meanwhile_change_the_version_and_nothing_else_does(watched: WatchedGallery) -> None:
    before = watched.version()
    assert watched.version() == before
    write_gallery(watched.path, "bob")
    assert watched.version() != before
    assert people_of(watched) == ("ann", "bob")


def move(other: Path, path: Path) -> None:
    other.replace(path)


def copy(other: Path, path: Path) -> None:
    path.write_bytes(other.read_bytes())  # the same inode, as cp does it


def restore(other: Path, path: Path) -> None:
    path.unlink()
    shutil.copy2(other, path)


@pytest.mark.parametrize("replace", [move, copy, restore])
def test_another_file_in_its_place_is_taken_up(
    watched: WatchedGallery, tmp_path: Path, replace: Callable[[Path, Path], None]
) -> None:
    write_gallery(watched.path, "bob")  # something stands in the log while the watch has the file open
    before = watched.version()
    assert people_of(watched) == ("ann", "bob")
    replace(write_gallery(tmp_path / "other.db", "cem", "dee"), watched.path)
    assert watched.version() != before
    assert people_of(watched) == ("cem", "dee")
    watched.close()
    with Gallery(watched.path) as gallery:  # closing wrote nothing of the old file into the new one
        assert [person.name for person in gallery.people()] == ["cem", "dee"]


def test_a_moved_file_is_told_once(watched: WatchedGallery, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    move(write_gallery(tmp_path / "other.db", "cem"), watched.path)
    with caplog.at_level(logging.WARNING):
        watched.version()
        watched.version()
    assert [record.message.partition(": ")[2] for record in caplog.records] == [
        "another file is there now; its people are searched"
    ]


def test_while_the_file_is_gone_nobody_is_searched(
    watched: WatchedGallery, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    aside = tmp_path / "aside.db"
    before = watched.version()
    watched.path.rename(aside)
    gone = watched.version()
    assert (people_of(watched), watched.version()) == ((), gone)
    assert gone != before
    assert [record.message.partition(": ")[2] for record in caplog.records] == [
        "the file is gone; nobody is named until it is back"
    ]
    aside.rename(watched.path)
    assert watched.version() != gone
    assert people_of(watched) == ("ann",)


def test_a_damaged_file_in_its_place_is_an_error_and_the_next_good_one_is_taken_up(
    watched: WatchedGallery, tmp_path: Path
) -> None:
    good = shutil.copy(watched.path, tmp_path / "good.db")
    watched.path.unlink()
    watched.path.write_bytes(b"no gallery at all")
    for _ in range(2):
        with pytest.raises(ValueError, match=r"g\.db: not a gallery or damaged"):
            watched.version()
    Path(good).replace(watched.path)
    watched.version()
    assert people_of(watched) == ("ann",)


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder that this process cannot write to; as root it becomes another user meanwhile."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    if os.geteuid() != os.getuid():
        os.seteuid(os.getuid())
    folder.chmod(0o700)
    shutil.rmtree(folder)


def make_read_only(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        path.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)


def test_a_gallery_on_a_read_only_volume_can_be_read(read_only_folder: Path) -> None:
    path = write_gallery(read_only_folder / "g.db", "ann")
    make_read_only(read_only_folder)
    watched = WatchedGallery(path)
    assert people_of(watched) == ("ann",)
    with Gallery(path) as gallery:
        assert [person.name for person in gallery.people()] == ["ann"]
        with pytest.raises(ValueError, match="readonly database"):
            gallery.add("bob", Face(AXES[1], "b", "b"), model_id="m")
    watched.close()


def test_a_read_only_volume_with_changes_in_the_log_is_refused(read_only_folder: Path) -> None:
    path = write_gallery(read_only_folder / "g.db", "ann")
    path.with_name("g.db-wal").write_bytes(b"something")
    make_read_only(read_only_folder)
    with pytest.raises(ValueError, match="expected no changes in its log on a read-only volume"):
        WatchedGallery(path)


def test_what_was_written_is_in_the_file_itself_while_others_read(watched: WatchedGallery, tmp_path: Path) -> None:
    assert people_of(watched) == ("ann",)
    write_gallery(watched.path, "bob")
    copied = tmp_path / "copy.db"
    copied.write_bytes(watched.path.read_bytes())
    with Gallery(copied) as gallery:
        assert [person.name for person in gallery.people()] == ["ann", "bob"]


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_folder_or_a_pipe_in_its_place_holds_nobody(
    watched: WatchedGallery, caplog: pytest.LogCaptureFixture, make: Callable[[Path], None]
) -> None:
    watched.path.unlink()
    make(watched.path)
    watched.version()
    assert people_of(watched) == ()
    assert "the file is gone; nobody is named until it is back" in caplog.text
    with pytest.raises(ValueError, match=r"g\.db: expected a file, got a (folder|device or pipe)"):
        WatchedGallery(watched.path)


def test_an_empty_file_is_an_error_and_stays_empty(watched: WatchedGallery, tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    with pytest.raises(ValueError, match="expected a gallery, got an empty file"):
        Gallery(empty)
    assert empty.stat().st_size == 0
    empty.replace(watched.path)
    with pytest.raises(ValueError, match="expected a gallery, got an empty file"):
        watched.version()


def test_a_link_is_followed_to_what_it_points_at_now(watched: WatchedGallery, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(watched.path)
    through = WatchedGallery(link)
    link.unlink()
    link.symlink_to(write_gallery(tmp_path / "other.db", "cem"))
    through.version()
    assert people_of(through) == ("cem",)
    link.unlink()
    link.symlink_to(link)
    through.version()
    assert people_of(through) == (), "a link in a circle leads to no file"
    through.close()

"""What lies in a source folder is sorted into videos, pictures, what is left out and why, and bookkeeping."""

import os
import socket
from pathlib import Path

import pytest

from pipeline.capture.source_folder import only_pictures, sort_entries


def touch(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


def test_every_entry_is_somewhere(tmp_path: Path) -> None:
    paths = touch(tmp_path, "a.MP4", "b.Jpg", ".c.mp4", "notes.txt", "none", "x.mp4.part", "\udcff.mkv")
    entries = sort_entries(paths, tmp_path)
    assert list(entries.videos) == [paths[0], paths[6]]
    assert list(entries.pictures) == [paths[1]]
    assert entries.bookkeeping == 1
    assert [reason for _, reason in entries.left_out] == [
        "no ending of a video or picture (.txt)",
        "no ending of a video or picture (none)",
        "no ending of a video or picture (.part)",
    ]


def test_an_empty_folder(tmp_path: Path) -> None:
    entries = sort_entries([], tmp_path)
    assert (entries.videos, entries.pictures, entries.left_out, entries.bookkeeping) == ([], [], [], 0)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "gone.jpg").symlink_to("nowhere")
    (tmp_path / "one.mp4").symlink_to("two.mp4")
    (tmp_path / "two.mp4").symlink_to("one.mp4")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s.mp4"))
        entries = sort_entries(sorted(tmp_path.iterdir()), tmp_path)
    assert {path.name: reason for path, reason in entries.left_out} == {
        "pipe.mp4": "not a file",
        "s.mp4": "not a file",
        "folder.mp4": "folders within a folder are not searched (a glob with ** does)",
        "gone.jpg": "a link to a file that does not exist",
        "one.mp4": "a link to a file that does not exist",
        "two.mp4": "a link to a file that does not exist",
    }
    assert not entries.videos
    assert not entries.pictures


def test_one_file_that_cannot_be_looked_at_ends_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = touch(tmp_path, "a.mp4", "b.mp4", "c.jpg")
    look = Path.stat

    def refuse(path: Path, **options: bool) -> os.stat_result:
        """As for a link into a folder of somebody else."""
        if path.name == "b.mp4":
            raise PermissionError(13, "Permission denied", str(path))
        return look(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    entries = sort_entries(paths, tmp_path)
    assert (entries.videos, entries.pictures) == ([paths[0]], [paths[2]])
    assert entries.left_out == [(paths[1], "it cannot be read: Permission denied")]


def test_a_link_that_leads_back_gives_nothing_twice(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "inner/b.mp4")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "inner" / "up").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "inner")
    (tmp_path / "same.mp4").symlink_to(tmp_path / "a.mp4")
    pattern = tmp_path / "**" / "*.mp4"
    found = [tmp_path / name for name in Path(tmp_path).glob("**/*.mp4")]
    found += [tmp_path / f"{'loop/' * depth}{name}" for depth in range(1, 20) for name in ("a.mp4", "inner/b.mp4")]
    found += [tmp_path / "again" / "b.mp4", tmp_path / "inner" / "up" / "a.mp4"]
    videos = sort_entries(found, pattern).videos
    assert sorted(str(path.relative_to(tmp_path)) for path in videos) == ["a.mp4", "inner/b.mp4", "same.mp4"]


@pytest.mark.parametrize("name", ["Thumbs.db", "@eaDir/a.jpg", "._a.jpg", "__MACOSX/a.jpg", "#recycle/a.jpg"])
def test_bookkeeping_below_the_location_is_counted_and_what_a_person_names_is_taken(tmp_path: Path, name: str) -> None:
    (path,) = touch(tmp_path, name)
    assert sort_entries([path], tmp_path).bookkeeping == 1
    if path.suffix == ".jpg":
        assert only_pictures([path], path) == [path]
        assert only_pictures([path], path.parent) == ([] if path.parent == tmp_path else [path])


def test_the_order_of_the_paths_is_kept(tmp_path: Path) -> None:
    paths = touch(tmp_path, "b.jpg", "a.jpg", "c.jpg")
    assert only_pictures(paths, tmp_path) == paths

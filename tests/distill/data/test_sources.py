"""Pictures from folders and zips: order, duplicates and damage."""

import zipfile
from pathlib import Path

import pytest

from distill.data.sources import read_pictures
from distill.errors import DistillError


def test_a_damaged_entry_of_a_zip_is_one_unreadable_picture(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        entry = zipped.getinfo("a/small.png")
    data = bytearray(archive.read_bytes())
    data[entry.header_offset + 200] ^= 255  # inside the picture: its checksum no longer holds
    archive.write_bytes(data)
    found = {picture.name: picture for picture in read_pictures(archive)}
    assert found["a/small.png"].decode() is None
    assert found["a/flat.png"].decode() is not None


def test_what_is_no_source_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("no zip")
    for name, message in (("text.txt", "expected a folder or a zip of pictures"), ("none", "no such folder or zip")):
        with pytest.raises(DistillError, match=f"{name}: {message}"):
            list(read_pictures(tmp_path / name))


def test_zips_are_read_by_position_so_a_name_may_stand_twice(archive: Path) -> None:
    found = [picture for picture in read_pictures(archive) if picture.name == "a/one.png"]
    assert len(found) == 2
    assert found[0].data != found[1].data


def test_a_folder_is_searched_in_order_and_only_for_photos(tmp_path: Path) -> None:
    for name in ("b/two.JPG", "a/one.png", "a/notes.txt", "a/scan.tif", "three.webp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    found = list(read_pictures(tmp_path))
    assert [picture.name for picture in found] == ["a/one.png", "b/two.JPG", "three.webp"]
    assert {picture.source for picture in found} == {tmp_path.name}
    assert found[0].data == b"a/one.png"

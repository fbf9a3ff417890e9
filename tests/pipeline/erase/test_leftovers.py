"""Files that no store knows are searched, and what cannot be searched is no proof."""

import bz2
import gzip
import lzma
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.erase.__main__ import main
from pipeline.erase.run import erase_person
from pipeline.events import encode
from tests.synthetic.erasable_site import NAME, OTHER, make_site, vector
from tests.synthetic.events import identity


@pytest.mark.parametrize(
    "form",
    ['{"name": "Zo\\u00eb O\'Neil"}', "<b>Zoë O&#39;Neil</b>", "<b>Zoë O&#x27;Neil</b>", "Zoe\u0308 O'Neil was here"],
)
def test_a_file_of_another_kind_that_names_the_person_is_found(
    form: str, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "notes.txt").write_text(form, encoding="utf-8")
    assert main([NAME, str(site)]) == 1
    assert "notes.txt: left: still holds the name" in capsys.readouterr().out


def test_so_are_vectors_pictures_and_names_of_files(site: Path) -> None:
    (site / "copy.bin").write_bytes(b"\0" * 100 + vector(0).tobytes() + b"\0")
    (site / "copy.html").write_bytes(b"x" + (site / "run" / "index.html").read_bytes())
    (site / NAME).mkdir()
    (site / NAME / "portrait.jpg").write_bytes(b"jpeg")
    left = {Path(outcome.path).name: outcome.left for outcome in erase_person(NAME, [site]).outcomes if outcome.left}
    assert left["copy.bin"] == "still holds a face"
    assert left["copy.html"] == "still holds the name and a face"
    assert "name of the file or a folder" in left["portrait.jpg"]
    assert len(left) == 3


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_rotated_log_is_unpacked_and_searched(
    site: Path, capsys: pytest.CaptureFixture[str], compress: Callable[[bytes], bytes]
) -> None:
    packed = site / "events.jsonl.1.z"
    packed.write_bytes(compress(encode(identity(1, person=NAME))))
    assert main([NAME, str(site)]) == 1
    assert "events.jsonl.1.z: left: still holds the name, compressed" in capsys.readouterr().out
    packed.write_bytes(packed.read_bytes()[:-20])
    assert main([NAME, str(site)]) == 1
    assert "events.jsonl.1.z: left: not searched: damaged" in capsys.readouterr().out
    packed.write_bytes(compress(encode(identity(1, person=OTHER))))
    assert main([NAME, str(site)]) == 0


def test_a_link_out_of_the_folders_is_named_and_one_inside_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, outside = make_site(tmp_path / "site"), tmp_path / "outside"
    outside.mkdir()
    (site / "latest").symlink_to(site / "run")
    (site / "nothing").symlink_to(tmp_path / "missing")
    (site / "old").symlink_to(outside)
    assert main([NAME, str(site)]) == 1
    shown = capsys.readouterr().out
    assert "old: left: a link to something outside these folders" in shown
    assert "latest" not in shown
    assert main([NAME, str(site), str(outside)]) == 0


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that this user may list, with one inside that it may not look into; root becomes nobody for the test."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "closed").mkdir()
        (folder / "closed" / "notes.txt").write_text(NAME)
        if is_root := os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, 65534, 65534)
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            (folder / "closed").chmod(0o700)


@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_folder_that_may_not_be_looked_into_is_no_proof(closed_folder: Path, mode: int) -> None:
    """Without the right to list it, nobody knows what it holds; without that to enter it, nobody can read it."""
    (closed_folder / "closed").chmod(mode)
    erasure = erase_person(NAME, [closed_folder])
    assert not erasure.complete
    left = {Path(outcome.path).relative_to(closed_folder).as_posix(): outcome.left for outcome in erasure.outcomes}
    assert left == {"closed" if mode == 0 else "closed/notes.txt": "not searched: Permission denied"}

"""A real disk that a test can fill: a tmpfs of half a megabyte or so, which only root may mount."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class SmallDisk:
    """A mounted folder."""

    folder: Path

    def fill(self, *, leave: int = 0) -> None:
        """Fill it but for so many bytes, of whole pages."""
        with (self.folder / "ballast").open("ab", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass
            file.truncate(max(0, file.seek(0, 2) - leave))

    def make_room(self) -> None:
        """Take away what `fill` wrote."""
        (self.folder / "ballast").unlink()


@contextmanager
def small_disk(folder: Path, *, kib: int = 1024) -> Iterator[SmallDisk]:
    """Mount a disk of this size at a new folder; skips the test where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "small-disk", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs root to mount a small disk")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)

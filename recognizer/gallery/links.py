"""Tells links in a folder of people that lead to pictures of somebody else."""

import os
from collections.abc import Sequence
from pathlib import Path

from recognizer.gallery.names import printable


class Links:
    """Where the entries of one folder of people really lie: a folder or a picture for each person."""

    def __init__(self, folder: Path, entries: Sequence[Path]) -> None:
        self._folder = _real(folder)
        self._real = {entry: _real(entry) for entry in entries}
        self._owners = {real: entry for entry, real in self._real.items() if not entry.is_symlink()}

    def fault_of_folder(self, entry: Path) -> str:
        """Why a person's folder would give them pictures of others; empty for any folder that is no such link."""
        if not entry.is_symlink():
            return ""
        real = self._real[entry]
        others = [place for other, place in self._real.items() if other != entry]
        if any(place.is_relative_to(real) for place in (self._folder, *others)):
            return "a link to a folder that holds pictures of other people"
        return self.fault_of_picture(entry, entry)

    def fault_of_picture(self, entry: Path, path: Path) -> str:
        """Why a file of the person `entry` is somebody else's; empty for one that is no link to another entry."""
        if not path.is_symlink():
            return ""
        real = _real(path)
        owners = (self._owners.get(place) for place in (real, *real.parents))
        owner = next((owner for owner in owners if owner not in (None, entry)), None)
        if owner is None:
            return ""
        return f"a link to pictures of {printable(owner.name if owner.is_dir() else owner.stem)}"


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))

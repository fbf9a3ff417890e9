"""Files that appear whole or not at all, so that a reader never opens half a report."""

from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write beside the target, then rename onto it."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_bytes(data)
    unfinished.replace(path)

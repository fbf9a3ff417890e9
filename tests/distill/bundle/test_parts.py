"""An archive in parts."""

from pathlib import Path

from distill.bundle.parts import write_archive


def test_parts_are_cut_at_the_limit_and_hold_everything(tmp_path: Path) -> None:
    with write_archive(tmp_path, 10_000) as (archive, writer):
        archive.add_bytes("one", b"x" * 25_000)
    sizes = [part.size for part in writer.parts]
    assert sizes[:2] == [10_000, 10_000]
    assert sum(sizes) == sum(path.stat().st_size for path in tmp_path.iterdir()) >= 25_000

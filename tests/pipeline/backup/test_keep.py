"""The newest backups stay."""

from pathlib import Path

from pipeline.backup.keep import delete_oldest, next_name
from pipeline.backup.make import make_backup


def test_the_oldest_go_and_nothing_else(tmp_path: Path) -> None:
    made = [next_name(tmp_path, clock=iter([86_400.0 * day]).__next__) for day in (3, 1, 2)]
    for folder in made:
        make_backup(folder, [], node="")
    (tmp_path / "1970-01-01T000000Z").mkdir()  # no backup
    (tmp_path / "mine").mkdir()
    assert delete_oldest(tmp_path, keep=2) == [made[1]]
    assert {path.name for path in tmp_path.iterdir()} == {made[0].name, made[2].name, "1970-01-01T000000Z", "mine"}
    assert delete_oldest(tmp_path, keep=5) == []


def test_names_are_times_in_utc(tmp_path: Path) -> None:
    assert next_name(tmp_path, clock=lambda: 1_795_745_700.0).name == "2026-11-27T021500Z"

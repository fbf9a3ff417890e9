"""Every store that can be erased from and is an SQLite file is a kind that is copied."""

from pathlib import Path

from pipeline.backup.kinds import KINDS, kind_of
from pipeline.erase.stores import STORES


def test_every_sqlite_store_is_a_kind(site: Path) -> None:
    found = {kind.noun for path in site.rglob("*.db") if (kind := kind_of(path))}
    assert found == {"gallery", "outbox", "history", "collection", "alerts", "deliveries", "accounts", "journal"}
    files_of_text = {"gallery export", "report", "enrolment review", "events", "review"}
    assert {store.kind for store in STORES} - files_of_text <= {kind.noun for kind in KINDS}


def test_each_mark_is_of_one_kind() -> None:
    assert len({kind.application_id for kind in KINDS}) == len(KINDS)


def test_other_files_are_of_no_kind(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"SQLite format 3\0")
    (tmp_path / "y").write_bytes(b"")
    assert kind_of(tmp_path / "x") is None
    assert kind_of(tmp_path / "y") is None

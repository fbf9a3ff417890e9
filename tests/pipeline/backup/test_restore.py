"""A backup is put back whole, or refused with a sentence before anything is changed."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.backup.make import make_backup
from pipeline.backup.manifest import Manifest, read_manifest
from pipeline.backup.places import Kept
from pipeline.backup.restore import Restored, plan, restore_backup
from pipeline.bus.outbox import Outbox, OutboxReader
from pipeline.history.reader import HistoryReader
from recognizer.gallery.store import Gallery
from tests.synthetic.erasable_site import NAME, OTHER


@pytest.fixture
def backup(site: Path, kept: list[Kept]) -> Path:
    make_backup(site.parent / "b", kept, node="shop")
    return site.parent / "b"


def restore(backup: Path, *, to: str = "", only: tuple[str, ...] = (), replace: bool = False) -> Restored:
    manifest = read_manifest(backup)
    return restore_backup(backup, plan(manifest, to=to, only=only), manifest, replace=replace)


def names(gallery: Path) -> list[str]:
    with Gallery(gallery) as opened:
        return [person.name for person in opened.people()]


def test_into_another_folder_everything_opens(backup: Path, tmp_path: Path) -> None:
    done = restore(backup, to=str(tmp_path / "drill"))
    assert len(done.placed) == 8
    assert names(tmp_path / "drill" / "gallery" / "people.db") == [NAME, OTHER]
    with HistoryReader(tmp_path / "drill" / "history.file" / "history.db") as history:
        assert {row.person for row in history.tracks()} == {NAME, OTHER}
    with closing(OutboxReader(tmp_path / "drill" / "events.outbox" / "outbox.db")) as outbox:
        assert set(outbox.ends("v1/", current="")) >= {"e1"}
    assert not done.since
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "drill").rglob("*")} == {0o600, 0o700}
    assert not list((tmp_path / "drill").rglob("*.restoring*"))


def test_stores_have_a_log_again(backup: Path, tmp_path: Path) -> None:
    restore(backup, to=str(tmp_path / "drill"))
    for path in (tmp_path / "drill").rglob("*.db"):
        with closing(sqlite3.connect(path)) as store:
            assert store.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_in_place_it_refuses_what_is_there_and_replaces_it_when_asked(backup: Path, site: Path) -> None:
    with Gallery(site / "people.db") as gallery:
        gallery.rename(OTHER, "Grace")
    with pytest.raises(FileExistsError, match=r"people\.db.*give --replace"):
        restore(backup)
    assert names(site / "people.db") == ["Grace", NAME]
    restore(backup, replace=True)
    assert names(site / "people.db") == [NAME, OTHER]


def test_the_log_of_the_old_store_does_not_get_into_the_new_one(backup: Path, site: Path) -> None:
    """A killed writer leaves a log with pages that are not in the file yet."""
    path, log = site / "history.db", site / "history.db-wal"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("UPDATE tracks SET person = 'Grace'")
        pages = log.read_bytes()
    shutil.copy(backup / "history.file" / "history.db", path)
    log.write_bytes(pages)
    restore(backup, only=("history.file",), replace=True)
    with HistoryReader(path) as history:
        assert {row.person for row in history.tracks()} == {NAME, OTHER}


@pytest.mark.parametrize("setting", ["gallery", "history.file", "web.accounts", "collect.file", "alerts.file"])
def test_a_store_in_use_is_refused_and_nothing_is_replaced(backup: Path, site: Path, setting: str) -> None:
    place = next(Path(entry.place) for entry in read_manifest(backup).files if entry.setting == setting)
    before = {path: path.read_bytes() for path in site.glob("*.db")}
    with closing(sqlite3.connect(place)) as user:
        user.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with pytest.raises(OSError, match="in use"):
            restore(backup, replace=True)
    assert {path: path.read_bytes()[100:] for path in before} == {path: data[100:] for path, data in before.items()}
    assert not list(site.glob(".*"))


def test_an_outbox_that_a_node_writes_is_in_use(backup: Path, site: Path) -> None:
    with closing(Outbox(site / "outbox.db")), pytest.raises(OSError, match=r"outbox\.db: in use"):
        restore(backup, only=("events.outbox",), replace=True)


@pytest.mark.parametrize("change", ["flip", "cut", "gone", "manifest"])
def test_a_backup_that_was_changed_is_refused_before_anything_is_replaced(
    backup: Path, site: Path, change: str
) -> None:
    path = backup / ("manifest.json" if change == "manifest" else "gallery/people.db")
    data = path.read_bytes()
    changes = {"flip": data[:500] + bytes([data[500] ^ 1]) + data[501:], "cut": data[:-1], "manifest": data[:-20]}
    path.unlink() if change == "gone" else path.write_bytes(changes[change])
    before = (site / "people.db").read_bytes()
    with pytest.raises(ValueError, match="use another backup"):
        restore(backup, replace=True)
    assert (site / "people.db").read_bytes() == before


def test_consumers_of_the_old_outbox_are_forgotten(backup: Path, site: Path) -> None:
    (site / "outbox.db.consumers").write_text('{"c": {"acknowledged": 999, "heard": 1.0}}')
    restore(backup, only=("events.outbox",), replace=True)
    assert not (site / "outbox.db.consumers").exists()


def test_a_setting_that_is_not_in_it_is_refused(backup: Path) -> None:
    with pytest.raises(ValueError, match=r"--only galery: expected one of .*gallery"):
        restore(backup, only=("galery",))


def test_only_one_store_goes_into_a_database(backup: Path) -> None:
    for only in ((), ("gallery", "history.file"), ("events.outbox",)):
        with pytest.raises(ValueError, match="expected --only with one gallery"):
            restore(backup, to="postgresql://db/x", only=only)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_restores_for_the_owner_of_the_folder(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "drill").mkdir()
    os.chown(tmp_path / "drill", 1234, 1234)
    manifest: Manifest = read_manifest(backup)
    target = [one for one in plan(manifest, only=("gallery",))]
    moved = [type(one)(one.entry, str(tmp_path / "drill" / "people.db")) for one in target]
    restore_backup(backup, moved, manifest)
    assert (tmp_path / "drill" / "people.db").stat().st_uid == 1234

"""A file of a newer version is refused with a sentence: the file, its version, those that are known, what to do."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.alerts.database import Database as AlertsFile
from pipeline.alerts.deliver.backlog import Backlog
from pipeline.bus.outbox import Outbox
from pipeline.collect.database import open_collection
from pipeline.history.reader import HistoryReader
from pipeline.history.store import HistoryWriter
from pipeline.resume.cache import InferenceCache
from pipeline.settings.load import make_settings, read_config
from pipeline.web.security.accounts_file import AccountsFile
from recognizer.calibration import read_calibration
from recognizer.gallery.store import Gallery
from recognizer.gallery.transfer import read_export
from tests.upgrade.make_files import COMMITS, unpack

NEWEST = max(COMMITS)
OPENED: dict[str, Callable[[Path], object]] = {
    "people.db": Gallery,
    "outbox.db": Outbox,
    "history.db": HistoryWriter,
    "alerts.db": AlertsFile,
    "webhooks.db": Backlog,
    "accounts.db": AccountsFile,
    "collection.db": lambda path: open_collection(str(path), create=True),
    "journal.db": lambda path: InferenceCache.open(path, fingerprint={}, resume=True),
}


@pytest.mark.parametrize("name", OPENED)
def test_a_newer_store_is_refused_and_left_as_it_is(name: str, tmp_path: Path) -> None:
    path = unpack(NEWEST, tmp_path) / name
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        store.execute("PRAGMA user_version = 50")
        store.execute("CREATE TABLE something_new (x)")
        store.execute("PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=rf"{name}.*50.*(update Glimpse|use that version)"):
        OPENED[name](path)
    assert path.read_bytes()[100:] == before[100:]


def test_a_newer_history_is_refused_to_readers_too(tmp_path: Path) -> None:
    path = unpack(NEWEST, tmp_path) / "history.db"
    with closing(sqlite3.connect(path)) as store:
        store.execute("PRAGMA user_version = 50")
    with pytest.raises(ValueError, match="expected schema 2 or less, got 50; update Glimpse: a newer one wrote this"):
        HistoryReader(path)


def test_a_newer_export_is_refused_whatever_its_keys_are(tmp_path: Path) -> None:
    (tmp_path / "e.jsonl").write_text('{"format":"glimpse-gallery","version":9,"new":1}\n{"checksum":""}\n')
    with pytest.raises(
        ValueError, match=r"e\.jsonl: expected glimpse-gallery version 3 or less, got 9; update Glimpse"
    ):
        read_export(tmp_path / "e.jsonl")


def test_a_newer_configuration_is_refused_whatever_its_keys_are(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("format: 2\nnew_section: {x: 1}\n")
    with pytest.raises(ValueError, match="format: expected 1 or less, got 2; update Glimpse: a newer one wrote this"):
        make_settings(read_config(tmp_path / "site.yaml"))


def test_a_newer_calibration_is_refused_whatever_its_keys_are(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(json.dumps({"calibration": {"format": 2, "curves": []}}))
    with pytest.raises(ValueError, match=r"calibration .*c\.yaml: format: expected 1 or less, got 2; update Glimpse"):
        read_calibration(tmp_path / "c.yaml")

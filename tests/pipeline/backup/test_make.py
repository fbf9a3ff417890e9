"""A backup of a running site: what it holds, who may read it, and what it refuses."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from configs.at_rest import new_key
from pipeline.backup.make import given_places, make_backup
from pipeline.backup.manifest import faults, read_manifest
from pipeline.backup.places import Kept, Part
from pipeline.bus.outbox import Outbox, OutboxReader
from pipeline.events import encode, topic
from pipeline.history.store import HistoryWriter
from recognizer.gallery.store import Gallery
from tests.synthetic.erasable_site import NAME, OTHER, make_site
from tests.synthetic.events import track
from tests.synthetic.small_disk import small_disk


def test_it_holds_every_store_the_configuration_and_what_is_left_out(site: Path, kept: list[Kept]) -> None:
    made = make_backup(site / "b", kept, node="shop", clock=lambda: 5.0)
    assert read_manifest(site / "b") == made or read_manifest(site / "b").files == made.files
    assert faults(site / "b", made) == []
    assert {entry.setting: entry.kind for entry in made.files} == {
        **{"history.file": "history", "alerts.file": "alerts", "webhooks.file": "deliveries"},
        **{"collect.file": "collection", "web.accounts": "accounts", "gallery": "gallery", "events.outbox": "outbox"},
        "config": "",
    }
    assert (made.node, made.made_at, made.encrypted) == ("shop", 5.0, False)
    left = " ".join(made.left_out)
    assert "mqtt.file" in left
    assert "events.curve: private keys" in left
    assert "${env:MQTT_PASSWORD}" in (site / "b" / "config" / "site.yaml").read_text()


def test_only_its_owner_may_read_it(site: Path, kept: list[Kept]) -> None:
    (site / "site.yaml").chmod(0o644)
    make_backup(site / "b", kept, node="shop")
    modes = {path.stat().st_mode & 0o777 for path in [site / "b", *(site / "b").rglob("*")]}
    assert modes == {0o600, 0o700}
    assert not list((site / "b").rglob("*-wal"))


def test_stores_are_copied_with_what_is_in_their_logs_while_others_write(site: Path, kept: list[Kept]) -> None:
    with Gallery(site / "people.db") as gallery, closing(Outbox(site / "outbox.db")) as outbox:
        gallery.rename(OTHER, "Grace")
        outbox.put("v1/track/door/", event := track(77), encode(event))
        assert outbox.flush()
        assert (site / "people.db-wal").stat().st_size
        make_backup(site / "b", kept, node="shop")
    with Gallery(site / "b" / "gallery" / "people.db") as copy:
        assert [person.name for person in copy.people()] == ["Grace", NAME]
    with closing(OutboxReader(site / "b" / "events.outbox" / "outbox.db")) as reader:
        assert reader.ends("v1/track/door/", current="")["e1"]["v1/track/door/"] == 77


@pytest.mark.slow
def test_a_copy_is_one_moment_of_a_store_that_is_written_all_the_time(tmp_path: Path) -> None:
    """Each commit moves what one row loses to another: every copy has the same sum."""
    path, stop = tmp_path / "outbox.db", threading.Event()
    with closing(Outbox(path, commit_seconds=0.001)) as outbox:

        def write() -> None:
            for seq in range(1, 100_000):
                event = track(seq)
                outbox.put(topic(event), event, encode(event))
                if stop.is_set():
                    return
                if seq % 50 == 0:
                    outbox.flush()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(10):
                make_backup(tmp_path / f"b{number}", given_places([str(path)]), node="")
        finally:
            stop.set()
            writer.join()
    for number in range(10):
        with closing(sqlite3.connect(tmp_path / f"b{number}" / "given.1" / "outbox.db")) as copy:
            last, count = copy.execute("SELECT max(seq), count(*) FROM events").fetchone()
            assert (last or 0) == count


def test_a_folder_that_holds_something_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x").touch()
    with pytest.raises(FileExistsError, match="expected a new or an empty folder"):
        make_backup(tmp_path / "b", [], node="")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_an_empty_folder_becomes_the_backup(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    make_backup(tmp_path / "b", [], node="")
    assert read_manifest(tmp_path / "b").files == ()


def test_a_damaged_store_ends_it_without_a_backup(site: Path, kept: list[Kept]) -> None:
    with (site / "history.db").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 4096)
    with pytest.raises(ValueError, match=r"history .*history\.db: damaged .*restore a backup"):
        make_backup(site / "b", kept, node="shop")
    assert not (site / "b").exists()
    assert not list(site.glob(".b*"))


def test_a_store_of_a_newer_version_ends_it(site: Path, kept: list[Kept]) -> None:
    with closing(sqlite3.connect(site / "people.db")) as gallery:
        gallery.execute("PRAGMA user_version = 99")
    with pytest.raises(ValueError, match=r"gallery .*people\.db: .* 99 .*update Glimpse"):
        make_backup(site / "b", kept, node="shop")


def test_what_is_no_store_in_the_place_of_one_ends_it(site: Path, kept: list[Kept]) -> None:
    (site / "webhooks.db").write_text("no database")
    with pytest.raises(ValueError, match=r"webhooks\.file: .*expected a file of Glimpse"):
        make_backup(site / "b", kept, node="shop")


def test_two_at_once_into_one_folder_are_refused(site: Path, kept: list[Kept], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def try_another(*_: object) -> tuple[list[object], list[str]]:
        monkeypatch.undo()
        with pytest.raises(OSError, match="another backup is written there now"):
            make_backup(site / "b", kept, node="shop")
        seen.append("tried")
        return [], []

    monkeypatch.setattr("pipeline.backup.make._copy_all", try_another)
    make_backup(site / "b", kept, node="shop")
    assert seen == ["tried"]


def test_sealed_stores_stay_sealed_and_the_manifest_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIMPSE_KEY", new_key())
    site = make_site(tmp_path / "site")
    monkeypatch.delenv("GLIMPSE_KEY")
    made = make_backup(tmp_path / "b", given_places([str(site / "people.db")]), node="")
    assert made.encrypted
    assert "GLIMPSE_KEY" in made.left_out[-1]
    with (
        closing(sqlite3.connect(site / "people.db")) as old,
        closing(sqlite3.connect(tmp_path / "b/given.1/people.db")) as new,
    ):
        query = "SELECT vector FROM faces ORDER BY id"
        assert old.execute(query).fetchall() == new.execute(query).fetchall()


def test_a_given_folder_is_copied_with_all_below_it(site: Path) -> None:
    made = make_backup(site.parent / "b", given_places([str(site)]), node="")
    kinds = [entry.kind for entry in made.files]
    assert {"gallery", "outbox", "history", "journal"} <= set(kinds)
    assert len({entry.name for entry in made.files}) == len(kinds)
    with pytest.raises(ValueError, match="expected a file or folder that is there"):
        given_places([str(site / "none")])


def test_film_is_copied_where_it_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "film" / "door"
    folder.mkdir(parents=True)
    (folder / "20261127T080000.000Z--20261127T080500.000Z.mkv").write_bytes(b"film")
    (folder / "20261127T080500.000Z.mkv").write_bytes(b"still written")
    film = [Kept("film.folder", str(tmp_path / "film"), Part.FILM)]
    assert make_backup(tmp_path / "without", film, node="").files == ()
    [entry] = make_backup(tmp_path / "with", film, node="", film=True).files
    assert entry.name == "film.folder/door/20261127T080000.000Z--20261127T080500.000Z.mkv"


@pytest.mark.parametrize("name", ["history.db", "notes.txt"])
def test_a_full_disk_of_the_backup_is_named_and_not_the_source(name: str, tmp_path: Path) -> None:
    source = tmp_path / name
    if source.suffix == ".db":
        HistoryWriter(source).close()
        with closing(sqlite3.connect(source)) as database:
            database.execute("CREATE TABLE more AS SELECT zeroblob(2000000) AS bytes")
            database.commit()
    else:
        source.write_bytes(bytes(2_000_000))
    with small_disk(tmp_path / "disk") as disk:
        with pytest.raises(
            OSError, match=rf"^{disk.folder}/monday: no room for the backup, the disk of {disk.folder} is"
        ):
            make_backup(disk.folder / "monday", given_places([str(source)]), node="")
        assert list(disk.folder.iterdir()) == []

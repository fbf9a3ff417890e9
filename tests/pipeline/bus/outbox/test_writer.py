"""Stored events can be read back, also after a kill; a failing disk costs events but blocks nobody."""

import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.bus.outbox import APPLICATION_ID, Outbox, OutboxReader, Query, Retention
from pipeline.erase.sqlite_file import application_id
from pipeline.events import decode, encode, topic
from tests.synthetic.events import track

ROOT = Path(__file__).parents[4]


def fill(outbox: Outbox, count: int, **fields: str) -> None:
    for seq in range(count):
        event = track(seq, **fields)
        outbox.put(topic(event), event, encode(event))
    assert outbox.flush(5)


def seqs(path: Path, query: Query, limit: int = 1000) -> list[int]:
    with closing(OutboxReader(path)) as reader:
        return [decode(row.body).seq for row in reader.read(query, limit) if row.body is not None]


def test_events_are_read_in_order(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        fill(outbox, 10)
        assert seqs(outbox.path, Query(topic="v1/")) == list(range(10))
        assert seqs(outbox.path, Query(topic="v1/track/door/", epoch="e1", first=3, last=5)) == [3, 4, 5]
        assert seqs(outbox.path, Query(topic="v1/", after=8)) == [8, 9]
        assert seqs(outbox.path, Query(topic="v1/", since="e1", seen={"v1/track/door/": 7})) == [8, 9]


def test_topics_and_runs_do_not_mix(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        fill(outbox, 1, camera="cam1", epoch="old")
        fill(outbox, 2, camera="cam10", epoch="middle")
        fill(outbox, 3, camera="cam1", epoch="new")
        assert seqs(outbox.path, Query(topic="v1/track/cam1/")) == [0, 0, 1, 2]
        assert seqs(outbox.path, Query(topic="v1/", epoch="middle")) == [0, 1]
        assert seqs(outbox.path, Query(topic="v1/", since="old", before="new")) == [0, 0, 1]
        seen = {"v1/track/cam1/": 0}
        assert seqs(outbox.path, Query(topic="v1/", since="old", before="new", seen=seen)) == [0, 1]


def test_a_duplicate_event_is_stored_once(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        fill(outbox, 3)
        fill(outbox, 4)
        assert seqs(outbox.path, Query(topic="v1/")) == [0, 1, 2, 3]


def test_an_existing_file_is_continued(tmp_path: Path) -> None:
    for epoch in ("a", "b"):
        with closing(Outbox(tmp_path / "o.db")) as outbox:
            fill(outbox, 2, epoch=epoch)
    assert seqs(tmp_path / "o.db", Query(topic="v1/")) == [0, 1, 0, 1]


def test_the_number_of_events_is_limited(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db", retention=Retention(events=5))) as outbox:
        fill(outbox, 20)
        assert seqs(outbox.path, Query(topic="v1/")) == list(range(15, 20))


def put_at(outbox: Outbox, seq: int, wall_time: float) -> None:
    event = track(seq, wall_time=wall_time)
    outbox.put(topic(event), event, encode(event))
    assert outbox.flush(5)


def test_the_age_of_events_counts_from_the_newest_once_it_is_confirmed(tmp_path: Path) -> None:
    steady = 0.0
    day = 1_700_000_000.0
    retention = Retention(hours=1)
    with closing(Outbox(tmp_path / "o.db", retention=retention, clock=lambda: day, steady=lambda: steady)) as outbox:
        put_at(outbox, 0, day - 7200)
        for seq in range(1, 30):
            steady += 60
            put_at(outbox, seq, day + steady)
        assert seqs(outbox.path, Query(topic="v1/")) == list(range(1, 30))


def test_a_clock_that_is_days_ahead_for_seconds_erases_nothing(tmp_path: Path) -> None:
    minutes = iter(range(1000))
    now, day = [0.0], 1_700_000_000.0
    for ahead_at in (0, 15):  # at the start of a run, and in its middle
        with closing(Outbox(tmp_path / "o.db", clock=lambda: day, steady=lambda: now[0])) as outbox:
            for seq in range(30):
                now[0] = 60.0 * next(minutes)
                ahead = 8 * 86400 if seq == ahead_at else 0
                event = track(seq, epoch=f"e{ahead_at}", wall_time=day + now[0] + ahead)
                outbox.put(topic(event), event, encode(event))
                assert outbox.flush(5)
    assert len(seqs(outbox.path, Query(topic="v1/"))) == 60


def test_a_damaged_row_is_left_out_and_named(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        fill(outbox, 4)
    with closing(sqlite3.connect(outbox.path)) as other, other:
        other.execute("UPDATE events SET body = replace(body, 'door', 'moor') WHERE seq = 1")
        other.execute("UPDATE events SET topic = 'v1/track/moor/' WHERE seq = 2")
    with closing(OutboxReader(outbox.path)) as reader:
        rows = reader.read(Query(topic="v1/"), 10)
    assert [(row.topic, row.seq, row.body is None) for row in rows] == [
        ("v1/track/door/", 0, False),
        ("v1/track/door/", 1, True),
        ("", 2, True),
        ("v1/track/door/", 3, False),
    ]


def test_an_outbox_without_checksums_is_continued(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        fill(outbox, 3)
    with closing(sqlite3.connect(outbox.path)) as other, other:
        other.execute("UPDATE events SET body = x'ff7b' WHERE seq = 1")
        other.execute("ALTER TABLE events DROP COLUMN checksum")
        other.execute("PRAGMA user_version = 0")
    with closing(Outbox(outbox.path)) as outbox:
        fill(outbox, 1, epoch="e2")
    assert seqs(outbox.path, Query(topic="v1/")) == [0, 2, 0]


def test_an_outbox_of_a_later_version_is_refused(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        pass
    with closing(sqlite3.connect(outbox.path)) as other:
        other.execute("PRAGMA user_version = 9")
    with pytest.raises(ValueError, match="later version of Glimpse"):
        Outbox(outbox.path)


@pytest.mark.parametrize("offset", [60, 61, 62, 63, 68, 69, 70, 71])
@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_in_the_marks_keeps_nobody_from_starting(tmp_path: Path, offset: int, bit: int) -> None:
    """user_version and application_id (https://www.sqlite.org/fileformat.html, 1.3.14 and 1.3.15)."""
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        fill(outbox, 3)
    data = bytearray(outbox.path.read_bytes())
    data[offset] ^= 1 << bit
    outbox.path.write_bytes(data)
    if offset == 63 and bit in (0, 2, 3, 4, 5):  # may be a later version
        with pytest.raises(ValueError, match=r"later version of Glimpse .*; use that version or give another file"):
            Outbox(outbox.path)
        return
    with closing(Outbox(outbox.path)) as outbox:
        fill(outbox, 1, epoch="e2")
    assert seqs(outbox.path, Query(topic="v1/")) == [0, 1, 2, 0]
    assert application_id(outbox.path) == APPLICATION_ID


@pytest.mark.parametrize("table", ["events (id, name)", "tasks (id)"])
def test_a_database_of_another_program_is_refused(tmp_path: Path, table: str) -> None:
    with closing(sqlite3.connect(tmp_path / "o.db")) as other:
        other.execute(f"CREATE TABLE {table}")
    with pytest.raises(ValueError, match="found a different database; give another file"):
        Outbox(tmp_path / "o.db")


def test_two_nodes_cannot_share_an_outbox(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")), pytest.raises(ValueError, match="in use by another node"):
        Outbox(tmp_path / "o.db")
    Outbox(tmp_path / "o.db").close()


@pytest.mark.parametrize("pattern", ["o.db", "o.db*"])
def test_a_deleted_outbox_is_noticed_and_made_anew_for_its_owner_only(
    pattern: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        fill(outbox, 2)
        with closing(OutboxReader(outbox.path)) as reader:
            assert len(reader.read(Query(topic="v1/"), 10)) == 2
            for file in tmp_path.glob(pattern):
                file.unlink()
            fill(outbox, 1, epoch="e2")
            assert [row.epoch for row in reader.read(Query(topic="v1/"), 10)] == ["e2"]
        assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
        with pytest.raises(ValueError, match="in use"):
            Outbox(outbox.path)
    assert caplog.text.count("was deleted or replaced") == 1


def test_a_file_moved_to_its_place_keeps_what_it_holds_and_takes_the_next_events(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "other.db")) as other:
        fill(other, 3, epoch="e0")
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        fill(outbox, 500)  # in the log of the old file, which must not get into the new one
        other.path.replace(outbox.path)
        event = track(500)
        outbox.put(topic(event), event, encode(event))
        assert outbox.flush(5)
        assert seqs(outbox.path, Query(topic="v1/")) == [0, 1, 2, 500]
    with closing(sqlite3.connect(outbox.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_reader_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        OutboxReader(tmp_path / "o.db")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_not_stored_does_not_repeat_the_history(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        for epoch in ("20250101", "20250103", "20250104"):
            fill(outbox, 2, epoch=epoch)
        with closing(OutboxReader(outbox.path)) as reader:
            rows = reader.read(Query(topic="v1/", since="20250102", before="20250104"), 10)
            assert [row.epoch for row in rows] == ["20250103", "20250103"]


def test_put_does_not_block_on_a_stalled_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moves = threading.Event()
    monkeypatch.setattr("pipeline.bus.outbox.writer._MAX_PENDING_EVENTS", 10)
    with closing(Outbox(tmp_path / "o.db", commit_seconds=0)) as outbox:
        stuck = threading.Event()
        write = outbox._file._write

        def write_once_it_moves(batch: list[Any]) -> None:
            stuck.set()
            moves.wait(10)
            write(batch)

        monkeypatch.setattr(outbox._file, "_write", write_once_it_moves)
        event = track(0)
        outbox.put(topic(event), event, encode(event))
        assert stuck.wait(5)
        for seq in range(1, 16):
            event = track(seq)
            outbox.put(topic(event), event, encode(event))
        assert outbox.dropped == 6
        assert not outbox.flush(0.01)
        moves.set()
        assert outbox.flush(5)
    assert seqs(outbox.path, Query(topic="v1/")) == list(range(10))


def put(outbox: Outbox, count: int, **fields: str) -> None:
    for seq in range(count):
        event = track(seq, **fields)
        outbox.put(topic(event), event, encode(event))


def test_events_lost_to_a_disk_error_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(Outbox(tmp_path / "o.db", commit_seconds=0)) as outbox:
        with closing(sqlite3.connect(outbox.path)) as other:
            other.execute("DROP TABLE events")
        put(outbox, 2)
        assert not outbox.flush(5)
        assert outbox.dropped == 0
    assert outbox.dropped == 2
    assert "no such table" in caplog.text


def fill_disk(outbox: Outbox) -> None:
    """Allow SQLite no page more than the file has: every commit ends as on a disk that is full."""
    (pages,) = outbox._file.connection.execute("PRAGMA page_count").fetchone()
    outbox._file.connection.execute(f"PRAGMA max_page_count = {pages}")


def make_room(outbox: Outbox) -> None:
    outbox._file.connection.execute("PRAGMA max_page_count = 1000000")


def test_events_of_a_full_disk_wait_and_are_stored_in_order_once_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Outbox(tmp_path / "o.db", commit_seconds=0)) as outbox:
        fill(outbox, 3, epoch="e0")
        fill_disk(outbox)
        for run in range(3):
            put(outbox, 200, camera=f"cam{run}")
            assert not outbox.flush(5)
        waiting = outbox.unstored()
        assert len(waiting) > 500
        make_room(outbox)
        put(outbox, 1)
        assert outbox.flush(5)
        assert (outbox.unstored(), outbox.dropped, outbox.is_incomplete) == ([], 0, False)
        with closing(OutboxReader(outbox.path)) as reader:
            stored = reader.read(Query(topic="v1/"), 1000)
    assert [row.id for row in stored[-len(waiting) - 1 : -1]] == [row.id for row in waiting]
    assert [(row.epoch, row.seq) for row in stored] == [("e0", n) for n in range(3)] + [
        ("e1", n) for n in range(200)
    ] * 3 + [("e1", 0)]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "database or disk is full" in caplog.text
    assert "0 are missing" in caplog.text


def test_a_disk_that_was_late_once_is_waited_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may_write = threading.Event()
    with closing(Outbox(tmp_path / "o.db", commit_seconds=0)) as outbox:
        write = outbox._file._write
        monkeypatch.setattr(outbox._file, "_write", lambda batch: (may_write.wait(10), write(batch)))
        put(outbox, 1)
        assert not outbox.flush(0.01)
        assert outbox.is_late
        put(outbox, 2)
        assert not outbox.flush(0.0)
        may_write.set()
        assert outbox.flush(5)
        assert not outbox.is_late


def test_files_are_private(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        fill(outbox, 1)
        assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}


@pytest.mark.parametrize("content", [b"certainly not a database, but long enough to be taken for one" * 20, None])
def test_other_files_are_refused_and_unchanged(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "photo.jpg"
    if content is None:
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE people (name)")
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"events.outbox: cannot use .*photo.jpg"):
        Outbox(path)
    assert path.read_bytes() == before


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"events.outbox: cannot open"):
        Outbox(tmp_path / "nowhere" / "o.db")


KILLED = """
import sys, threading, time
from pipeline.bus.publisher import Publisher
from tests.synthetic.events import track

publisher = Publisher("tcp://127.0.0.1:*", node="node", epoch="e1", outbox=sys.argv[1])
pause = threading.Event()
for seq in range(100000):
    publisher.on_event(track(seq))
    sys.stdout.write(f"{seq} {time.monotonic()}\\n")
    sys.stdout.flush()
    pause.wait(0.002)
"""


@pytest.mark.slow
def test_kill_9_loses_at_most_the_last_commit_interval(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(450)]
        process.kill()
        killed = time.monotonic()
    returned = {int(seq): float(moment) for seq, moment in (line.split() for line in lines)}
    # 0.2 s between commits, and 0.5 s for a commit on a busy machine.
    due = [seq for seq, moment in returned.items() if moment < killed - 0.7]
    assert len(due) > 50
    kept = seqs(path, Query(topic="v1/"), 100000)
    assert kept == list(range(len(kept)))
    assert len(kept) > due[-1]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)

"""One person is erased from everything a real run left, and the other one stays."""

import base64
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.alerts.reader import AlertReader
from pipeline.bus.outbox import OutboxReader, Query
from pipeline.erase.__main__ import main
from pipeline.erase.run import erase_person
from pipeline.events import decode
from pipeline.resume.cache import InferenceCache
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.report.sink import ReportInfo, ReportSink
from recognizer.gallery.store import Gallery
from recognizer.gallery.transfer import read_export
from tests.pipeline.sinks.report.samples import frame_result
from tests.synthetic.erasable_site import NAME, OTHER, chip, look, make_site, read_without_other, vector
from tests.synthetic.events import identity, track


def test_a_person_is_gone_from_every_store_and_the_other_stays(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([NAME, str(site)]) == 0
    shown = capsys.readouterr().out
    stores = (
        "people.db",
        "export.jsonl",
        "all.jsonl",
        "outbox.db",
        "collection.db",
        "tracks.csv",
        "run/events.jsonl",
        "journal.db",
        "history.db",
        "alerts.db",
    )
    for name in (*stores, "review.html"):
        assert f"{name}: " in shown
    assert "nothing is left" in shown
    data = read_without_other(site)
    assert b"Neil" not in data
    assert vector(0).tobytes() not in data
    assert chip(0) not in data
    assert chip(1) in data
    assert [part in data for part in (look(0), chip(10), look(1), chip(11))] == [False, False, True, True]
    assert chip(20) not in data
    with AlertReader(site / "alerts.db") as alerts:
        assert [(row.person, row.has_crop) for row in alerts.alerts()] == [(OTHER, True), (None, False)]
    with Gallery(site / "people.db") as gallery:
        assert [person.name for person in gallery.people()] == [OTHER]
    assert [name for name, _ in read_export(site / "export.jsonl")[1]] == [OTHER]
    assert sorted(path.name for path in (site / "run" / "faces").iterdir()) == ["cam-2.jpg"]
    assert not (site / "run" / "journal.db").exists()
    assert OTHER.replace("'", "&#39;") in (site / "run" / "index.html").read_text()
    assert (site / "review.html").read_text().count("data:image/jpeg") == 2
    assert "looks like *" in (site / "review.html").read_text()


def test_an_enrolled_picture_in_a_page_is_erased_without_the_gallery(site: Path) -> None:
    page = site / "run" / "index.html"
    shown, other = (base64.b64encode(chip(number)) for number in (0, 1))
    assert page.read_bytes().count(shown) == page.read_bytes().count(other) == 2  # among people, and on the card
    (site / "copy.bin").write_bytes(b"\0" + chip(0))
    left = {
        Path(outcome.path).name: outcome.left
        for outcome in erase_person(NAME, [site / "run", site / "copy.bin"]).outcomes
    }
    assert shown not in page.read_bytes()
    assert page.read_bytes().count(other) == 2
    assert left["copy.bin"] == "still holds a face"


def test_events_keep_their_number_and_form(site: Path) -> None:
    before = [decode(line) for line in (site / "all.jsonl").read_bytes().splitlines()]
    size = (site / "all.jsonl").stat().st_size
    assert erase_person(NAME, [site]).complete
    after = [decode(line) for line in (site / "all.jsonl").read_bytes().splitlines()]
    assert [(event.seq, event.camera) for event in after] == [(event.seq, event.camera) for event in before]
    assert (site / "all.jsonl").stat().st_size == size
    reader = OutboxReader(site / "outbox.db")
    assert [decode(event.body or b"") for event in reader.read(Query(""), 100)] == after  # their checksums fit
    reader.close()


def test_a_gallery_in_use_is_incomplete_and_the_next_call_says_that_the_bytes_are_gone(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recognizer.gallery.sqlite_database.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(site / "people.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM faces").fetchall()
        assert main([NAME, str(site / "people.db"), "--audit", str(site / "a.jsonl")]) == 1
        assert "the person is no longer enrolled, run this again" in capsys.readouterr().out
        reader.execute("COMMIT")
    assert main([NAME, str(site / "people.db"), "--audit", str(site / "a.jsonl")]) == 0
    assert "overwritten now" in capsys.readouterr().out
    assert vector(0).tobytes() not in b"".join(path.read_bytes() for path in site.glob("people.db*"))


def left_in(site: Path) -> list[tuple[str, str]]:
    return [(Path(outcome.path).name, outcome.left) for outcome in erase_person(NAME, [site]).outcomes if outcome.left]


def test_a_journal_in_use_is_incomplete(site: Path) -> None:
    cache = InferenceCache.open(site / "run" / "journal.db", fingerprint={}, resume=True)
    left = left_in(site)
    cache.close()
    assert ("journal.db", "a run is using it; end the run, then run this again") in left
    assert left_in(site) == []


def test_so_is_the_report_of_a_run_that_goes_on(tmp_path: Path) -> None:
    sink = ReportSink(tmp_path, ReportInfo("clip.mp4"), ticks=iter([0.0, 0.0, *[1e6] * 9]).__next__)
    sink.on_event(identity(1, camera="cam", person=NAME, number=1))
    sink.on_frame(frame_result(0, 1))  # writes the page
    assert any("the run has not ended" in reason for _, reason in left_in(tmp_path))
    sink.close()
    assert left_in(tmp_path) == []


def test_a_file_that_is_appended_to_goes_on(site: Path) -> None:
    sink = JsonlSink(site / "all.jsonl")
    assert erase_person(NAME, [site]).complete
    sink.on_event(track(9))
    sink.close()
    assert decode((site / "all.jsonl").read_bytes().splitlines()[-1]).seq == 9


def test_a_damaged_gallery_is_incomplete(tmp_path: Path) -> None:
    make_site(tmp_path)
    data = (tmp_path / "people.db").read_bytes()
    (tmp_path / "people.db").write_bytes(data[:100] + b"\xff" * (len(data) - 100))
    erasure = erase_person(NAME, [tmp_path])
    assert not erasure.complete
    assert any("gallery that cannot be changed" in outcome.left for outcome in erasure.outcomes)

"""One person is erased from everything a real run left, and the other one stays."""

import base64
import bz2
import gzip
import json
import lzma
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.arrays import Float32
from glimpse.command.enroll_review import write_review
from glimpse.command.enroll_summary import summarise
from pipeline.alerts.deliver.backlog import Backlog, NewDelivery
from pipeline.alerts.reader import AlertReader
from pipeline.bus.outbox import Outbox, OutboxReader, Query
from pipeline.erase.__main__ import main
from pipeline.erase.audit import hash_name
from pipeline.erase.run import erase_person
from pipeline.erase.stores import STORES
from pipeline.events import Event, TrackAction, decode, encode, topic
from pipeline.history.store import HistoryWriter
from pipeline.resume.cache import InferenceCache
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.report.sink import ReportInfo, ReportSink
from recognizer.gallery.enroll import Outcome, Verdict
from recognizer.gallery.folders import Photo
from recognizer.gallery.store import Face, Gallery
from recognizer.gallery.transfer import export_gallery, read_export
from tests.pipeline.sinks.report.samples import camera_event, frame_result
from tests.synthetic.alert_site import Site, rule, seen
from tests.synthetic.alerts import alert
from tests.synthetic.events import evidence, identity, sample, track

NAME, OTHER = "Zoë O'Neil", "Zoë O'Neil Smith"


def vector(number: int) -> Float32:
    values = np.random.default_rng(number).normal(size=64).astype(np.float32)
    return np.asarray(values / np.linalg.norm(values), np.float32)


def chip(number: int) -> bytes:
    return np.random.default_rng(number).bytes(500)


def write_report(folder: Path) -> None:
    """Two tracks on one camera, of one person each."""
    sink = ReportSink(folder, ReportInfo("clip.mp4", portrait={NAME: chip(0), OTHER: chip(1)}.get))
    for index in range(3):
        sink.on_frame(frame_result(index, 1, 2))
    for number, name in ((1, NAME), (2, OTHER)):
        sink.on_event(identity(number, camera="cam", person=name, number=number))
        sink.on_event(track(number, camera="cam", track=number, action=TrackAction.END, evidence=evidence(name)))
    sink.on_event(camera_event())
    sink.close()


def write_enrolment_review(page: Path) -> None:
    """A picture of each of two people, and one of the other that looks like the first."""
    pixels = [np.random.default_rng(number).integers(0, 255, (40, 40, 3)).astype(np.uint8) for number in range(3)]
    photos = [Photo(Path("x"), name, f"{name}.jpg", pixels=pixels[i]) for i, name in enumerate((NAME, OTHER, OTHER))]
    outcomes = [Outcome(photo.person, photo.source, Verdict.TAKEN) for photo in photos]
    outcomes[2] = Outcome(OTHER, f"{OTHER}.jpg", Verdict.TAKEN, warning=f"looks like {NAME}: score 0.70")
    write_review(page, photos, outcomes, summarise(outcomes, {}))


def write_history(path: Path, events: list[Event]) -> None:
    """What the events say, and what the two people look like."""
    looks = [
        sample(number, person=name, track=number + 1, template=look(number), crop=b"\xff\xd8" + chip(number + 10))
        for number, name in enumerate((NAME, OTHER))
    ]
    with HistoryWriter(path) as history:
        history.add([*events, *looks], None)


def write_alerts(folder: Path) -> None:
    """An alert about each of the two people, with a crop."""
    with Site(folder, rule("people", text="{who} at {camera}")) as site:
        for number, name in enumerate((NAME, OTHER), 1):
            site.give(site.sample(number, b"\xff\xd8" + chip(number + 20)))
            site.give(site.track(number, evidence=seen(name)))


def write_deliveries(path: Path) -> None:
    """An alert about each of the two that waits for a receiver."""
    with Backlog(path) as backlog:
        backlog.register(["phone"])
        for number, name in enumerate((NAME, OTHER)):
            crop = b"\xff\xd8" + chip(number + 30)
            event = alert(number, at=time.time(), person=name, text=f"{name} at the door.", crop=crop)
            backlog.add(NewDelivery("phone", str(number), encode(event), event.wall_time))


def look(number: int) -> bytes:
    """A template, as it is stored."""
    return vector(number + 10).astype("<f2").tobytes()


def make_site(folder: Path) -> Path:
    """A folder with everything that knows people: two of them, one of whom has the other's name in hers."""
    with Gallery(folder / "people.db", create=True) as gallery:
        for number, name in enumerate((NAME, OTHER)):
            gallery.add(name, Face(vector(number), "a.jpg", f"sha{number}", chip=chip(number)), model_id="m")
        export_gallery(gallery, folder / "export.jsonl")
    events = [track(0), identity(1, person=NAME), identity(2, person=OTHER, number=2)]
    events += [track(1, evidence=evidence(NAME)), track(2, evidence=evidence(OTHER), track=2)]
    sink, outbox = JsonlSink(folder / "all.jsonl"), Outbox(folder / "outbox.db")
    for event in events:
        sink.on_event(event)
        outbox.put(topic(event), event, encode(event))
    sink.close()
    outbox.close()
    write_history(folder / "history.db", events)
    write_alerts(folder)
    write_deliveries(folder / "webhooks.db")
    write_report(folder / "run")
    write_enrolment_review(folder / "review.html")
    cache = InferenceCache.open(folder / "run" / "journal.db", fingerprint={}, resume=False)
    cache.put_vectors("door", 0, vector(0)[None])
    cache.close()
    return folder


def read_all(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path)


def test_a_person_is_gone_from_every_store_and_the_other_stays(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([NAME, str(site)]) == 0
    shown = capsys.readouterr().out
    stores = (
        "people.db",
        "export.jsonl",
        "all.jsonl",
        "outbox.db",
        "tracks.csv",
        "run/events.jsonl",
        "journal.db",
        "history.db",
        "alerts.db",
    )
    for name in (*stores, "review.html"):
        assert f"{name}: " in shown
    assert "nothing is left" in shown
    data = read_all(site).replace(OTHER.encode(), b"").replace(b"Zo\xc3\xab O&#39;Neil Smith", b"")
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


@pytest.mark.parametrize(
    "form",
    ['{"name": "Zo\\u00eb O\'Neil"}', "<b>Zoë O&#39;Neil</b>", "<b>Zoë O&#x27;Neil</b>", "Zoe\u0308 O'Neil was here"],
)
def test_a_file_of_another_kind_that_names_the_person_is_found(
    form: str, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "notes.txt").write_text(form, encoding="utf-8")
    assert main([NAME, str(site)]) == 1
    assert "notes.txt: left: still holds the name" in capsys.readouterr().out


def test_so_are_vectors_pictures_and_names_of_files(site: Path) -> None:
    (site / "copy.bin").write_bytes(b"\0" * 100 + vector(0).tobytes() + b"\0")
    (site / "copy.html").write_bytes(b"x" + (site / "run" / "index.html").read_bytes())
    (site / NAME).mkdir()
    (site / NAME / "portrait.jpg").write_bytes(b"jpeg")
    left = {Path(outcome.path).name: outcome.left for outcome in erase_person(NAME, [site]).outcomes if outcome.left}
    assert left["copy.bin"] == "still holds a face"
    assert left["copy.html"] == "still holds the name and a face"
    assert "name of the file or a folder" in left["portrait.jpg"]
    assert len(left) == 3


@pytest.mark.parametrize("kind", [store.kind for store in STORES])
def test_an_erasure_that_was_killed_is_completed_by_the_next(
    kind: str, site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = next(store for store in STORES if store.kind == kind)
    original = type(store).erase

    def die_after(self: object, path: Path, person: object) -> str:
        original(self, path, person)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(type(store), "erase", die_after)
    with pytest.raises(KeyboardInterrupt):
        erase_person(NAME, [site])
    monkeypatch.undo()
    assert main([NAME, str(site)]) == 0
    assert main([NAME, str(site)]) == 0
    shown = capsys.readouterr().out
    assert f"No store knows {NAME}. Bytes that an interrupted erasure left" in shown
    assert b"Neil" not in read_all(site).replace(OTHER.encode(), b"").replace(b"Zo\xc3\xab O&#39;Neil Smith", b"")
    assert not list((site / "run" / "faces").glob("*-1.jpg"))


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


def test_a_killed_process_leaves_what_the_next_call_finishes(site: Path) -> None:
    """A real kill, in the middle of the first store that is written after the gallery."""
    script = (
        "import os, signal, sys\n"
        "from pipeline.erase import run\n"
        "real = os.pwrite\n"
        "os.pwrite = lambda *a: (real(*a), os.kill(os.getpid(), signal.SIGKILL))\n"
        "run.erase_person(sys.argv[1], [run.Path(sys.argv[2])])\n"
    )
    done = subprocess.run([sys.executable, "-c", script, NAME, str(site)], check=False)
    assert done.returncode == -signal.SIGKILL
    erasure = erase_person(NAME, [site])
    assert erasure.complete
    assert b"Neil" not in read_all(site).replace(OTHER.encode(), b"").replace(b"Zo\xc3\xab O&#39;Neil Smith", b"")


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


def test_films_are_named_until_they_are_deleted(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "run" / "annotated.mp4").write_bytes(b"film")
    for _ in range(2):
        assert main([NAME, str(site)]) == 1
        assert "annotated.mp4: left: a film of a report that somebody was erased from" in capsys.readouterr().out
    assert main([NAME, str(site), "--delete-films"]) == 0
    assert not (site / "run" / "annotated.mp4").exists()


def test_a_file_that_is_appended_to_goes_on(site: Path) -> None:
    sink = JsonlSink(site / "all.jsonl")
    assert erase_person(NAME, [site]).complete
    sink.on_event(track(9))
    sink.close()
    assert decode((site / "all.jsonl").read_bytes().splitlines()[-1]).seq == 9


def test_the_audit_line_names_nobody_and_can_be_matched(site: Path) -> None:
    main([NAME, str(site)])
    main(["Somebody else", str(site)])
    first, second = map(json.loads, (site / "erasures.jsonl").read_text().splitlines())
    assert first["person"] == hash_name(NAME, bytes.fromhex(first["salt"]))
    assert first["person"] != second["person"]
    assert (first["left"], second["changed"]) == (0, 0)
    assert "Neil" not in (site / "erasures.jsonl").read_text()
    assert oct((site / "erasures.jsonl").stat().st_mode)[-3:] == "600"


@pytest.mark.parametrize("arguments", [[], ["Ada"], ["Ada", "/nowhere/at/all"], ["", "."], ["a\nb", "."]])
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == 2
    assert "error:" in capsys.readouterr().err


def test_a_damaged_gallery_is_incomplete(tmp_path: Path) -> None:
    make_site(tmp_path)
    data = (tmp_path / "people.db").read_bytes()
    (tmp_path / "people.db").write_bytes(data[:100] + b"\xff" * (len(data) - 100))
    erasure = erase_person(NAME, [tmp_path])
    assert not erasure.complete
    assert any("gallery that cannot be changed" in outcome.left for outcome in erasure.outcomes)


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_somebody_whose_name_would_be_refused_today_can_be_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "Ada\u200b Lovelace"
    with Gallery(tmp_path / "people.db", create=True) as gallery, monkeypatch.context() as before:
        before.setattr("recognizer.gallery.store.clean_name", lambda name: name)
        gallery.add(name, Face(vector(1), "a.jpg", "sha"), model_id="m")
    assert main([name, str(tmp_path)]) == 0
    with Gallery(tmp_path / "people.db") as gallery:
        assert gallery.people() == []


@pytest.mark.parametrize("name", [NAME.upper(), NAME.lower(), NAME.replace(" ", "  "), NAME.replace("o", "o\u200b", 1)])
def test_a_name_in_other_letters_erases_nobody_and_says_who_is_known(
    site: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main([name, str(site)]) == 1
    assert f"but {NAME} is known: erase that name" in capsys.readouterr().out
    with Gallery(site / "people.db") as gallery:
        assert len(gallery.people()) == 2


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("Annab", "Annabel"),
        ("Ann", "Annabel"),
        ("Ann", "Mary Ann"),
        ("Ann", "Ann-Marie"),
        ("李小", "李小龙"),
        ("नरेन", "नरेन्द्र"),
        ("Zoe", "Zoe\u0308"),
        ("a.b", "axb"),
        ("100%", "100% Sure"),
        ("a*", "ab"),
        ('"B"', "B"),
    ],
)
def test_somebody_whose_name_holds_the_other_stays_and_the_proof_holds(tmp_path: Path, name: str, stays: str) -> None:
    with Gallery(tmp_path / "people.db", create=True) as gallery:
        gallery.add(name, Face(vector(1), "a.jpg", "1", chip=chip(1)), model_id="m")
        gallery.add(stays, Face(vector(2), "b.jpg", "2", chip=chip(2)), model_id="m")
    (tmp_path / "log.txt").write_text(f"{stays} came\n")
    assert main([name, str(tmp_path)]) == 0
    with Gallery(tmp_path / "people.db") as gallery:
        assert len(gallery.people()) == 1
        assert vector(2).tobytes() in gallery.stored_bytes(stays)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_rotated_log_is_unpacked_and_searched(
    site: Path, capsys: pytest.CaptureFixture[str], compress: Callable[[bytes], bytes]
) -> None:
    packed = site / "events.jsonl.1.z"
    packed.write_bytes(compress(encode(identity(1, person=NAME))))
    assert main([NAME, str(site)]) == 1
    assert "events.jsonl.1.z: left: still holds the name, compressed" in capsys.readouterr().out
    packed.write_bytes(packed.read_bytes()[:-20])
    assert main([NAME, str(site)]) == 1
    assert "events.jsonl.1.z: left: not searched: damaged" in capsys.readouterr().out
    packed.write_bytes(compress(encode(identity(1, person=OTHER))))
    assert main([NAME, str(site)]) == 0


def test_a_link_out_of_the_folders_is_named_and_one_inside_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, outside = make_site_in(tmp_path / "site"), tmp_path / "outside"
    outside.mkdir()
    (site / "latest").symlink_to(site / "run")
    (site / "nothing").symlink_to(tmp_path / "missing")
    (site / "old").symlink_to(outside)
    assert main([NAME, str(site)]) == 1
    shown = capsys.readouterr().out
    assert "old: left: a link to something outside these folders" in shown
    assert "latest" not in shown
    assert main([NAME, str(site), str(outside)]) == 0


def make_site_in(folder: Path) -> Path:
    folder.mkdir()
    return make_site(folder)


@pytest.mark.parametrize("step", range(6))
def test_an_export_whose_erasure_was_killed_between_two_writes_is_finished_later(
    site: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Counts the calls that change the disk, and ends before number `step`."""
    export, calls = site / "export.jsonl", iter(range(100))

    def dying(call: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: object, **options: object) -> object:
            if next(calls) == step:
                raise KeyboardInterrupt
            return call(*arguments, **options)

        return run

    with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
        for module, name in ((os, "fsync"), (os, "replace"), (os, "pwrite"), (Path, "replace"), (Path, "unlink")):
            patched.setattr(module, name, dying(getattr(module, name)))
        erase_person(NAME, [export])
    for _ in range(2):
        erase_person(NAME, [site])
    assert main([NAME, str(site)]) == 0
    assert [name for name, _ in read_export(export)[1]] == [OTHER]
    assert not list(site.glob(".export*"))


class KillError(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


def erase_until(step: int, site: Path, monkeypatch: pytest.MonkeyPatch, *, torn: bool) -> bool:
    """Erase, and end before change number `step` of the disk; whether there was one. torn: half of a file is written.

    What is shorter than a page of the kernel is written whole or not at all, so only whole files are torn.
    """
    calls = iter(range(1000))

    def dying(call: Callable[..., object], *, is_write: bool) -> Callable[..., object]:
        def run(*arguments: Any, **options: Any) -> object:
            if next(calls) != step:
                return call(*arguments, **options)
            if torn and is_write and len(arguments[1]) > 200:
                file, data, place = arguments
                call(file, data[: len(data) // 2], place)
            raise KillError

        return run

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: None)
        for module, name in ((os, "fsync"), (os, "pwrite"), (Path, "replace"), (Path, "unlink")):
            patched.setattr(module, name, dying(getattr(module, name), is_write=name == "pwrite"))
        try:
            erase_person(NAME, [site])
        except KillError:
            return True
    return False


@pytest.mark.parametrize("torn", [False, True])
def test_after_a_kill_at_any_change_of_the_disk_the_next_call_says_that_the_bytes_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: bool
) -> None:
    """A page, pictures, tables, events, an export, a review, a journal; SQLite brings its own log."""
    whole, step = make_site_in(tmp_path / "whole"), 0
    (whole / "people.db").unlink()
    (whole / "alerts.db").unlink()
    (whole / "outbox.db").write_bytes(bytes(5000))  # pages of a database are zero where nothing is written yet
    while erase_until(step, site := copy_of(whole, tmp_path / f"site{step}"), monkeypatch, torn=torn):
        assert [outcome.left for outcome in erase_person(NAME, [site]).outcomes if outcome.left] == [], step
        data = read_all(site).replace(OTHER.encode(), b"").replace(b"Zo\xc3\xab O&#39;Neil Smith", b"")
        assert b"Neil" not in data
        assert chip(0) not in data
        assert base64.b64encode(chip(0)) not in data
        step += 1
    assert step > 30


def copy_of(site: Path, folder: Path) -> Path:
    shutil.copytree(site, folder)
    return folder


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that this user may list, with one inside that it may not look into; root becomes nobody for the test."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "closed").mkdir()
        (folder / "closed" / "notes.txt").write_text(NAME)
        if is_root := os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, 65534, 65534)
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            (folder / "closed").chmod(0o700)


@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_folder_that_may_not_be_looked_into_is_no_proof(closed_folder: Path, mode: int) -> None:
    """Without the right to list it, nobody knows what it holds; without that to enter it, nobody can read it."""
    (closed_folder / "closed").chmod(mode)
    erasure = erase_person(NAME, [closed_folder])
    assert not erasure.complete
    left = {Path(outcome.path).relative_to(closed_folder).as_posix(): outcome.left for outcome in erasure.outcomes}
    assert left == {"closed" if mode == 0 else "closed/notes.txt": "not searched: Permission denied"}

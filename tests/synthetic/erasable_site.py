"""A folder with everything that knows people, two of them, with faces whose bytes are known."""

import time
from contextlib import closing
from pathlib import Path

import numpy as np

from detectors.arrays import Float32
from glimpse.command.enroll_review import write_review
from glimpse.command.enroll_summary import summarise
from pipeline.alerts.deliver.backlog import Backlog, NewDelivery
from pipeline.bus.outbox import Outbox
from pipeline.events import Event, TrackAction, encode, topic
from pipeline.history.store import HistoryWriter
from pipeline.resume.cache import InferenceCache
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.report.sink import ReportInfo, ReportSink
from recognizer.gallery.enroll import Outcome, Verdict
from recognizer.gallery.folders import Photo
from recognizer.gallery.store import Face, Gallery
from recognizer.gallery.transfer import export_gallery
from tests.pipeline.sinks.report.samples import camera_event, frame_result
from tests.synthetic.alert_site import Site, rule, seen
from tests.synthetic.alerts import alert
from tests.synthetic.collection import add, new_collection
from tests.synthetic.events import evidence, identity, sample, track

NAME, OTHER = "Zoë O'Neil", "Zoë O'Neil Smith"


def vector(number: int) -> Float32:
    values = np.random.default_rng(number).normal(size=64).astype(np.float32)
    return np.asarray(values / np.linalg.norm(values), np.float32)


def chip(number: int) -> bytes:
    return np.random.default_rng(number).bytes(500)


def look(number: int) -> bytes:
    """A template, as it is stored."""
    return vector(number + 10).astype("<f2").tobytes()


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


def make_site(folder: Path) -> Path:
    """A folder with everything that knows people: two of them, one of whom has the other's name in hers."""
    folder.mkdir(exist_ok=True)
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
    with closing(new_collection(folder)) as collection:
        add(collection, events)
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


def read_without_other(folder: Path) -> bytes:
    """The bytes of all files without the name of the person who stays, which holds the other's."""
    return read_all(folder).replace(OTHER.encode(), b"").replace(OTHER.replace("'", "&#39;").encode(), b"")

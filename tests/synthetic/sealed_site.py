"""Every file of a site that seals, with faces whose bytes are known."""

import base64
from pathlib import Path

from pipeline.alerts.deliver.file import DeliveryFile
from pipeline.alerts.deliver.pending import Pending
from pipeline.alerts.reader import AlertReader
from pipeline.bus.outbox import Outbox, OutboxReader, Query
from pipeline.events import SampleEvent, decode, encode, topic
from pipeline.history.reader import HistoryReader
from pipeline.settings.rooms.deliveries import Bounds
from recognizer.gallery import Face, Gallery
from recognizer.gallery.negatives import Negative
from tests.synthetic.erasable_site import (
    NAME,
    OTHER,
    chip,
    look,
    vector,
    write_alerts,
    write_deliveries,
    write_history,
)
from tests.synthetic.events import identity, sample, track

FILES = ("people.db", "history.db", "alerts.db", "webhooks.db", "outbox.db")
CROP = b"\xff\xd8" + chip(40)
FACES = {
    "vectors": vector(0).tobytes(),
    "chips": chip(0),
    "negatives": vector(3).tobytes(),
    "templates": look(0),
    "crops": chip(10),
    "crops of alerts": chip(21),
    "crops of deliveries": chip(30),
    "crops of samples": CROP,
}


def write_site(folder: Path) -> Path:
    """A gallery, a history, alerts, deliveries and an outbox with samples; sealed where there is a key."""
    with Gallery(folder / "people.db", create=True) as gallery:
        for number, name in enumerate((NAME, OTHER)):
            gallery.add(name, Face(vector(number), "a.jpg", f"sha{number}", chip=chip(number)), model_id="m")
        gallery.mark(NAME, Negative(vector(3), "track 1"), model_id="m")
    events = [track(0), identity(1, person=NAME), identity(2, person=OTHER, number=2)]
    write_history(folder / "history.db", events)
    write_alerts(folder)
    write_deliveries(folder / "webhooks.db")
    outbox = Outbox(folder / "outbox.db")
    for event in (*events, sample(3, person=NAME, template=look(0), crop=CROP)):
        outbox.put(topic(event), event, encode(event))
    outbox.close()
    return folder


def raw_faces(folder: Path) -> set[str]:
    """Which faces are in any file as they are, or in base64."""
    data = b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    return {name for name, face in FACES.items() if any(form in data for form in _forms(face))}


def _forms(face: bytes) -> tuple[bytes, ...]:
    """As it is, and in base64 at any place of an event's field."""
    return face, *(base64.b64encode(before + face)[8:-8] for before in (b"", b"\xff", b"\xff\xd8"))


def read_faces(folder: Path) -> dict[str, bytes]:
    """The same faces, as those who use the files read them."""
    with Gallery(folder / "people.db") as gallery:
        face = next(face for name, face in gallery.faces() if name == NAME)
        found = {"vectors": face.vector.tobytes(), "chips": face.chip or b""}
        found["negatives"] = gallery.negatives()[0][1].vector.tobytes()
    with HistoryReader(folder / "history.db") as history:
        [templates] = history.templates("m")
        found["templates"] = look(0) if (abs(templates.vectors[0] @ vector(10)) > 0.999) else b""
        found["crops"] = (history.crop(templates.tracks[0]) or b"")[2:]
    with AlertReader(folder / "alerts.db") as alerts:
        found["crops of alerts"] = (alerts.crop(alerts.alerts()[-1].alert) or b"")[2:]
    file = DeliveryFile(folder / "webhooks.db", create=True)
    first = Pending(file, "phone", bounds=Bounds(), random=lambda: 0.5).head(1)[0]
    event = decode(first.body)
    found["crops of deliveries"] = getattr(event, "crop", b"")[2:]
    file.close()
    found["crops of samples"] = read_sample(folder / "outbox.db").crop
    return found


def read_sample(path: Path) -> SampleEvent:
    """The sample of an outbox, as it is replayed."""
    reader = OutboxReader(path)
    [stored] = reader.read(Query("v1/sample/"), 10)
    reader.close()
    event = decode(stored.body or b"")
    assert isinstance(event, SampleEvent)
    return event

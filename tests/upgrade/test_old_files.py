"""What each version wrote opens with the code of today, with all that was in it."""

import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.read import ConfigurationError, load_yaml, to_settings
from distill.config import Settings as Distillation
from pipeline.alerts.database import Database as AlertsFile
from pipeline.alerts.deliver.backlog import Backlog
from pipeline.bus.outbox import Outbox, OutboxReader, Query
from pipeline.collect.database import open_collection
from pipeline.collect.reader import StreamReader
from pipeline.erase.__main__ import main as erase
from pipeline.events import IdentityEvent, TrackEvent, decode
from pipeline.history.reader import HistoryReader
from pipeline.history.store import HistoryWriter
from pipeline.resume.cache import InferenceCache
from pipeline.settings.load import make_settings, read_config
from pipeline.version import VERSION
from recognizer.calibration import read_calibration
from recognizer.gallery.store import Gallery
from recognizer.gallery.transfer import import_gallery, read_export
from tests.synthetic.events import track
from tests.upgrade.written_by import PASSWORD, RUN

NO_HISTORY = {"0.1.0"}
NO_ROOMS = {"0.1.0", "0.2.0"}


def has(old: Path, name: str, without: set[str]) -> bool:
    assert (old / name).exists() is (old.name not in without)
    return old.name not in without


def test_a_gallery_is_read_and_changed(old: Path) -> None:
    with Gallery(old / "people.db", read_only=True) as gallery:
        assert [(person.name, person.faces) for person in gallery.people()] == [("Ada", 1), ("Dan", 1)]
        vectors = gallery.index(gallery.model_id).vectors
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    with Gallery(old / "people.db") as gallery:
        gallery.rename("Dan", "Daniel")
        assert np.array_equal(gallery.index(gallery.model_id).vectors, vectors)
    with Gallery(old / "people.db") as gallery:
        assert [person.name for person in gallery.people()] == ["Ada", "Daniel"]


def test_an_export_is_imported(old: Path, tmp_path: Path) -> None:
    assert {name for name, _ in read_export(old / "export.jsonl").faces} == {"Ada", "Dan"}
    with Gallery(tmp_path / "new.db", create=True) as gallery:
        done = import_gallery(gallery, old / "export.jsonl")
        assert (done.added, done.refused) == (2, [])


def test_an_outbox_goes_on(old: Path) -> None:
    with closing(Outbox(old / "outbox.db")) as outbox:
        event = track(0, epoch="20261201T000000Z-bbbbbb")
        outbox.put("v1/track/door/", event, b"{}")
    with closing(OutboxReader(old / "outbox.db")) as reader:
        events = [decode(one.body) for one in reader.read(Query("v1/", epoch=RUN), 100) if one.body]
        assert reader.newest_row() == 5
    assert [(type(event), event.seq) for event in events] == [
        *((TrackEvent, 0), (IdentityEvent, 0), (TrackEvent, 1), (TrackEvent, 2))
    ]
    assert isinstance(events[1], IdentityEvent)
    assert events[1].person == "Ada"


def test_a_history_is_read_and_goes_on(old: Path) -> None:
    if not has(old, "history.db", NO_HISTORY):
        return
    with HistoryReader(old / "history.db") as history:
        [second, first] = history.tracks()
        assert {row.person for row in (first, second)} == {"Ada", None}
        assert sum(len(list(history.events(row.id))) for row in (first, second)) == 5
    with HistoryWriter(old / "history.db") as writer:
        assert writer.position is not None
        assert writer.position.epoch == RUN
        writer.add([track(3, epoch=RUN, track=2)], None)
    with HistoryReader(old / "history.db") as history:
        assert len(history.tracks()) == 2


def test_files_of_the_rooms_are_read(old: Path) -> None:
    if not has(old, "alerts.db", NO_ROOMS):
        return
    from pipeline.web.security.accounts import Accounts
    from pipeline.web.security.accounts_file import AccountsFile

    with AlertsFile(old / "alerts.db") as alerts:
        assert len(alerts.rows("SELECT text FROM alerts")) == 2
    with Backlog(old / "webhooks.db") as backlog:
        backlog.register(["phone"])
    with AccountsFile(old / "accounts.db") as file:
        assert Accounts(file).check_password("ada", PASSWORD) is not None
    with open_collection(str(old / "collection.db"), create=True) as collection:
        assert len(StreamReader(collection).entries(after=0, limit=100)) == 4


def test_a_journal_of_another_version_is_refused_with_what_to_do(old: Path) -> None:
    with pytest.raises(
        ValueError, match=rf"version differs: expected '{old.name}'.*without --resume a run begins anew"
    ):
        InferenceCache.open(old / "journal.db", fingerprint={"version": f"{VERSION} and later"}, resume=True)
    cache = InferenceCache.open(old / "journal.db", fingerprint={"version": old.name}, resume=True)
    assert cache.get_vectors("door", 0) is not None
    cache.close()


def test_the_example_is_read(old: Path) -> None:
    environment = {"DOOR_PASSWORD": "x", "HALL_PASSWORD": "x"}
    settings = make_settings(read_config(old / "example.yaml"), environment=environment)
    assert [camera.name for camera in settings.cameras] == ["door", "hall"]


def test_every_key_is_read(old: Path) -> None:
    """None was renamed yet. One that is gets `Formerly`, and is refused with its present name."""
    assert make_settings(read_config(old / "all_keys.yaml")).node == "shop"


def test_an_old_key_of_a_distillation_is_refused_with_its_present_name(old: Path) -> None:
    raw, refused = load_yaml(old / "distill.yaml"), []
    while sentence := _refusal(raw):
        found = re.fullmatch(r"unknown key '(\w+)'(?: in (\S+))?; did you mean '(\w+)'\?", sentence)
        assert found, sentence
        section: Any = raw
        for key in re.findall(r"[\w-]+", found[2] or ""):
            section = section[int(key) if key.isdigit() else key]
        section[found[3]] = section.pop(found[1])
        refused.append(found[1])
    assert bool(refused) is (old.name == "0.1.0")


def _refusal(raw: dict[str, Any]) -> str:
    try:
        to_settings(raw, Distillation)
    except ConfigurationError as error:
        return str(error)
    return ""


def test_a_calibration_is_read(old: Path) -> None:
    calibration = read_calibration(old / "calibration.yaml")
    assert calibration.threshold(24, 3, 0.001) > 0


def test_events_of_a_report_are_read(old: Path) -> None:
    lines = (old / "report" / "events.jsonl").read_text().splitlines()
    assert len(lines) > 3
    assert all(json.loads(line)["v"] == 1 for line in lines)
    assert any(isinstance(decode(line), TrackEvent) for line in lines)
    assert "Ada" in (old / "report" / "index.html").read_text()


def test_a_person_is_erased_from_all_of_it(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = erase(["Ada", str(old)])
    assert (code, [line for line in capsys.readouterr().out.splitlines() if "left:" in line]) == (0, [])
    assert b"Ada" not in b"".join(path.read_bytes() for path in old.rglob("*") if path.suffix in (".db", ".jsonl"))

"""A file of alerts loses a person while its process has it open, and keeps everybody else."""

from pathlib import Path

import msgspec

from pipeline.bus.outbox import Outbox, OutboxReader
from pipeline.erase.alerts import AlertsStore
from pipeline.erase.outbox import OutboxStore
from pipeline.erase.person import Person
from pipeline.events import AlertEvent, decode, encode, topic
from tests.synthetic.alert_site import Site, rule, seen

STORE, GRACE = AlertsStore(), Person("Grace")
CROP = b"\xff\xd8 a small picture of somebody, of more than 48 bytes in length"


def fill(site: Site) -> None:
    """Grace comes, is unknown in one alert and somebody's candidate in another, and Ada comes."""
    site.give(site.sample(1, CROP + b"1"), site.sample(2, CROP + b"2"), site.sample(3, CROP + b"3"))
    for number, found in ((1, seen()), (2, seen("Ada")), (3, seen("Grace"))):
        site.give(site.track(number, evidence=found))
    site.give(site.track(1, evidence=seen("Grace", state="candidate")))  # after the alert about an unknown person


def test_alerts_crops_and_what_rules_know_go(tmp_path: Path) -> None:
    rules = rule("who", kind="unknown"), rule("Grace comes", people=["Grace"]), rule("list", text="{who} again: Grace?")
    with Site(tmp_path, *rules) as site:
        fill(site)
        assert {"Grace", "Ada"} <= set(STORE.people(site.path))
        assert {trace[-1:] for trace in STORE.traces(site.path, GRACE)} == {b"1", b"3"}
        assert STORE.erase(site.path, GRACE).startswith("name and crops taken from 3 alerts")
        assert STORE.erase(site.path, GRACE) == ""
        site.give(site.track(2, evidence=seen("Ada")))
        assert all(b"Grace" not in path.read_bytes() for path in tmp_path.iterdir())
        assert all(CROP + number not in path.read_bytes() for path in tmp_path.iterdir() for number in (b"1", b"3"))
        assert [(row.person, row.has_crop) for row in site.rows] == [
            (None, False),
            ("Ada", True),
            (None, False),
            (None, False),
        ]
        assert "***** again: *****?" in site.texts[3]
        assert all(b"Grace" not in encode(event) and CROP + b"3" != event.crop for event in site.told)


def test_the_outbox_of_alerts_loses_sentences_and_crops(tmp_path: Path) -> None:
    with Site(tmp_path, rule("who", kind="unknown"), rule("list")) as site:
        fill(site)
        events = [msgspec.structs.replace(event, epoch="a1", seq=seq) for seq, event in enumerate(site.told)]
    outbox = Outbox(tmp_path / "outbox.db")
    for event in events:
        outbox.put(topic(event), event, encode(event))
    outbox.close()
    store = OutboxStore()
    assert {trace[-1:] for trace in store.traces(tmp_path / "outbox.db", GRACE)} == {b"3"}
    assert store.erase(tmp_path / "outbox.db", GRACE)
    assert b"Grace" not in (tmp_path / "outbox.db").read_bytes()
    reader = OutboxReader(tmp_path / "outbox.db")
    left = [decode(stored.body) for stored in reader.run("a1") if stored.body]
    reader.close()
    assert [event.person for event in left if isinstance(event, AlertEvent)] == [None, "Ada", "*****"]
    assert [any(event.crop) for event in left if isinstance(event, AlertEvent)] == [True, True, False]


def test_a_file_without_the_person_is_left_alone(tmp_path: Path) -> None:
    with Site(tmp_path, rule("list")) as site:
        site.visit(1, "Ada")
        assert STORE.recognises(site.path)
        assert STORE.erase(site.path, GRACE) == ""
        assert site.rows[0].person == "Ada"

"""Bodies of events that a database keeps: the name, templates and crops are overwritten in place, sealed ones too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.at_rest import KeyNeededError, StoreCipher, is_sealed, new_key
from pipeline.erase.person import Person
from pipeline.erase.stored_events import StoredEvents, erase_events, people_in, records_in, traces_in
from pipeline.events import Event, SampleEvent, decode, encode
from tests.synthetic.events import identity, sample

GRACE = Person("Grace")


class Rows(StoredEvents):
    """Rows in memory. sealed: with the key of the environment."""

    def __init__(self, *events: Event | bytes, sealed: bool = False) -> None:
        super().__init__(StoreCipher("outbox", Path("o.db")))
        bodies = [event if isinstance(event, bytes) else encode(event) for event in events]
        self.rows = dict(enumerate(self.cipher.seal(body) if sealed else body for body in bodies))

    def stored(self) -> Iterator[tuple[int, bytes]]:
        return iter(list(self.rows.items()))

    def stored_at(self, row: int) -> bytes:
        return self.rows[row]

    def replace(self, row: int, body: bytes) -> None:
        assert len(body) == len(self.rows[row])
        self.rows[row] = body

    def events(self) -> list[Event]:
        return [decode(body) for _, body in self.bodies()]


@pytest.fixture(params=[False, True], ids=["plain", "sealed"])
def sealed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setenv("GLIMPSE_KEY", new_key())
    return bool(request.param)


def night(*, sealed: bool) -> Rows:
    """Grace's track 1, with a sample that names nobody yet, and Ada's track 2."""
    unnamed = sample(1, track=1, person=None, template=b"\x01\x02", crop=b"\x03\x04\x05")
    others = sample(2, track=2, person="Ada", template=b"\x06\x07", crop=b"\x08")
    return Rows(identity(0, person="Grace", number=1), unnamed, others, sealed=sealed)


def test_people_are_those_of_all_rows(sealed: bool) -> None:
    assert people_in(night(sealed=sealed)) == {"Grace", "Ada"}
    assert people_in(Rows()) == set()


def test_name_and_faces_of_the_track_are_overwritten_once_and_all_else_stays(sealed: bool) -> None:
    rows = night(sealed=sealed)
    before = rows.events()
    assert erase_events(rows, GRACE) == "name overwritten in 1 events, 1 templates and crops overwritten"
    named, blank, other = rows.events()
    assert "Grace" not in str(named)
    assert isinstance(blank, SampleEvent)
    assert (blank.template, blank.crop) == (bytes(2), bytes(3))
    assert (named.seq, blank.seq, other) == (0, 1, before[2])
    assert all(is_sealed(body) is sealed for body in rows.rows.values())
    assert people_in(rows) == {"*****", "Ada"}
    assert erase_events(rows, GRACE) == ""


def test_traces_are_templates_crops_and_what_was_stored_sealed(sealed: bool) -> None:
    rows = night(sealed=sealed)
    traces = set(traces_in(rows, GRACE))
    assert {b"\x01\x02", b"\x03\x04\x05"} <= traces
    assert b"\x06\x07" not in traces
    assert (rows.rows[1] in traces) is sealed
    erase_events(rows, GRACE)
    assert list(traces_in(rows, GRACE)) == []


def test_records_have_the_name_and_neither_pictures_nor_others(sealed: bool) -> None:
    rows = Rows(sample(0, person="Grace", template=b"\x01\x02"), identity(1, person="Ada"), sealed=sealed)
    [record] = records_in(rows, GRACE)
    found = decode(record)
    assert isinstance(found, SampleEvent)
    assert (found.template, found.evidence.person if found.evidence else None) == (bytes(2), "Grace")


def test_tracks_of_another_camera_or_run_with_that_number_stay(sealed: bool) -> None:
    rows = Rows(
        identity(0, person="Grace", number=1),
        sample(1, track=1, person=None, camera="yard"),
        sample(2, track=1, person=None, epoch="e2"),
        sealed=sealed,
    )
    before = rows.events()
    assert erase_events(rows, GRACE) == "name overwritten in 1 events"
    assert rows.events()[1:] == before[1:]


def test_what_is_no_event_breaks_nothing(sealed: bool) -> None:
    rows = Rows(b"", b"noise", b'{"person": 5}', b"[]", identity(3, person="Grace"), sealed=sealed)
    assert erase_events(rows, GRACE) == "name overwritten in 1 events"
    assert rows.rows[1] == rows.cipher.open(rows.rows[1]) == b"noise" or sealed


def test_a_sealed_row_that_is_damaged_is_passed_over_and_one_without_its_key_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GLIMPSE_KEY", new_key())
    rows = night(sealed=True)
    rows.rows[2] = rows.rows[2][:-1] + bytes([rows.rows[2][-1] ^ 1])
    assert people_in(rows) == {"Grace"}
    monkeypatch.delenv("GLIMPSE_KEY")
    rows.cipher = StoreCipher("outbox", Path("o.db"))
    with pytest.raises(KeyNeededError):
        people_in(rows)

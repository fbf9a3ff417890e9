"""Where a name stands in an event: in the fields that hold people, in any form, and nowhere else."""

import json
from pathlib import Path

import pytest

from pipeline.erase.events import EventsStore, mask_event, people_of, spans_of_event, tracks_of
from pipeline.erase.person import Person
from pipeline.events import decode, encode
from tests.synthetic.events import camera, identity

GRACE = Person("Grace")


@pytest.mark.parametrize("name", ["Grace", "Zoë", "李雷", 'a"b', "a\\b", "😀"])
def test_the_name_gives_way_to_as_many_bytes(name: str) -> None:
    event = encode(identity(3, person=name))
    masked = mask_event(event, Person(name))
    assert len(masked) == len(event)
    assert name not in list(people_of(masked))
    assert json.loads(masked)["seq"] == 3


@pytest.mark.parametrize("name", ["Zoë", "😀"])
def test_escaped_names_are_found(name: str) -> None:
    event = json.dumps({"kind": "identity", "person": name, "previous": None}).encode()
    assert b"\\u" in event
    assert list(people_of(event)) == [name]
    assert list(people_of(mask_event(event, Person(name)))) != [name]


def test_a_camera_of_that_name_stays() -> None:
    event = encode(camera(0)).replace(b'"door"', b'"Grace"')
    assert decode(event).camera == "Grace"
    assert mask_event(event, GRACE) == event


@pytest.mark.parametrize(
    "event", [b"", b"{", b'{"person":"Gra', b'{"person":"\\ud83d"}', b'{"person":null}', b"\xff\0"]
)
def test_what_is_no_event_holds_nobody(event: bytes) -> None:
    assert spans_of_event(event, GRACE) == []
    assert "Grace" not in list(people_of(event))


def test_a_file_is_masked_line_by_line_and_a_cut_line_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    lines = [
        encode(identity(0, person="Grace")),
        encode(identity(1, person="Ada")),
        encode(identity(2, person="Grace")),
    ]
    path.write_bytes(b"\n".join(lines) + b"\n" + lines[0][:50])
    store = EventsStore()
    assert store.recognises(path)
    assert set(store.people(path)) >= {"Ada", "Grace"}
    assert {track for _, track in tracks_of(path, GRACE)} == {1}
    size = path.stat().st_size
    assert store.erase(path, GRACE).startswith("name overwritten in 2 events")
    assert path.stat().st_size == size
    assert "Grace" not in set(store.people(path))
    assert b"Ada" in path.read_bytes()
    assert store.erase(path, GRACE) == ""


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"no json", b'{"kind":"other","epoch":"e"}', b'{"kind":"track"}', b"\0" * 99]
)
def test_other_files_are_no_events(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert not EventsStore().recognises(path)

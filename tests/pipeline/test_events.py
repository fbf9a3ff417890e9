"""Events keep their shape over the wire, whatever they hold."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.events import Event, decode, encode, is_known_topic, is_of_later_version, topic, topic_of
from tests.synthetic.events import evidence, health, one_of_each, renamed, track

# Not st.text(): its tables of all Unicode take seconds to build on a fresh machine.
texts = st.binary(max_size=40).map(lambda data: data.decode("utf-8", "replace"))
brief = settings(max_examples=50, deadline=None)


@pytest.mark.parametrize(
    "event", one_of_each("Zoë Łuczak 李雷 \u202e👩🏽‍🚀 \"'\\\n"), ids=lambda event: type(event).__name__
)
def test_survives_the_wire(event: Event) -> None:
    assert decode(encode(event)) == event


def test_the_kind_comes_first_and_all_is_plain_json() -> None:
    assert [next(iter(json.loads(encode(event)))) for event in one_of_each()] == ["kind"] * 5


def test_the_time_is_text_in_utc_too_and_follows_wall_time() -> None:
    event = track(0, wall_time=1_774_745_999.12)
    assert json.loads(encode(event))["time"] == "2026-03-29T00:59:59.120+00:00"
    assert msgspec.structs.replace(event, wall_time=1_774_746_000.0).time == "2026-03-29T01:00:00.000+00:00"
    for absurd in (-1e300, 1e300):
        assert track(0, wall_time=absurd).time[4] == "-"


def test_an_event_of_an_older_node_gets_its_time() -> None:
    old = json.loads(encode(track(0, wall_time=0.0)))
    del old["time"]
    assert decode(json.dumps(old)).time == "1970-01-01T00:00:00.000+00:00"


def test_topics_end_in_a_slash() -> None:
    assert [topic(event) for event in one_of_each()] == [
        "v1/track/door/",
        "v1/identity/door/",
        "v1/camera/door/",
        "v1/health/node/",
        "v1/sample/door/",
    ]
    assert not topic_of("track", "cam10").startswith(topic_of("track", "cam1"))


def test_unknown_fields_of_later_versions_are_ignored() -> None:
    data = json.loads(encode(health(3)))
    assert decode(json.dumps({**data, "weather": "fine"})) == decode(json.dumps(data))


@pytest.mark.parametrize(("field", "value"), [("seq", -1), ("seq", "1"), ("box", [1, 2, 3]), ("action", "born")])
def test_a_field_that_does_not_fit_is_named(field: str, value: object) -> None:
    data = {**json.loads(encode(track(0))), field: value}
    with pytest.raises(msgspec.ValidationError, match=rf"\$\.{field}"):
        decode(json.dumps(data))


def test_a_later_kind_is_told_from_damage() -> None:
    later = encode(track(0)).replace(b'"kind":"track"', b'"kind":"gait"')
    assert is_of_later_version(later)
    assert not any(is_of_later_version(data) for data in (encode(track(0)), b"", b"{}", later[:-3], b'{"kind": 3}'))
    assert is_known_topic("v1/sample/door/")
    assert not any(map(is_known_topic, ("v1/gait/door/", "v1", "")))


def test_a_later_action_of_a_person_event_is_told_from_damage() -> None:
    later = encode(renamed("Ada", "Bea")).replace(b'"renamed"', b'"vanished"')
    assert is_of_later_version(later)
    assert not is_of_later_version(encode(renamed("Ada", "Bea")))
    assert not is_of_later_version(encode(track(0)).replace(b'"update"', b'"vanished"')), "v1 has no more of these"


@brief
@given(st.binary(max_size=300))
def test_decode_refuses_noise_with_its_own_errors(data: bytes) -> None:
    try:
        decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    raise AssertionError("noise was taken for an event")


@brief
@given(st.dictionaries(st.sampled_from(["kind", "seq", "box", "evidence", "node"]), st.none() | texts | st.floats()))
def test_decode_refuses_half_an_event(fields: dict[str, object]) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(json.dumps({"kind": "track", **fields}))


@brief
@given(texts, st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 2**62))
def test_any_name_number_and_seq_survives(name: str, value: float, seq: int) -> None:
    event = track(seq, score=value, evidence=evidence(name))
    assert decode(encode(event)) == event

"""An event refuses values that JSON cannot carry."""

import msgspec
import pytest

from tests.synthetic.events import evidence, health, track


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("wall_time", float("nan"), r"TrackEvent\.wall_time: expected a finite number, got nan"),
        ("box", (0.0, 0.0, float("inf"), 1.0), r"TrackEvent\.box: expected a finite number, got inf"),
        ("capture_time", float("-inf"), r"TrackEvent\.capture_time: expected a finite number, got -inf"),
        ("camera", "door\udcff", r"TrackEvent\.camera: expected Unicode text, got 'door\\udcff'"),
    ],
)
def test_an_event_that_json_cannot_carry_cannot_be_made(field: str, value: object, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        msgspec.structs.replace(track(0), **{field: value})


def test_evidence_and_health_refuse_numbers_that_are_not_finite() -> None:
    with pytest.raises(ValueError, match=r"Evidence\.score: expected a finite number, got nan"):
        msgspec.structs.replace(evidence(), score=float("nan"))
    with pytest.raises(ValueError, match=r"HealthEvent\.latency_p50"):
        msgspec.structs.replace(health(3), latency_p50=float("inf"))
    with pytest.raises(ValueError, match=r"HealthEvent\.last_seq: expected Unicode text"):
        msgspec.structs.replace(health(3), last_seq={"v1/track/\udc80/": 1})

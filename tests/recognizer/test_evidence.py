"""Pooling of a track's crops: template, independent crops, and bounded memory."""

import numpy as np
import pytest

from detectors.arrays import Float32
from recognizer.evidence import DECORRELATION_SECONDS, MAX_SAMPLES, SAME_VIEW_COSINE, Evidence, pooling_weights


def unit(seed: int, dim: int = 64) -> Float32:
    vector = np.random.default_rng(seed).normal(size=dim)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def make_evidence(count: int, *, step: float = 100.0, seed: int = 0) -> Evidence:
    evidence = Evidence()
    for number in range(count):
        assert evidence.add(unit(seed + number), weight=0.5, face_px=16, time=number * step)
    return evidence


def test_the_template_is_the_weighted_mean_direction() -> None:
    evidence = Evidence()
    evidence.add(np.array([1, 0], np.float32), weight=3.0, face_px=10, time=0)
    evidence.add(np.array([0, 5], np.float32), weight=1.0, face_px=20, time=1)
    np.testing.assert_allclose(evidence.template(), np.array([3, 1]) / np.sqrt(10), atol=1e-6)
    assert evidence.template().dtype == np.float32
    assert evidence.faces == 2
    assert evidence.median_px == 15


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_vectors_without_a_direction_are_refused(bad: float) -> None:
    evidence = Evidence()
    assert not evidence.add(np.full(4, bad, np.float32), weight=1, face_px=16, time=0)
    assert (evidence.faces, evidence.effective, evidence.median_px) == (0, 0.0, 0.0)
    with pytest.raises(ValueError, match="at least one look"):
        evidence.template()


@pytest.mark.parametrize("invalid", [{"weight": 0.0}, {"weight": -1.0}, {"weight": np.nan}, {"time": np.nan}])
def test_invalid_weights_and_times_are_refused(invalid: dict[str, float]) -> None:
    assert not Evidence().add(unit(0), **{"weight": 1.0, "face_px": 16.0, "time": 0.0, **invalid})


def test_vectors_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected shape \(64,\), got \(3,\)"):
        make_evidence(1).add(np.ones(3, np.float32), weight=1, face_px=16, time=0)


def test_different_crops_far_apart_in_time_count_fully() -> None:
    assert make_evidence(9).effective == pytest.approx(9, rel=0.01)


def test_crops_of_one_moment_count_once() -> None:
    assert make_evidence(9, step=0).effective == pytest.approx(1)


def test_identical_crops_count_once_at_any_distance_in_time() -> None:
    evidence = Evidence()
    for number in range(20):
        evidence.add(unit(1), weight=0.5, face_px=16, time=number * 1e4)
    assert evidence.effective == pytest.approx(1)
    assert evidence.faces == 20


def test_effective_follows_the_formula() -> None:
    evidence = make_evidence(2, step=DECORRELATION_SECONDS)
    correlation = (float(unit(0) @ unit(1)) - SAME_VIEW_COSINE) / (1 - SAME_VIEW_COSINE)
    assert correlation < np.exp(-1)
    assert evidence.effective == pytest.approx(4 / (2 + 2 * np.exp(-1)))


def test_memory_is_bounded_and_the_heaviest_crops_stay() -> None:
    evidence = make_evidence(MAX_SAMPLES)
    for number in range(5000):
        evidence.add(unit(number), weight=0.9 if number == 7 else 0.1, face_px=30 if number == 7 else 8, time=number)
    assert len(evidence) == MAX_SAMPLES
    assert evidence.faces == MAX_SAMPLES + 5000
    assert evidence.median_px == 16
    assert float(evidence.template() @ unit(7)) > 0.2


FAR_ERROR, NEAR_ERROR, PERSON = unit(1), unit(2), unit(3)


def add_looks(evidence: Evidence, count: int, *, px: float, likeness: float, error: Float32) -> None:
    """Looks of one view: the person, an error that they share, and a little noise of each."""
    for number in range(count):
        vector = likeness * PERSON + np.sqrt(1 - likeness**2) * error + 0.3 * unit(number + 10)
        evidence.add(vector.astype(np.float32), weight=(px / 64) ** 2, face_px=px, time=len(evidence) * 0.2)


@pytest.mark.parametrize("count", [5, 30, 100])
def test_far_looks_do_not_dilute_a_near_one(count: int) -> None:
    evidence = Evidence()
    add_looks(evidence, 1, px=40, likeness=0.8, error=NEAR_ERROR)
    alone = float(evidence.template() @ PERSON)
    add_looks(evidence, count, px=14, likeness=0.4, error=FAR_ERROR)
    assert float(evidence.template() @ PERSON) > alone - 0.02
    assert evidence.pooled_px > 30
    assert evidence.looks < 1.5
    assert evidence.largest_px == 40


def test_looks_count_what_the_crops_do_not_repeat() -> None:
    assert Evidence().looks == 0
    assert make_evidence(5).looks == pytest.approx(5)
    evidence = Evidence()
    for number in range(5):
        evidence.add(unit(0), weight=0.5, face_px=16, time=number * 100)
    assert evidence.looks == pytest.approx(1)


def test_looks_of_different_views_add_up_and_repeated_ones_do_not() -> None:
    repeated = np.repeat(unit(0)[None], 20, axis=0).astype(np.float64)
    different = np.eye(20)
    assert pooling_weights(repeated, np.ones(20)).sum() == pytest.approx(1)
    assert pooling_weights(different, np.ones(20)).sum() == pytest.approx(20)
    near_and_far = pooling_weights(repeated, np.array([1.0, *[0.1] * 19]))
    assert near_and_far[0] == pytest.approx(1, abs=0.01)
    assert near_and_far[1:].sum() < 0.1


def test_time_may_jump_back() -> None:
    evidence = make_evidence(2)
    evidence.add(unit(9), weight=1, face_px=16, time=-1e9)
    assert 1 <= evidence.effective <= 3


def test_equal_calls_give_bit_identical_templates() -> None:
    assert make_evidence(40, step=0.1).template().tobytes() == make_evidence(40, step=0.1).template().tobytes()


def test_opposite_crops_still_give_a_unit_template() -> None:
    evidence = Evidence()
    for sign in (1, -1):
        evidence.add(sign * unit(0), weight=1, face_px=16, time=sign)
    assert np.linalg.norm(evidence.template()) == pytest.approx(1, abs=1e-5)


def test_two_halves_of_a_track_agree_as_far_as_they_show_one_face() -> None:
    same, other = Evidence(), Evidence()
    for number in range(8):
        noise = 0.05 * unit(number)
        same.add(unit(100) + noise, weight=0.5, face_px=16, time=float(number))
        other.add(unit(100 + number // 4) + noise, weight=0.5, face_px=16, time=float(7 - number))
    assert same.agreement is not None
    assert other.agreement is not None
    assert same.agreement > 0.97
    assert other.agreement < 0.5


def test_too_few_samples_or_too_short_a_time_say_nothing_of_halves() -> None:
    assert Evidence().agreement is None
    assert make_evidence(3).agreement is None
    assert make_evidence(8, step=DECORRELATION_SECONDS / 8).agreement is None
    assert make_evidence(8, step=DECORRELATION_SECONDS).agreement is not None

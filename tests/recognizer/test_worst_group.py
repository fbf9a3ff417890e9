"""Thresholds that hold for the worst group: the factor, the chance that decisions state, and what is said."""

import msgspec
import numpy as np
import pytest

from configs.read import ConfigurationError, to_settings
from recognizer.base import State
from recognizer.calibration import RATES, Band, Calibration, per_comparison
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.false_names import list_false_names
from recognizer.gallery.index import GalleryIndex
from recognizer.refusal import find_refusal
from recognizer.worst_group import SENTENCES, WorstGroup, describe_groups
from tests.recognizer.test_reach import REACH

TAIL = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
WORST = WorstGroup(
    factor=4.0, group="Martians", ratio=4.0, least=3.0, most=5.0, command="c", data="d", date="2026-01-01"
)
PLAIN = Calibration(
    model_id="m",
    command="c",
    data="d",
    date="2026-01-01",
    rates=RATES,
    bands=(Band(px=8, looks=1, mean=0, std=0.1, tail=TAIL), Band(px=64, looks=1, mean=0, std=0.1, tail=TAIL)),
)
TOLD = msgspec.structs.replace(PLAIN, worst_group=WORST)
INDEX = GalleryIndex("m", np.eye(4, dtype=np.float32)[:3], ["ann", "bob", "cid"])
RULE = DecisionRule(false_alarm=0.0003, candidate_false_alarm=0.03)
MEAN = msgspec.structs.replace(RULE, groups="mean")


def evidence_of(score: float) -> Evidence:
    evidence = Evidence()
    vector = np.array([score, 0, 0, (1 - score**2) ** 0.5], np.float32)
    evidence.add(vector, weight=1, face_px=40, time=0)
    return evidence


def test_the_default_asks_for_a_rate_that_is_lower_by_the_factor() -> None:
    worst = decide(evidence_of(0.55), INDEX, RULE, TOLD)
    assert worst.threshold == pytest.approx(PLAIN.threshold(40, 1, per_comparison(0.0003 / 4, 3)))
    assert decide(evidence_of(0.55), INDEX, MEAN, TOLD).threshold == pytest.approx(0.5, abs=0.001)
    strict = msgspec.structs.replace(MEAN, false_alarm=0.0003 / 4, candidate_false_alarm=0.03 / 4)
    assert decide(evidence_of(0.55), INDEX, strict, TOLD).threshold == worst.threshold


def test_what_the_mean_names_may_be_too_little_for_the_worst_group() -> None:
    assert decide(evidence_of(0.52), INDEX, MEAN, TOLD).state is State.NAMED
    found = decide(evidence_of(0.52), INDEX, RULE, TOLD)
    assert found.state is State.CANDIDATE
    assert found.reasons[0].startswith("score 0.52 below 0.5")


@pytest.mark.parametrize("score", [0.35, 0.5, 0.6])
def test_the_stated_chance_is_that_of_the_worst_group(score: float) -> None:
    worst, mean = (decide(evidence_of(score), INDEX, rule, TOLD).false_alarm for rule in (RULE, MEAN))
    assert worst == pytest.approx(4 * mean)


def test_a_chance_is_at_most_one() -> None:
    assert decide(evidence_of(0.01), INDEX, RULE, TOLD).false_alarm == 1.0


def test_a_score_at_the_threshold_has_the_chance_that_was_asked_for() -> None:
    threshold = decide(evidence_of(0.55), INDEX, RULE, TOLD).threshold
    assert decide(evidence_of(threshold), INDEX, RULE, TOLD).false_alarm == pytest.approx(0.0003, rel=0.01)


def test_reasons_say_for_whom_the_threshold_holds() -> None:
    assert SENTENCES["worst"] in decide(evidence_of(0.52), INDEX, RULE, TOLD).reasons
    assert SENTENCES["mean"] in decide(evidence_of(0.52), INDEX, MEAN, TOLD).reasons


def test_without_the_part_both_settings_are_as_before() -> None:
    worst, mean = (decide(evidence_of(0.52), INDEX, rule, PLAIN) for rule in (RULE, MEAN))
    assert worst == mean
    assert worst.threshold == pytest.approx(0.5, abs=0.001)
    assert not set(SENTENCES.values()).intersection(worst.reasons)


def test_a_site_list_asks_for_the_worst_group_too() -> None:
    rule = msgspec.structs.replace(RULE, site_list=("ann",))
    found = decide(evidence_of(0.9), INDEX, rule, TOLD)
    plain = decide(evidence_of(0.9), INDEX, rule, PLAIN)
    assert found.threshold > plain.threshold


def test_refusals_follow_the_rate_that_is_asked_for_the_worst_group() -> None:
    told = msgspec.structs.replace(TOLD, reach=REACH)
    asked = [rule.asked(told, 900) for rule in (DecisionRule(), DecisionRule(groups="mean"))]
    assert [one.rate < RATES[-1] for one in asked] == [True, False]
    assert find_refusal(told, asked[1], 12, 1) == ""
    assert "a false alarm of 0.001 with 900 faces" in find_refusal(told, asked[0], 12, 1)


def test_false_names_a_day_are_those_of_the_mean_at_the_threshold_of_the_worst_group() -> None:
    told = msgspec.structs.replace(TOLD, reach=REACH)
    rows = {
        groups: list(list_false_names(told, [10**6], false_alarm=0.001, strangers_a_day=5000, groups=groups))
        for groups in ("worst", "mean")
    }
    for worst, mean in zip(rows["worst"], rows["mean"], strict=True):
        assert worst.threshold > mean.threshold
        assert worst.a_day == pytest.approx(mean.a_day / 4, rel=0.1)


@pytest.mark.parametrize(
    ("worst", "groups", "said"),
    [
        (WORST, "worst", "for the worst group measured (Martians), 4 times stricter than for the mean"),
        (WORST, "mean", "for the mean; 4 times as many of the worst group (Martians) may be named wrongly"),
        (None, "worst", "for people on the whole: the calibration holds no factor for a group"),
    ],
)
def test_what_is_said_of_groups(worst: WorstGroup | None, groups: str, said: str) -> None:
    assert describe_groups(worst, groups) == said  # type: ignore[arg-type]


@pytest.mark.parametrize("groups", ["best", "", None, 1])
def test_other_groups_are_refused(groups: object) -> None:
    with pytest.raises(ConfigurationError, match="groups"):
        to_settings({"groups": groups}, DecisionRule)


@pytest.mark.parametrize("factor", [0.5, 0, -1, float("nan"), float("inf"), "high"])
def test_a_factor_below_one_is_refused(factor: object) -> None:
    plain = msgspec.to_builtins(TOLD)
    plain["worst_group"]["factor"] = factor
    with pytest.raises(ConfigurationError, match="factor"):
        to_settings(plain, Calibration)

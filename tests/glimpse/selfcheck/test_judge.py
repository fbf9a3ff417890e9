"""Which figures are findings, and that chances are those of a site without a fault."""

import numpy as np
import pytest

from glimpse.selfcheck.expected import Figure
from glimpse.selfcheck.judge import Checked, find_faults
from glimpse.selfcheck.separation import Separation
from glimpse.selfcheck.summary import STRANGERS, Mean, Summary
from glimpse.selfcheck.tail import TailCount
from pipeline.site.selfcheck_file import Usual

ALARM = 0.01
RANDOM = np.random.default_rng(0)
APART = Separation(np.full(50, 0.8), RANDOM.normal(0.05, 0.1, 500), together=True)


def mean(value: float, error: float = 0.02, *, plain: float | None = None, sites: float = 0.05) -> Mean:
    return Mean(value, error, 100, value if plain is None else plain, sites)


def found(means: dict[str, Mean], separation: Separation = APART, tails: list[TailCount] | None = None) -> list[str]:
    """Kinds of the findings of one camera. Its clean nights had a figure of 0."""
    usual = {name: Usual(means=(0.01, 0.0, -0.01), tracks=300) for name in [*Figure, STRANGERS]}
    summary = Summary("door", 100, 24.0, means, separation)
    checked = Checked([summary], tails or [], None, {"door": usual})
    return [fault.kind for fault in find_faults(checked, false_alarm=ALARM)]


def test_usual_figures_are_no_finding() -> None:
    assert found({name: mean(0.0, plain=0.2) for name in [*Figure, STRANGERS]}) == []


@pytest.mark.parametrize(
    ("figure", "value", "kind"),
    [
        (Figure.SHARPNESS, -0.5, "blur"),
        (Figure.LENGTH, -0.5, "reading"),
        (Figure.AGREEMENT, -0.3, "same person"),
        (STRANGERS, 0.3, "strangers"),
    ],
)
def test_what_falls_or_rises_the_wrong_way_is_found_and_the_other_way_is_not(
    figure: str, value: float, kind: str
) -> None:
    assert found({figure: mean(value)}) == [kind]
    assert found({figure: mean(-value)}) == []
    assert found({figure: mean(value, error=1.0)}) == []


def test_colours_are_judged_by_which_reads_better_alone() -> None:
    assert found({"colour": mean(0.0, plain=-0.2)}) == ["colour"]
    assert found({"colour": mean(-0.2, plain=0.05)}) == []
    assert found({"colour": mean(0.0, error=0.0, plain=0.0)}) == []


def test_faces_beside_the_middle_are_found_on_any_site_and_sooner_against_ones_own() -> None:
    assert found({"across": mean(0.5), "down": mean(0.5)}) == ["shift", "shift"]
    assert found({"across": mean(0.25), "down": mean(0.1)}) == ["shift"]
    assert found({"across": mean(0.05), "down": mean(-0.05)}) == []


def test_a_fault_of_the_program_shows_on_all_cameras_together() -> None:
    noisy = {"across": mean(0.5, error=0.2), "down": mean(0.5, error=0.2)}
    cameras = [Summary(f"camera {number}", 100, 40.0, noisy, APART) for number in range(4)]
    faults = find_faults(Checked(cameras, [], None, {}), false_alarm=ALARM)
    assert [(fault.camera, fault.kind) for fault in faults] == [("", "shift")]


def test_people_who_are_no_more_alike_to_themselves_do_not_separate() -> None:
    mixed = Separation(RANDOM.normal(0.1, 0.1, 60), RANDOM.normal(0.05, 0.1, 500), together=True)
    assert found({}, mixed) == ["separation"]


def test_strangers_above_thresholds_count_both_ways() -> None:
    for ratio in (1.2, -1.2):
        assert found({}, tails=[TailCount(0.1, 100, 400.0, ratio, 0.1)]) == ["calibration"]
    assert found({}, tails=[TailCount(0.1, 400, 400.0, 0.3, 0.1)]) == []


def test_a_camera_without_clean_nights_is_not_compared_with_them() -> None:
    summary = Summary("door", 100, 24.0, {Figure.SHARPNESS: mean(-0.5)}, APART)
    few = {"door": {Figure.SHARPNESS.value: Usual(means=(0.0, 0.0), tracks=200)}}
    assert find_faults(Checked([summary], [], None, few), false_alarm=ALARM) == []


def test_a_thousand_clean_sites_are_suspected_as_rarely_as_asked() -> None:
    random, wrong = np.random.default_rng(1), 0
    for _ in range(1000):
        nights = random.normal(0, 0.025, (4, 1)) + random.normal(0, 0.02, (4, 1))
        usual = {figure.value: Usual(means=tuple(nights[:3, 0]), tracks=300) for figure in Figure}
        means = {Figure.SHARPNESS.value: mean(float(nights[3, 0])), Figure.LENGTH.value: mean(float(nights[3, 0]))}
        checked = Checked([Summary("door", 100, 24.0, means, APART)], [], None, {"door": usual})
        wrong += bool(find_faults(checked, false_alarm=ALARM))
    assert wrong <= 20

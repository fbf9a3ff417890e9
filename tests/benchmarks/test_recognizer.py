"""Rates of recognisers as ratios to a reference."""

from benchmarks.recognizer import Contestant, list_rates


def contestant(name: str, *seconds: float) -> Contestant:
    return Contestant(name, 8, 1, lambda: None, list(seconds))


def test_the_median_turn_counts_and_ratios_are_to_the_reference() -> None:
    rows = list_rates([contestant("small", 0.001, 0.001, 0.5), contestant("large", 0.002)], "large")
    assert rows == [["small", "8", "1", "1,000", "2.0"], ["large", "8", "1", "500", "1.0"]]


def test_without_a_reference_there_is_no_ratio() -> None:
    assert list_rates([contestant("small", 0.001)], "") == [["small", "8", "1", "1,000", ""]]

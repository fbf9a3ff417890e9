"""Decides whether a fitted student is installed: it must win on another day, and nothing else may get worse."""

from collections.abc import Mapping
from dataclasses import dataclass

from distill.site.false_names import FalseNames
from distill.site.measure import Shares

ONE_VISIT, TWO_VISITS, ORDINARY = "one visit", "another day", "general test"
STRANGERS_OF_SITE, STRANGERS_OF_TEST = "strangers of the site", "strangers of the general test"


@dataclass(frozen=True, slots=True)
class Findings:
    """What was measured. shares: by the set of pairs (ONE_VISIT and so on) of all sizes alike; TWO_VISITS is missing
    where too few people came twice.  false_names: by the set of strangers.  is_better: for those who choose."""

    shares: Mapping[str, Shares]
    false_names: Mapping[str, FalseNames]
    is_better: bool


def find_objections(found: Findings) -> list[str]:
    """Why a student is not installed, in sentences; nothing where it is."""
    objections = [] if found.is_better else ["No fit was better than the shipped student for those who choose."]
    must_win = TWO_VISITS if TWO_VISITS in found.shares else ONE_VISIT
    if not found.shares[must_win].wins:
        low = 100 * found.shares[must_win].low
        objections.append(
            f"The gain of {must_win} must be above 0 with 95 % confidence, and its lower end is {low:+.1f} points."
        )
    objections += [_lost(name, one) for name, one in found.shares.items() if name != must_win and one.loses]
    objections += [_more(name, one) for name, one in found.false_names.items() if one.rise]
    return objections


def _lost(name: str, shares: Shares) -> str:
    return f"Fewer are named right in {name}: {100 * (shares.after - shares.before):+.1f} points."


def _more(name: str, false: FalseNames) -> str:
    return (
        f"More {name} reach the threshold of {100 * false.rate:g} %: {false.after} of {false.comparisons:,} comparisons"
        f" instead of {false.before}."
    )

"""How a name that is only possible is written, so that nobody takes it for one that was given."""

from pipeline.events import Evidence
from recognizer.base import State


def format_candidate(evidence: Evidence | None) -> str:
    """`candidate: Ada (p 0.004)` for a track's possible name; empty where it has none.

    p: the chance that a stranger reaches this score with anybody enrolled.
    """
    if evidence is None or evidence.state != State.CANDIDATE or evidence.person is None:
        return ""
    chance = evidence.false_alarm
    return f"candidate: {evidence.person}" + ("" if chance is None else f" (p {format_chance(chance)})")


def format_chance(chance: float) -> str:
    """A probability with two figures; below a millionth as a bound."""
    return f"{chance:.2g}" if chance >= 1e-6 else "below 1e-06"

"""Times, durations, decisions and tracks as text for the report."""

import re

from pipeline.events import Evidence
from pipeline.sinks.report.records import NameChange, TrackRecord
from pipeline.site.site_time import clock
from recognizer.base import State
from recognizer.worst_group import SENTENCES, WORST

# What a card shows as figures already; a second threshold or median beside them would only confuse.
_REPEATED = re.compile(
    r"(nearest )?score -?[\d.]+ below .*|\d+ faces?, median .*|nobody is enrolled"
    rf"|{'|'.join(SENTENCES.values())}"
)
_END_REASONS = {"lost": "left view", "stopped": "run stopped"}


def format_clock(seconds: float, *, live: bool = False, tenths: bool = True) -> str:
    """Format a position in a recording (1:02.5, 1:00:02.5), or Unix seconds of a live camera as time of day."""
    if live:
        return clock(seconds)
    whole, tenth = divmod(round(max(0.0, seconds) * 10), 10)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"{text}.{tenth}" if tenths else text


def format_duration(seconds: float) -> str:
    """Format a duration: 4.2 s, 3 min 20 s, 2 h 5 min."""
    seconds = max(0.0, seconds)  # negative when the system clock was set back
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def has_rival(evidence: Evidence) -> bool:
    """Whether another enrolled person is similar at all: without one, the lead is the whole score."""
    return evidence.margin < evidence.score


def explain_decision(record: TrackRecord) -> str:
    """Explain the decision and its evidence in one or two sentences."""
    evidence = record.evidence
    if evidence is None:
        return "Not compared with anybody: no picture was good enough, or the run had no recogniser."
    if "nobody is enrolled" in evidence.reasons:
        return "Not compared with anybody: nobody is enrolled."
    faces = "1 picture" if evidence.faces == 1 else f"{evidence.faces} pictures"
    basis = f"Based on {faces}, counted as {evidence.effective:.1f} independent."
    person, score, threshold = evidence.person, f"{evidence.score:.2f}", f"{evidence.threshold:.2f}"
    if record.state is State.NAMED:
        lead = (
            f", {evidence.margin:.2f} ahead of the next person" if has_rival(evidence) else "; nobody else is similar"
        )
        return f"Named {person}: score {score} reached the {threshold} needed at this face size{lead}. {basis}"
    if record.state is State.AMBIGUOUS:
        return f"Not named: {person} scored {score}, but the next person is only {evidence.margin:.2f} behind. {basis}"
    if record.state is State.CANDIDATE:
        return f"Not named. {person} is nearest; {_explain_shortfall(evidence)}. {_explain_chance(evidence)}{basis}"
    if evidence.score <= 0:
        return f"Nobody enrolled is similar. {basis}"
    return f"Nobody enrolled is similar: the best score was {score}, and {threshold} was needed. {basis}"


def describe_track(record: TrackRecord, *, live: bool = False) -> str:
    """Describe a track in one line, for the tooltip of its bar."""
    first, last = (record.first_wall, record.last_wall) if live else (record.first, record.last)
    mark = "" if record.state is State.NAMED else "?"
    person = record.state.value if record.person is None else f"{record.person}{mark} ({record.state.value})"
    times = f"{format_clock(first, live=live)} to {format_clock(last, live=live)}"
    score = f", score {record.evidence.score:.2f}" if record.evidence else ""
    return f"Track {record.track}: {person}, {times}, median face {record.median_px:.0f} px{score}"


def describe_change(change: NameChange) -> str:
    """Describe a change of name."""
    score = f"score {change.score:.2f}"
    if change.person is None:
        return f"name {change.previous} retracted ({score})"
    if change.previous is None:
        return f"named {change.person} ({score})"
    return f"renamed from {change.previous} to {change.person} ({score})"


def describe_reasons(evidence: Evidence) -> list[str]:
    """The reasons that say more than the figures of the card, in plain words."""
    reasons = [reason for reason in evidence.reasons if not _REPEATED.fullmatch(reason)]
    return [reason.replace("independent looks", "independent pictures") for reason in reasons]


def describe_warnings(evidence: Evidence) -> list[str]:
    """What was seen that changed no decision, as sentences."""
    return [f"{warning[:1].upper()}{warning[1:]}." for warning in evidence.warnings]


def describe_end(record: TrackRecord) -> str:
    """How a track ended."""
    if not record.ended:
        return "still in view"
    return _END_REASONS.get(record.end_reason, record.end_reason)


def format_odds(chance: float) -> str:
    """A small probability as a count: 0.0042 as 1 in 240."""
    if chance < 1e-6:
        return "fewer than 1 in a million"
    count = 1 / chance
    digits = 10 ** max(0, len(str(int(count))) - 2)
    return f"1 in {max(2, round(count / digits) * digits):,}"


def _explain_chance(evidence: Evidence) -> str:
    """How often a stranger would be as similar to somebody enrolled; empty where the run did not tell."""
    if evidence.false_alarm is None:
        return ""
    strangers = "strangers of the worst group measured" if SENTENCES[WORST] in evidence.reasons else "strangers"
    return f"Of {strangers}, {format_odds(evidence.false_alarm)} would reach this score. "


def _explain_shortfall(evidence: Evidence) -> str:
    score, threshold = f"{evidence.score:.2f}", f"{evidence.threshold:.2f}"
    if evidence.score < evidence.threshold:
        return f"score {score} is below the {threshold} needed at this face size"
    return f"score {score} would reach the {threshold} needed, but there is too little evidence"

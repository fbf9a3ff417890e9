"""Decisions as sentences: what a person can read out to whoever asks why the system said so."""

from datetime import UTC, datetime

from pipeline.events import Evidence
from pipeline.sinks.report.records import Change, TrackRecord
from recognizer.base import State


def clock(seconds: float, *, live: bool = False, tenths: bool = True) -> str:
    """A moment: 1:02.5 into a recording (1:00:02.5 from the first hour on), or the UTC time of day of a live camera."""
    if live:
        return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")
    whole, tenth = divmod(round(max(0.0, seconds) * 10), 10)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"{text}.{tenth}" if tenths else text


def length(seconds: float) -> str:
    """A duration: 4.2 s, 3 min 20 s, 2 h 5 min."""
    seconds = max(0.0, seconds)  # wall clocks are set back now and then
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def verdict(record: TrackRecord) -> str:
    """The decision and its grounds in one or two sentences."""
    known = record.evidence
    if known is None:
        return "Compared with nobody: no crop of it was good enough, or the run had no recogniser."
    looks = f"Judged from {_count(known.faces, 'face')} worth {known.effective:.1f} independent looks."
    person, score, needed = known.person, f"{known.score:.2f}", f"{known.threshold:.2f}"
    if record.state is State.NAMED:
        lead = f"{known.margin:.2f} ahead of the next person"
        return f"Named {person}: score {score} reached the {needed} needed at this face size, {lead}. {looks}"
    if record.state is State.AMBIGUOUS:
        return f"Not named: {person} scored {score}, but the next person is only {known.margin:.2f} behind. {looks}"
    if record.state is State.CANDIDATE:
        return f"Not named. {person} is nearest; {_shortfall(known)}. {looks}"
    if known.score <= 0:
        return f"Nobody enrolled is near. {looks}"
    return f"Nobody enrolled is near: the best score was {score} where {needed} was needed. {looks}"


def spoken(record: TrackRecord, *, live: bool = False) -> str:
    """A track in one line, for whoever points at its bar."""
    first, last = (record.first_wall, record.last_wall) if live else (record.first, record.last)
    who = record.state.value if record.person is None else f"{record.person} ({record.state.value})"
    when = f"{clock(first, live=live)} to {clock(last, live=live)}"
    score = f", score {record.evidence.score:.2f}" if record.evidence else ""
    return f"Track {record.track}: {who}, {when}, median face {record.median_px:.0f} px{score}"


def changed(change: Change) -> str:
    """A change of name in words."""
    grounds = f"score {change.score:.2f}"
    if change.person is None:
        return f"name {change.previous} taken back ({grounds})"
    if change.previous is None:
        return f"named {change.person} ({grounds})"
    return f"renamed from {change.previous} to {change.person} ({grounds})"


def _shortfall(known: Evidence) -> str:
    score, needed = f"{known.score:.2f}", f"{known.threshold:.2f}"
    if known.score < known.threshold:
        return f"score {score} is below the {needed} needed at this face size"
    return f"score {score} would reach the {needed} needed, but the evidence is too thin"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"

"""What `glimpse evaluate` prints: tables and sentences for people, one object for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from glimpse.evaluation.attribution import Answer
from glimpse.evaluation.counts import CountRow, count_all
from glimpse.evaluation.evaluate import Advice, Evaluation, SizeRow
from glimpse.evaluation.recording import RecordingEvaluation
from glimpse.evaluation.trial import Result, Trial
from pipeline.sinks.report.describe import format_clock
from recognizer.gallery.names import printable

SHOWN = 20  # wrong names and files left out, at most


def describe_evaluation(done: Evaluation, advice: Advice) -> Iterator[RenderableType]:
    """The table by face size, then sentences, the most important first."""
    yield _sizes_table(done)
    yield _describe_people(done)
    yield _describe_strangers(done)
    yield from _shorten([_describe_wrong(trial) for trial in done.wrong], "wrong names")
    yield from _shorten([f"left out: {each.source}: {each.reason}" for each in done.left_out], "files left out")
    yield f"Judged with decision.false_alarm {done.false_alarm:g}, {done.enrolled} enrolled, model {done.model_id}."
    if done.of_people:
        yield from _describe_advice(advice)


def evaluation_to_json(done: Evaluation, advice: Advice) -> dict[str, Any]:
    """The same as plain data; docs/commands.md describes it."""
    return {
        "false_alarm": done.false_alarm,
        "enrolled": done.enrolled,
        "model_id": done.model_id,
        "people": {"faces": len(done.of_people), **{_key(result): done.count(result) for result in Result}},
        "strangers": asdict(done.strangers) if done.strangers else None,
        "sizes": [asdict(row) for row in done.sizes],
        "wrong": [_trial_to_json(trial) for trial in done.wrong],
        "left_out": [asdict(each) for each in done.left_out],
        "advice": asdict(advice),
    }


def describe_recording(done: RecordingEvaluation) -> Iterator[RenderableType]:
    """A row for each line of the table of truth, counts by size and camera, then what was wrong."""
    several = len({answer.clip for answer in done.answers}) > 1
    table = Table(*["clip"] * several, "who", "from", "to", "result", box=None, pad_edge=False)
    for answer in done.answers:
        who = answer.presence.person
        times = (_clock(answer.presence.first), _clock(answer.presence.last))
        name = Text(printable(who) if who else "a stranger")
        table.add_row(*[Text(answer.clip)] * several, name, *times, _describe_answer(answer))
    yield table
    yield _counts_table("face height", done.sizes)
    if several:
        yield _counts_table("camera or clip", done.cameras)
    yield f"{done.named} of {len(done.people)} named; {_count(done.tracks, 'face')} followed."
    yield from _describe_recorded_strangers(done)
    for false in done.false_names:
        times_seen = f"{_clock(false.first)} to {_clock(false.last)}"
        called = f"{f'{false.clip}, ' if several else ''}{printable(false.person)}, {times_seen}"
        yield Text(f"wrong: {called}, face {false.face_px:.0f} px, track {false.track}", "red")
    if not done.false_names and not any(answer.wrong for answer in done.answers):
        yield "Nobody was called a name that is not in the table then."
    if done.left_out:
        yield f"{_count(done.left_out, 'row')} of the table left out: of other times or cameras."


def _describe_recorded_strangers(done: RecordingEvaluation) -> Iterator[str]:
    asked = f"Judged with decision.false_alarm {done.false_alarm:g}: of strangers, {_percent(done.false_alarm)} may be"
    row = count_all(done.strangers)
    if not row.strangers:
        yield f"{asked} named. The table has no strangers, so how many are was not seen."
        return
    low, high = row.strangers_interval
    seen = f"{row.strangers_named} of {row.strangers} were"
    yield f"{asked} named; {seen} (95 % interval of the share: {_percent(low)} to {_percent(high)})."


def _counts_table(head: str, rows: Sequence[CountRow]) -> Table:
    strangers = ("strangers", "given a name") if any(row.strangers for row in rows) else ()
    table = Table(head, "named rightly", "95 % interval", "wrongly", "missed", *strangers, box=None, pad_edge=False)
    for row in rows:
        low, high = row.right_interval
        share = f"{100 * low:.0f} to {100 * high:.0f} %" if row.people else ""
        cells = (row.label, str(row.right), share, str(row.wrong), str(row.missed))
        table.add_row(*cells, *(map(str, (row.strangers, row.strangers_named)) if strangers else ()))
    return table


def recording_to_json(done: RecordingEvaluation) -> dict[str, Any]:
    """The same as plain data; docs/commands.md describes it."""
    return {
        "false_alarm": done.false_alarm,
        "tracks": done.tracks,
        "people": len(done.people),
        "named": done.named,
        "answers": [_answer_to_json(answer) for answer in done.answers],
        "false_names": [asdict(name) for name in done.false_names],
        "sizes": [_row_to_json(row) for row in done.sizes],
        "cameras": [_row_to_json(row) for row in done.cameras],
        "left_out": done.left_out,
    }


def _answer_to_json(answer: Answer) -> dict[str, Any]:
    presence = answer.presence
    return {
        "person": presence.person,
        "first": presence.first,
        "last": presence.last,
        "named_at": answer.named_at,
        "face_px": answer.face_px,
        "result": answer.verdict,
        "wrong": answer.wrong,
        "clip": answer.clip,
        "line": presence.line,
    }


def _row_to_json(row: CountRow) -> dict[str, Any]:
    intervals = {name: getattr(row, f"{name}_interval") for name in ("right", "wrong", "strangers")}
    return asdict(row) | {f"{name}_interval": interval for name, interval in intervals.items()}


def _sizes_table(done: Evaluation) -> Table:
    heads = ("face height", "named rightly", "wrongly", "not named")
    strangers = ("strangers", "given a name") if done.of_strangers else ()
    table = Table(*heads, *strangers, box=None, pad_edge=False)
    for row in done.sizes:
        cells = (row.right, row.wrong, row.not_named, row.strangers, row.strangers_named)
        table.add_row(_describe_size(row), *map(str, cells[: len(heads) + len(strangers) - 1]))
    return table


def _describe_size(row: SizeRow) -> str:
    if row.to_px is None:
        return f"{row.from_px} px and more"
    return f"{row.from_px} to {row.to_px} px" if row.from_px else f"below {row.to_px} px"


def _describe_people(done: Evaluation) -> str:
    counts = ", ".join(f"{done.count(result)} {_in_words(result)}" for result in Result)
    return f"{_count(len(done.of_people), 'face')} of people: {counts}."


def _describe_strangers(done: Evaluation) -> Text | str:
    seen = done.strangers
    if seen is None:
        return Text(
            "No strangers were judged: how many of them get a name is not known. Add --strangers DIR.", "yellow"
        )
    counts = f"{seen.named} of {_count(seen.faces, 'face')} of {_count(seen.people, 'stranger')} got a name"
    if not seen.named:
        return f"{counts}: with 95 % confidence fewer than {_percent(seen.high)} do (rule of three)."
    return f"{counts}: {_percent(seen.share)}, 95 % interval {_percent(seen.low)} to {_percent(seen.high)}."


def _describe_advice(advice: Advice) -> Iterator[str]:
    wished = f"at most {_percent(advice.wished)} of strangers named"
    if advice.false_alarm is None:
        yield f"For {wished}: no setting gives it. Is one of the strangers enrolled?"
        return
    yield (
        f"For {wished}: --false-alarm {advice.false_alarm:g}, or in a configuration `decision: {{false_alarm: "
        f"{advice.false_alarm:g}}}`; {_percent(advice.right_share)} of the people's faces are named rightly then."
    )
    if not advice.proven:
        yield f"Too few strangers to show that: {advice.strangers_needed:,} are needed; it rests on the calibration."


def _describe_wrong(trial: Trial) -> Text:
    who = f"{printable(trial.person)}" if trial.person is not None else "a stranger"
    names = " and ".join(printable(name) for name in trial.names)
    return Text(f"wrong: {trial.source}: {who}, {trial.face_px:.0f} px, was called {names}", "red")


def _describe_answer(answer: Answer) -> Text:
    if answer.wrong:
        return Text(f"called {' and '.join(map(printable, answer.wrong))}", "red")
    if answer.presence.person is None:
        return Text("")
    if answer.named_at is None:
        return Text("not named", "yellow")
    after = max(0.0, answer.named_at - answer.presence.first)
    return Text(f"named after {after:.1f} s, face {answer.face_px:.0f} px", "green")


def _shorten(lines: list[RenderableType], what: str) -> Iterator[RenderableType]:
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"… and {len(lines) - SHOWN} more {what}: --json lists all."


def _trial_to_json(trial: Trial) -> dict[str, Any]:
    return {"source": trial.source, "person": trial.person, "face_px": trial.face_px, "names": trial.names}


def _in_words(result: Result) -> str:
    words = {Result.RIGHT: "named rightly", Result.WRONG: "wrongly", Result.NOT_FOUND: "not found in the picture"}
    return words.get(result, str(result))


def _key(result: Result) -> str:
    return result.value.replace(" ", "_")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _clock(seconds: float) -> str:
    return format_clock(seconds, live=False)

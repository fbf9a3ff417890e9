"""A folder with a page of every error of an evaluation: who it was, what was said, and a picture."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from glimpse.evaluation.attribution import Answer, Verdict
from glimpse.evaluation.counts import CountRow
from glimpse.evaluation.recording import FalseName, RecordingEvaluation
from pipeline.secrets.private_files import make_private_folder, replace_private
from pipeline.sinks.report.describe import format_clock
from pipeline.sinks.spreadsheet import plain_cell
from recognizer.gallery.names import printable

PAGE, TABLE, PICTURES = "index.html", "errors.csv", "pictures"
COLUMNS = ("clip", "who", "from", "to", "face_px", "result", "called", "picture")
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}"
    "img{max-width:100%;height:auto;display:block}article{border-top:1px solid #999;padding:1rem 0}"
)


@dataclass(frozen=True, slots=True)
class ShownError:
    """One error. who: who it really was.  called: the names that it got.  picture: JPEG; None: there is none."""

    clip: str
    who: str
    first: float
    last: float
    face_px: float | None
    result: str
    called: str
    picture: bytes | None


def check_report_folder(folder: Path) -> None:
    """Make the folder before the work begins. Raises ValueError where it holds something: no report replaces another.

    Raises OSError where it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"--report {folder}: expected a new or empty folder")
    make_private_folder(folder)


def write_report(folder: Path, done: RecordingEvaluation) -> int:
    """Write the page, a table and the pictures, for their owner only; returns how many errors. Raises OSError."""
    errors = list(list_errors(done))
    make_private_folder(folder / PICTURES)
    names = [f"{number:04d}.jpg" if error.picture else "" for number, error in enumerate(errors, 1)]
    for name, error in zip(names, errors, strict=True):
        if error.picture:
            replace_private(folder / PICTURES / name, error.picture)
    replace_private(folder / TABLE, _table(errors, names).encode())
    replace_private(folder / PAGE, _page(done, errors, names).encode())
    return len(errors)


def list_errors(done: RecordingEvaluation) -> Iterator[ShownError]:
    """Wrong names first, then people who were missed."""
    shown = {(answer.clip, track) for answer in done.answers if answer.wrong for track in answer.tracks}
    for answer in done.answers:
        if answer.verdict is Verdict.WRONG:
            yield _of_answer(answer, done)
    for name in done.false_names:
        if (name.clip, name.track) not in shown:
            yield _of_false_name(name, done)
    for answer in done.answers:
        if answer.verdict is Verdict.MISSED:
            yield _of_answer(answer, done)


def _of_answer(answer: Answer, done: RecordingEvaluation) -> ShownError:
    presence = answer.presence
    who = printable(presence.person) if presence.person else "a stranger"
    called = " and ".join(map(printable, answer.wrong))
    times = presence.first, presence.last
    return ShownError(answer.clip, who, *times, answer.face_px, answer.verdict.value, called, _picture(answer, done))


def _of_false_name(name: FalseName, done: RecordingEvaluation) -> ShownError:
    picture = done.pictures.face(name.clip, name.track) if done.pictures else None
    who, called = "nobody of the table", printable(name.person)
    return ShownError(name.clip, who, name.first, name.last, name.face_px, Verdict.WRONG.value, called, picture)


def _picture(answer: Answer, done: RecordingEvaluation) -> bytes | None:
    """The face, where one was followed; else the scene in the middle of the time."""
    if done.pictures is None:
        return None
    faces = (done.pictures.face(answer.clip, track) for track in answer.tracks)
    return next(filter(None, faces), None) or done.pictures.scene(answer.clip, answer.presence.line)


def _table(errors: Sequence[ShownError], names: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for error, name in zip(errors, names, strict=True):
        times = (f"{error.first:.2f}", f"{error.last:.2f}")
        size = "" if error.face_px is None else f"{error.face_px:.1f}"
        clip, who, called = map(plain_cell, (error.clip, error.who, error.called))
        writer.writerow((clip, who, *times, size, error.result, called, name))
    return text.getvalue()


def _page(done: RecordingEvaluation, errors: Sequence[ShownError], names: Sequence[str]) -> str:
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Errors</title><style>{STYLE}</style>',
        f"<h1>{len(errors)} error{'s' * (len(errors) != 1)}</h1>",
        f"<p>Judged with decision.false_alarm {done.false_alarm:g}. These pictures show people: keep them private.</p>",
        _counts("face height", done.sizes),
        _counts("camera", done.cameras),
        *(_article(error, name) for error, name in zip(errors, names, strict=True)),
    ]
    return "\n".join(parts) + "\n"


def _counts(head: str, rows: Sequence[CountRow]) -> str:
    heads = (head, "named rightly", "wrongly", "missed", "strangers", "of them named")
    cells = [(row.label, row.right, row.wrong, row.missed, row.strangers, row.strangers_named) for row in rows]
    lines = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in cells)
    return f"<table><tr>{''.join(f'<th>{text}</th>' for text in heads)}</tr>{lines}</table>"


def _article(error: ShownError, name: str) -> str:
    said = f"called {error.called}" if error.called else "not named"
    size = "size not known" if error.face_px is None else f"{error.face_px:.0f} px"
    times = f"{format_clock(error.first, live=False)} to {format_clock(error.last, live=False)}"
    alt = escape(f"{error.who}, {said}", quote=True)
    image = f'<img src="{PICTURES}/{name}" alt="{alt}">' if name else "<p>No picture was kept.</p>"
    line = f"{error.clip}, {times}: {error.who}, {size}, {said}"
    return f"<article><p><strong>{error.result}</strong> {escape(line)}</p>{image}</article>"

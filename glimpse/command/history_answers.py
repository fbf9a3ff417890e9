"""Prints tracks of a history and the hits of a search: lines for people, objects for programs."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

from glimpse.command.new_command import write_json
from pipeline.events import Event
from pipeline.history.audit import AuditEntry
from pipeline.history.corrections.correction import Corrected
from pipeline.history.reader import TrackRow
from pipeline.history.search import Found, Hit
from pipeline.site.site_time import local, stamp
from pipeline.watch import describe
from recognizer.gallery.names import printable

SURE_STRANGERS = 0.01  # fewer than this by chance: a hit is shown in green


def print_found(found: Found, *, as_json: bool) -> None:
    """Print the hits of a search, a line or an object each, and for people how much was compared."""
    for hit in found.hits:
        _print_hit(hit, as_json=as_json)
    if as_json:
        return
    others = f"; {found.others} of other recognisers were not" if found.others else ""
    _print(Text(f"{found.compared} templates compared{others}", style="dim"))


def _print_hit(hit: Hit, *, as_json: bool) -> None:
    figures: dict[str, Any] = {
        "score": round(hit.score, 4),
        "chance": float(f"{hit.chance:.3g}"),
        "strangers": float(f"{hit.strangers:.3g}"),
        "looks": round(hit.looks, 2),
        "pooled_px": round(hit.pooled_px, 1),
    }
    if as_json:
        write_json(as_object(hit.track) | {"hit": figures})
        return
    text = f"  score {hit.score:.2f}; strangers that would rank as high in this history: {hit.strangers:.2g}"
    _print(Text.assemble(_line(hit.track), (text, "green" if hit.strangers < SURE_STRANGERS else "yellow")))


def print_track(row: TrackRow, events: Iterable[Event]) -> None:
    """Print a track and its events, a line each."""
    print_row(row, as_json=False)
    for event in events:
        _print(Text(f"  {describe(event)}"))


def print_row(row: TrackRow, *, as_json: bool) -> None:
    """Print a track: a line, or an object for programs."""
    if as_json:
        write_json(as_object(row))
    else:
        _print(Text(_line(row)))


def print_corrected(corrected: Corrected, *, as_json: bool) -> None:
    """Print what became of a correction: a line, or an object for programs."""
    if as_json:
        write_json({"audit": corrected.audit, "notes": corrected.notes})
        return
    _print(Text(f"done; glimpse history audit lists it as {corrected.audit}"))
    for note in corrected.notes:
        _print(Text(f"  {note}", style="yellow"))


def print_entry(entry: AuditEntry, *, as_json: bool) -> None:
    """Print an entry of the audit log: a line, or an object for programs."""
    if as_json:
        fields = entry._asdict()
        write_json({**fields, "undo": bool(fields["undo"])})
        return
    details = f" ({entry.details})" if entry.details else ""
    undone = "; undone" if entry.undone else ""
    _print(Text(f"{entry.id}  {clock_time(entry.made_at)}  {entry.by}: {entry.action} {entry.target}{details}{undone}"))


def as_object(row: TrackRow) -> dict[str, Any]:
    """A track as plain data."""
    return row._asdict() | {"person": row.person and printable(row.person)}


def _line(row: TrackRow) -> str:
    who = f"{row.state} {printable(row.person)}" if row.person else row.state
    who += " (corrected)" * row.corrected
    seconds = row.last_seen - row.first_seen
    return f"#{row.id}  {clock_time(row.first_seen)}  {row.camera}  {seconds:.0f} s  {row.face_px:.0f} px  {who}"


def clock_time(unix_seconds: float) -> str:
    """Time of the site; a question mark where a node sent a time that no calendar has."""
    try:
        local(unix_seconds)
        return stamp(unix_seconds)
    except (OverflowError, ValueError, OSError):
        return "?"


def print_line(text: str) -> None:
    """Print a line as it is."""
    _print(Text(text))


def _print(text: Text) -> None:
    Console(soft_wrap=True, highlight=False, markup=False).print(text)

"""Prints the events of a node: `glimpse watch tcp://127.0.0.1:5556`, or `python -m pipeline.watch` with the same flags.

It uses the public `Subscriber`, so it also reports events that are lost for good and a node that is silent.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

import msgspec
from rich.cells import cell_len
from rich.console import Console

from pipeline.bus.client import Gap, Item, Subscriber
from pipeline.events import (
    AlertEvent,
    CameraEvent,
    Event,
    Evidence,
    HealthEvent,
    IdentityEvent,
    PersonEvent,
    SampleEvent,
    TrackEvent,
    encode,
)
from pipeline.sinks.candidate import format_candidate
from pipeline.site.site_time import abbreviation, local

SILENCE_SECONDS = 5.0
POLL_SECONDS = 0.5
ORIGIN_COLUMNS = 24


class _Output(Console):
    """A console that raises BrokenPipeError when its reader closes the pipe; rich itself would exit with code 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def describe(item: Item) -> str:
    """Return a line for people. Control characters in names and reasons become �, so that none reach the terminal."""
    text = _describe_gap(item) if isinstance(item, Gap) else _describe_event(item)
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def to_json(item: Item) -> bytes:
    """Return a line for programs: the event as published, or an object of kind `gap`."""
    if not isinstance(item, Gap):
        return encode(item)
    fields = {"kind": "gap", **asdict(item)}
    if not item.open_end:
        del fields["open_end"]
    return msgspec.json.encode(fields)


def _describe_gap(gap: Gap) -> str:
    if gap.open_end:
        return f"lost the end of {gap.topic} (unknown how many events from {gap.first} on of run {gap.epoch})"
    count = gap.last - gap.first + 1
    return f"lost {count} events of {gap.topic} ({gap.first} to {gap.last} of run {gap.epoch})"


def _describe_event(event: Event) -> str:
    clock = _clock(event.wall_time)
    number = getattr(event, "track", None)
    track = "" if number is None else f" #{number}"
    origin = f"{event.camera or event.node}{track}"
    padding = " " * (ORIGIN_COLUMNS - cell_len(origin))  # wide letters take two columns
    return f"{clock}  {origin}{padding} {_describe_content(event)}"


def _clock(unix_seconds: float) -> str:
    """Time of day of the site; dashes where a node sent a time that no calendar has."""
    try:
        at = local(unix_seconds)
    except (OverflowError, ValueError, OSError):
        return "--:--:--.---"
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d} {abbreviation(at)}"


def _describe_content(event: Event) -> str:
    match event:
        case TrackEvent():
            reason = f" ({event.reason})" if event.reason else ""
            identity = f"  {_describe_evidence(event.evidence)}" if event.evidence else ""
            return f"track {event.action}{reason}  {event.face_px:.0f} px, {event.age:.1f} s{identity}"
        case IdentityEvent():
            name = event.person or event.previous
            was = f" (was {event.previous})" if event.person and event.previous else ""
            return f"{event.action} {name}{was}  {_describe_evidence(event.evidence)}"
        case SampleEvent():
            return f"sample of {event.looks:.1f} looks, {event.pooled_px:.0f} px, crop of {event.crop_px:.0f} px"
        case PersonEvent(track=None):
            return f"{event.action} {event.person} ({event.previous_person})"
        case PersonEvent():
            return f"{event.action} {event.person or event.group or 'nobody'}, {event.tracks} tracks"
        case AlertEvent():
            return f"alert {event.action} ({event.rule}): {event.text}"
        case CameraEvent():
            size = f" {event.width}x{event.height}" if event.width else ""
            return f"camera {event.state}{size}{': ' if event.reason else ''}{event.reason}"
        case HealthEvent():
            latency = "" if event.latency_p99 is None else f", latency p99 {event.latency_p99 * 1000:.0f} ms"
            return f"alive for {event.uptime:.0f} s, {len(event.cameras)} cameras, {event.people} people{latency}"


def _describe_evidence(evidence: Evidence) -> str:
    person = format_candidate(evidence) or " ".join(filter(None, (evidence.state, evidence.person)))
    reason = f": {evidence.reasons[0]}" if evidence.reasons else ""
    warned = "".join(f"; warning: {warning}" for warning in evidence.warnings)
    return f"[{person} {evidence.score:.2f}, {evidence.faces} faces{reason}{warned}]"


def _receive(subscriber: Subscriber, timeout: float | None, warn: Callable[[str], None]) -> Iterator[Item]:
    """Yield all items that arrive within `timeout` seconds; warn once each time the node falls silent."""
    end = time.monotonic() + (float("inf") if timeout is None else timeout)
    warned = False
    while (left := end - time.monotonic()) > 0:
        item = subscriber.receive(min(left, POLL_SECONDS))
        if item is not None:
            yield item
        silent = subscriber.silent_seconds
        if silent > SILENCE_SECONDS and not warned:
            warn(f"no heartbeat for {silent:.0f} s: is the node running, the address right, the key listed?")
        warned = silent > SILENCE_SECONDS


def watch(
    subscriber: Subscriber, *, as_json: bool = False, count: int | None = None, timeout: float | None = None
) -> bool:
    """Print what a subscriber receives until `count` items came or `timeout` seconds have passed.

    Returns whether all of them came. Raises BrokenPipeError when the reader of standard output has ended.
    """
    if count == 0:
        return True
    console = _Output(soft_wrap=True, markup=False, highlight=False, emoji=False)
    warn = Console(stderr=True, soft_wrap=True, markup=False).print
    for number, item in enumerate(_receive(subscriber, timeout, warn), start=1):
        if as_json:
            sys.stdout.buffer.write(to_json(item) + b"\n")
            sys.stdout.buffer.flush()
        else:
            console.print(describe(item))
        if number == count:
            return True
    return not count


if __name__ == "__main__":
    from glimpse.command.app import main

    sys.exit(main(["watch", *sys.argv[1:]]))

"""Prints the events of a node: `python -m pipeline.watch tcp://127.0.0.1:5556`.

It uses the public `Subscriber`, so it also reports events that are lost for good and a node that is silent.
"""

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

import msgspec
from rich.console import Console

from pipeline.bus.client import ALL, Gap, Item, Subscriber
from pipeline.events import CameraEvent, Event, Evidence, HealthEvent, IdentityEvent, TrackEvent, encode
from pipeline.sinks.candidate import format_candidate

SILENCE_SECONDS = 5.0
POLL_SECONDS = 0.5
_EPILOG = "Exit codes: 0 done, 1 --timeout passed before --count events came, 2 usage error, 130 interrupted."


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
    clock = datetime.fromtimestamp(event.wall_time).strftime("%H:%M:%S.%f")[:-3]
    track = f" #{event.track}" if isinstance(event, TrackEvent | IdentityEvent) else ""
    origin = f"{event.camera or event.node}{track}"
    return f"{clock}  {origin:<24} {_describe_content(event)}"


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
        case CameraEvent():
            size = f" {event.width}x{event.height}" if event.width else ""
            return f"camera {event.state}{size}{': ' if event.reason else ''}{event.reason}"
        case HealthEvent():
            latency = "" if event.latency_p99 is None else f", latency p99 {event.latency_p99 * 1000:.0f} ms"
            return f"alive for {event.uptime:.0f} s, {len(event.cameras)} cameras, {event.people} people{latency}"


def _describe_evidence(evidence: Evidence) -> str:
    person = format_candidate(evidence) or " ".join(filter(None, (evidence.state, evidence.person)))
    reason = f": {evidence.reasons[0]}" if evidence.reasons else ""
    return f"[{person} {evidence.score:.2f}, {evidence.faces} faces{reason}]"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.watch", description="Print the events that a Glimpse node publishes.", epilog=_EPILOG
    )
    parser.add_argument(
        "address", help="the node's --bind address as reached from this machine: tcp://HOST:PORT or ipc://PATH"
    )
    parser.add_argument(
        "--topic", action="append", help=f"only topics with this prefix, e.g. {ALL}identity/ (repeatable)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON lines instead of text")
    parser.add_argument("--curve", default="", metavar="DIR", help="a client's folder made by python -m pipeline.curve")
    parser.add_argument("--count", type=int, metavar="N", help="stop after N events")
    parser.add_argument("--timeout", type=float, metavar="S", help="stop after S seconds")
    parser.add_argument("--replay", action="store_true", help="begin with all events that the node has stored")
    return parser


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


def _watch(subscriber: Subscriber, options: argparse.Namespace, console: Console) -> int:
    remaining = options.count
    if remaining == 0:
        return 0
    warn = Console(stderr=True, soft_wrap=True, markup=False).print
    for item in _receive(subscriber, options.timeout, warn):
        if options.json:
            sys.stdout.buffer.write(to_json(item) + b"\n")
            sys.stdout.buffer.flush()
        else:
            console.print(describe(item))
        if remaining is not None:
            remaining -= 1
            if not remaining:
                return 0
    return 1 if remaining else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; --help lists the exit codes."""
    options = _parser().parse_args(argv)
    console = _Output(soft_wrap=True, markup=False, highlight=False, emoji=False)
    try:
        subscriber = Subscriber(
            options.address,
            topics=tuple(options.topic or (ALL,)),
            start="replay" if options.replay else "snapshot",
            curve=options.curve,
        )
    except ValueError as error:
        Console(stderr=True, soft_wrap=True, markup=False, highlight=False).print(str(error))
        return 2
    with contextlib.closing(subscriber):
        try:
            return _watch(subscriber, options, console)
        except KeyboardInterrupt:
            return 130
        except BrokenPipeError:
            # The reader (`| head`) closed the pipe. Without this, Python reports it again when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Prints what a node publishes: `python -m pipeline.watch tcp://127.0.0.1:5556`.

It is an ordinary user of the shipped client, so it also shows which events are lost for good, and whether the node is
silent.
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

SILENCE_SECONDS = 5.0
_EPILOG = "Exit codes: 0 done, 1 --timeout passed before --count events came, 2 usage, 130 interrupted."


class _Output(Console):
    """A console that lets the end of its reader be known; rich would exit with 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def describe(item: Item) -> str:
    """One line for people; control characters from names and reasons are shown as �, so none reach the terminal."""
    text = _gap(item) if isinstance(item, Gap) else f"{_moment(item)}  {_place(item):<24} {_what(item)}"
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def to_json(item: Item) -> bytes:
    """One line for programs: the event as published, or an object of kind `gap`."""
    return msgspec.json.encode({"kind": "gap", **asdict(item)}) if isinstance(item, Gap) else encode(item)


def _gap(gap: Gap) -> str:
    count = gap.last - gap.first + 1
    return f"lost {count} events of {gap.topic} ({gap.first} to {gap.last} of run {gap.epoch})"


def _moment(event: Event) -> str:
    return datetime.fromtimestamp(event.wall_time).strftime("%H:%M:%S.%f")[:-3]


def _place(event: Event) -> str:
    track = f" #{event.track}" if isinstance(event, TrackEvent | IdentityEvent) else ""
    return f"{event.camera or event.node}{track}"


def _what(event: Event) -> str:
    match event:
        case TrackEvent():
            reason = f" ({event.reason})" if event.reason else ""
            who = f"  {_evidence(event.evidence)}" if event.evidence else ""
            return f"track {event.action}{reason}  {event.face_px:.0f} px, {event.age:.1f} s{who}"
        case IdentityEvent():
            name = event.person or event.previous
            was = f" (was {event.previous})" if event.person and event.previous else ""
            return f"{event.action} {name}{was}  {_evidence(event.evidence)}"
        case CameraEvent():
            size = f" {event.width}x{event.height}" if event.width else ""
            return f"camera {event.state}{size}{': ' if event.reason else ''}{event.reason}"
        case HealthEvent():
            late = "" if event.latency_p99 is None else f", latency p99 {event.latency_p99 * 1000:.0f} ms"
            return f"alive for {event.uptime:.0f} s, {len(event.cameras)} cameras, {event.people} people{late}"


def _evidence(evidence: Evidence) -> str:
    who = f" {evidence.person}" if evidence.person else ""
    why = f": {evidence.reasons[0]}" if evidence.reasons else ""
    return f"[{evidence.state}{who} {evidence.score:.2f}, {evidence.faces} faces{why}]"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.watch", description="Print what a Glimpse node publishes.", epilog=_EPILOG
    )
    parser.add_argument(
        "address", help="what the node was told to --bind, as seen from here: tcp://HOST:PORT, ipc://PATH"
    )
    parser.add_argument("--topic", action="append", help=f"only topics that begin so, e.g. {ALL}identity/ (repeatable)")
    parser.add_argument("--json", action="store_true", help="JSON lines instead of text")
    parser.add_argument("--curve", default="", metavar="DIR", help="a client's folder made by python -m pipeline.curve")
    parser.add_argument("--count", type=int, metavar="N", help="stop after N events")
    parser.add_argument("--timeout", type=float, metavar="S", help="stop after S seconds")
    parser.add_argument("--replay", action="store_true", help="begin with all events the node has kept")
    return parser


def _items(subscriber: Subscriber, timeout: float | None, warn: Callable[[str], None]) -> Iterator[Item]:
    """Everything that comes within `timeout` seconds; warns once for each time the node falls silent."""
    end = time.monotonic() + (float("inf") if timeout is None else timeout)
    warned = False
    while (left := end - time.monotonic()) > 0:
        item = subscriber.receive(min(left, 0.5))
        if item is not None:
            yield item
        silent = subscriber.silence > SILENCE_SECONDS
        if silent and not warned:
            warn(
                f"no heartbeat for {subscriber.silence:.0f} s: is the node running, the address right, the key listed?"
            )
        warned = silent


def _watch(subscriber: Subscriber, options: argparse.Namespace, console: Console) -> int:
    left = options.count
    if left == 0:
        return 0
    for item in _items(subscriber, options.timeout, Console(stderr=True, soft_wrap=True, markup=False).print):
        if options.json:
            sys.stdout.buffer.write(to_json(item) + b"\n")
            sys.stdout.buffer.flush()
        else:
            console.print(describe(item))
        if left is not None:
            left -= 1
            if not left:
                return 0
    return 1 if left else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; see its --help for the exit codes."""
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
            # The reader (`| head`) has enough. Python would complain once more when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Kills real nodes and clients at random moments and counts what is lost: `python -m tests.endurance.chaos`.

Two RTSP cameras, a node with an outbox, the shipped client and a plain subscriber, each in a process or thread of its
own. The node is killed again and again with SIGKILL: while it starts, while it runs, while it writes, straight after a
new track. Sometimes it is frozen before, and sometimes the client is killed too. Ctrl-C ends the killing and counts.
Exit codes: 0 nothing lost, 1 a fault, 2 usage error.
"""

import argparse
import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from pipeline.events import Event, TrackAction, TrackEvent
from tests.endurance.audit import Verdict, judge
from tests.endurance.child import Child, EndedEarlyError
from tests.endurance.plan import Life, Moment, draw_interruptions, draw_lives
from tests.endurance.site import RECORDING_SECONDS, Site, folder_for

FREEZES_PER_KILL = 31 / 80
UPDATE_SECONDS = 0.25  # an event of each track with each frame
_TRACK_SECONDS = 20.0
_RECORDING_TIMEOUT_SECONDS = 120.0
_WRITE_SECONDS = 5.0
_WRITE_POLL_SECONDS = 0.0005


@dataclass
class Toll:
    """What was done to the processes."""

    seed: int
    kills: dict[Moment, int] = field(default_factory=lambda: dict.fromkeys(Moment, 0))
    freezes: int = 0
    frozen_seconds: float = 0.0
    client_kills: int = 0
    recording_kills: int = 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; --help lists the options."""
    options = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(stderr=True)
    if options.freezes is None:
        options.freezes = round(options.kills * FREEZES_PER_KILL)
    began = time.monotonic()
    try:
        with folder_for(options.keep) as folder:
            toll, verdict = run(folder, options, console)
    except EndedEarlyError as error:
        console.print(str(error), markup=False)
        return 1
    _report(toll, verdict, time.monotonic() - began, as_json=options.json)
    for fault in verdict.faults:
        console.print(f"fault: {fault} (seed {toll.seed})", markup=False)
    return 1 if verdict.faults else 0


def run(folder: Path, options: argparse.Namespace, console: Console) -> tuple[Toll, Verdict]:
    """Kill so many nodes and judge what is left. Raises EndedEarlyError where a process ends that nobody killed."""
    toll = Toll(options.seed)
    lives = draw_lives(options.seed, options.kills, options.freezes)
    with Site(folder, update_seconds=UPDATE_SECONDS) as site:
        chaos = Chaos(site, toll)
        try:
            for life in track(lives, f"seed {options.seed}, kills", console=console):
                chaos.play(life)
            chaos.play_recording(draw_interruptions(options.seed, options.resumes, seconds=RECORDING_SECONDS))
        except KeyboardInterrupt:
            console.print("interrupted; counting what there is")
        return toll, judge(site.settle(chaos.bring_back_client()))


class Chaos:
    """Plays the lives of nodes, one after the other, beside a client that is killed now and then."""

    def __init__(self, site: Site, toll: Toll) -> None:
        self._site, self._toll = site, toll
        self._client: Child | None = site.start_client()

    def play(self, life: Life) -> None:
        """Start a node and kill it."""
        node = self._site.start_node()
        try:
            if life.moment is Moment.STARTING:
                self._freeze(node, life)
                self._kill_client(life)
                time.sleep(life.wait)
            else:
                self._site.wait_for_events(node)
                self._live(node, life)
        finally:
            node.kill()
        self._toll.kills[life.moment] += 1

    def play_recording(self, interruptions: Sequence[float]) -> None:
        """Kill and resume the run of a recording so often, then let it end."""
        if not interruptions:
            return
        self.bring_back_client()
        for seconds in interruptions:
            recording = self._site.start_recording()
            self._site.tap.wait_for(partial(_is_at, seconds), _RECORDING_TIMEOUT_SECONDS)
            recording.kill()
            self._toll.recording_kills += 1
        self._site.start_recording().wait()

    def bring_back_client(self) -> Child:
        """The running client."""
        if self._client is None:
            self._client = self._site.start_client()
        return self._client

    def _live(self, node: Child, life: Life) -> None:
        client = self.bring_back_client()
        time.sleep(life.wait / 2)
        self._freeze(node, life)
        self._kill_client(life)
        time.sleep(life.wait / 2)
        if life.moment is Moment.NEW_TRACK:
            self._site.tap.wait_for(_is_new_track, _TRACK_SECONDS)
        elif life.moment is Moment.WRITING:
            wait_for_write(self._site.outbox)
        time.sleep(life.late)
        if self._client is client:
            client.check()

    def _freeze(self, node: Child, life: Life) -> None:
        if life.freeze:
            self._toll.freezes += 1
            self._toll.frozen_seconds += life.freeze
            node.freeze(life.freeze)

    def _kill_client(self, life: Life) -> None:
        if not life.is_client_killed or self._client is None:
            return
        self._client.kill()
        self._toll.client_kills += 1
        self._client = None if life.is_client_away else self._site.start_client()


def wait_for_write(outbox: Path) -> None:
    """Wait until SQLite writes to its log, for a few seconds at most."""
    log = outbox.with_name(f"{outbox.name}-wal")
    before, end = _changed(log), time.monotonic() + _WRITE_SECONDS
    while _changed(log) == before and time.monotonic() < end:
        time.sleep(_WRITE_POLL_SECONDS)


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def _is_new_track(event: Event) -> bool:
    return isinstance(event, TrackEvent) and event.action is TrackAction.NEW


def _is_at(seconds: float, event: Event) -> bool:
    return isinstance(event, TrackEvent) and event.media_time >= seconds


def _report(toll: Toll, verdict: Verdict, seconds: float, *, as_json: bool) -> None:
    if as_json:
        values = asdict(toll) | asdict(verdict) | {"lost": verdict.lost, "seconds": round(seconds, 1)}
        sys.stdout.write(json.dumps(values | {"faults": verdict.faults, "load": os.getloadavg()[0]}) + "\n")
        return
    table = Table("what", "count", title=f"seed {toll.seed}, {seconds:.0f} s")
    for what, count in _rows(toll, verdict).items():
        table.add_row(what, f"{count:,}")
    Console().print(table)


def _rows(toll: Toll, verdict: Verdict) -> dict[str, int]:
    return {
        "kills of the node": sum(toll.kills.values()),
        **{f"  {moment}": count for moment, count in toll.kills.items()},
        "freezes of the node": toll.freezes,
        "kills of the client": toll.client_kills,
        "kills of a recording, then resumed": toll.recording_kills,
        "runs with events": verdict.runs,
        "events heard by a plain subscriber": verdict.heard,
        "events emitted (heard or kept)": verdict.emitted,
        "events kept in the outbox": verdict.kept,
        "events heard, not kept": verdict.heard_only,
        "events received by the client": verdict.received,
        "received twice": verdict.twice,
        "received after a later one": verdict.disordered,
        "sent or received otherwise than kept": verdict.changed,
        "lost (kept, not received)": verdict.lost,
        "lost without a Gap": verdict.lost_untold,
        "tracks that were new": verdict.tracks,
        "tracks that never ended": verdict.endless,
        "events that a resumed recording repeats": verdict.repeated_told,
        "  without saying so": verdict.repeated_untold,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="default: any")
    parser.add_argument("--kills", type=int, default=80, metavar="N", help="of the node (default 80)")
    parser.add_argument("--freezes", type=int, metavar="N", help="of the node (default: 31 of 80 kills)")
    parser.add_argument("--resumes", type=int, default=5, metavar="N", help="kills of a recording (default 5)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="a new folder that keeps what the processes wrote")
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of the table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())

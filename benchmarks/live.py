"""Live cameras for minutes: latency, CPU, memory, and whether a subscriber heard every event exactly once.

    python -m benchmarks.live                                  # two painted cameras for five minutes
    python -m benchmarks.live --clip CLIP.mp4 --detector FILE.onnx [--recognizer FILE.onnx --gallery DB --fps 10 …]

Flags it does not know are run_pipeline.py's. The real program in a process of its own watches real H.264 over RTSP (the
tests' own camera) and is heard by a plain ZeroMQ subscriber here. What the program writes with --events is the truth
that the subscriber is compared with. Camera, program and subscriber share this machine, so latencies are those of a
machine that does all three.
Ends with 1 when an event was lost or came twice, or when the program did not end as it should.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.live_summary import Run, Sample, plot, summary
from benchmarks.section import provenance, write_section
from tests.synthetic.node import Event, Listener, Node, free_address, running
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import World, write_config

LINES = 12  # of the program's own words, shown when it did not start or end well


def main() -> int:
    given = arguments()
    with TemporaryDirectory() as folder:
        run = measure(given, Path(folder))
    text = f"{provenance('benchmarks.live')}\n\n{summary(run)}"
    sys.stdout.write(text + "\n")
    if given.write:
        write_section(given.write, "live" + " on footage" * bool(given.clip), text)
    if given.plot:
        plot(run, given.plot)
    for fault in run.faults:
        sys.stderr.write(f"fault: {fault}\n")
    return 1 if run.faults else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.live", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=300, help="from the first frames of all cameras")
    parser.add_argument("--interval", type=float, default=2.0, help="seconds between two looks at the process")
    parser.add_argument("--clip", type=Path, nargs="+", default=[], help="H.264 files, dealt out to the cameras")
    parser.add_argument("--write", type=Path, metavar="MD", help="put the table into this document")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw the run over time (needs matplotlib)")
    given, rest = parser.parse_known_args()
    given.flags = rest
    if bool(given.clip) != ("--detector" in given.flags):
        parser.error("--clip and --detector go together: painted people are found by painted networks only")
    return given


def measure(given: argparse.Namespace, folder: Path) -> Run:
    """One run of the program on `given.cameras` cameras."""
    run, lines, address = Run(), folder / "events.jsonl", free_address()
    clips, settings = prepare(given, folder)
    names = [f"cam{number + 1}" for number in range(given.cameras)]
    with ExitStack() as stack:
        mounts = {name: clips[number % len(clips)] for number, name in enumerate(names)}
        server = stack.enter_context(rtsp_server(mounts))
        watched = [{"name": name, "source": server.url(name)} for name in names]
        config = write_config(folder / "site.yaml", settings | {"cameras": watched})
        listener = stack.enter_context(Listener(address))
        flags: list[str | Path] = ["--config", config, "--bind", address, "--events", lines, *given.flags]
        node = stack.enter_context(running(folder, *flags))
        try:
            wait_for_all(listener, names)
            listen(run, listener, node, given)
        finally:
            run.words = " / ".join(node.said.splitlines()[-LINES:])
        run.code = node.end(signal.SIGTERM)
        listener.drain()
    run.heard = listener.heard
    run.written = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    return run


def prepare(given: argparse.Namespace, folder: Path) -> tuple[Sequence[Path], dict[str, Any]]:
    """Clips and settings: those given, or painted people and networks that find them."""
    if given.clip:
        return given.clip, {}
    world = World(folder / "world", names=("Ada", "Grace", "Hedy"), seconds=10, fps=15, size=(640, 360))
    return [world.clip], world.settings()


def wait_for_all(listener: Listener, names: Iterable[str]) -> None:
    """Hear until each camera has given frames."""

    def all_live(event: Event) -> bool:
        return event["kind"] == "health" and all(event["cameras"][name]["frames"] for name in names)

    listener.until(all_live, seconds=60)


def listen(run: Run, listener: Listener, node: Node, given: argparse.Namespace) -> None:
    """Take events as they come and a sample each interval, for the time asked for or until the program ends."""
    run.samples.append(sample(node))
    began = time.time()
    due = time.monotonic() + given.interval
    end = time.monotonic() + given.seconds
    while (now := time.monotonic()) < end and node.process.poll() is None:
        if now >= due:
            due += given.interval
            run.samples.append(sample(node))
        listener.pump(max(0.0, min(due, end) - time.monotonic()))
    run.window = began, time.time()
    if node.process.poll() is None:
        run.samples.append(sample(node))


def sample(node: Node) -> Sample:
    """CPU time and memory of the program alone, of all its threads (proc(5))."""
    process = Path("/proc", str(node.process.pid))
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    pages = int((process / "statm").read_text().split()[1])
    rss = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return Sample(time.monotonic(), cpu, rss, node.threads, node.descriptors)


if __name__ == "__main__":
    sys.exit(main())

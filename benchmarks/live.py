"""Live cameras for minutes: latency, CPU, memory, and whether a subscriber heard every event exactly once.

    python -m benchmarks.live                                  # two painted cameras for five minutes
    python -m benchmarks.live --clip CLIP.mp4 --detector FILE.onnx [--recognizer FILE.onnx --gallery DB --fps 10 …]

Other flags are passed to run_pipeline.py. The program runs in its own process, watches H.264 over RTSP (the tests' own
camera) and is heard by a plain ZeroMQ subscriber here. What it writes with --events is the truth that the subscriber is
compared with. Camera, program and subscriber share this machine, so latencies are those of a machine that does all
three. Ends with 1 when an event was lost or came twice, or when the program did not end as it should.
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

SHOWN_LINES = 12  # of the program's output, shown when it did not start or end well


def main() -> int:
    """Print the table, and write and plot it on request."""
    options = parse_arguments()
    with TemporaryDirectory() as folder:
        run = measure(options, Path(folder))
    text = f"{provenance('benchmarks.live')}\n\n{summary(run)}"
    sys.stdout.write(text + "\n")
    if options.write:
        write_section(options.write, "live" + " on footage" * bool(options.clip), text)
    if options.plot:
        plot(run, options.plot)
    for fault in run.faults:
        sys.stderr.write(f"fault: {fault}\n")
    return 1 if run.faults else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.live", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=300, help="from the first frames of all cameras")
    parser.add_argument("--interval", type=float, default=2.0, help="seconds between two samples of the process")
    parser.add_argument("--clip", type=Path, nargs="+", default=[], help="H.264 files, distributed over the cameras")
    parser.add_argument("--write", type=Path, metavar="MD", help="put the table into this document")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw the run over time (needs matplotlib)")
    options, rest = parser.parse_known_args()
    options.flags = rest
    if bool(options.clip) != ("--detector" in options.flags):
        parser.error("--clip and --detector go together: painted people are found by painted networks only")
    return options


def measure(options: argparse.Namespace, folder: Path) -> Run:
    """One run of the program on `options.cameras` cameras."""
    run, lines, address = Run(), folder / "events.jsonl", free_address()
    clips, settings = prepare(options, folder)
    names = [f"cam{number + 1}" for number in range(options.cameras)]
    with ExitStack() as stack:
        mounts = {name: clips[number % len(clips)] for number, name in enumerate(names)}
        server = stack.enter_context(rtsp_server(mounts))
        watched = [{"name": name, "source": server.url(name)} for name in names]
        config = write_config(folder / "site.yaml", settings | {"cameras": watched})
        listener = stack.enter_context(Listener(address))
        flags: list[str | Path] = ["--config", config, "--bind", address, "--events", lines, *options.flags]
        node = stack.enter_context(running(folder, *flags))
        try:
            wait_for_all(listener, names)
            listen(run, listener, node, options)
        finally:
            run.output = " / ".join(node.output.splitlines()[-SHOWN_LINES:])
        run.code = node.end(signal.SIGTERM)
        listener.drain()
    run.heard = listener.received
    run.written = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    return run


def prepare(options: argparse.Namespace, folder: Path) -> tuple[Sequence[Path], dict[str, Any]]:
    """Clips and settings: the user's, or painted people and networks that find them."""
    if options.clip:
        return options.clip, {}
    world = World(folder / "world", names=("Ada", "Grace", "Hedy"), seconds=10, fps=15, size=(640, 360))
    return [world.clip], world.settings()


def wait_for_all(listener: Listener, names: Iterable[str]) -> None:
    """Listen until each camera has delivered frames."""

    def all_live(event: Event) -> bool:
        return event["kind"] == "health" and all(event["cameras"][name]["frames"] for name in names)

    listener.until(all_live, seconds=60)


def listen(run: Run, listener: Listener, node: Node, options: argparse.Namespace) -> None:
    """Receive events and take a sample each interval, for the requested time or until the program ends."""
    run.samples.append(take_sample(node))
    began = time.time()
    due = time.monotonic() + options.interval
    end = time.monotonic() + options.seconds
    while (now := time.monotonic()) < end and node.process.poll() is None:
        if now >= due:
            due += options.interval
            run.samples.append(take_sample(node))
        listener.pump(max(0.0, min(due, end) - time.monotonic()))
    run.window = began, time.time()
    if node.process.poll() is None:
        run.samples.append(take_sample(node))


def take_sample(node: Node) -> Sample:
    """CPU time of all threads, memory, threads and descriptors of the program (proc(5))."""
    process = Path("/proc", str(node.process.pid))
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    pages = int((process / "statm").read_text().split()[1])
    rss = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return Sample(time.monotonic(), cpu, rss, node.threads, node.descriptors)


if __name__ == "__main__":
    sys.exit(main())

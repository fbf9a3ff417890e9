"""How fast recordings go through the whole pipeline, where the time goes, and how many cameras one core can carry.

    python -m benchmarks.pipeline                              # painted people, hand-made networks
    python -m benchmarks.pipeline --source CLIP.mp4 --detector FILE.onnx --recognizer FILE.onnx --gallery DB …

Other flags are passed to run_pipeline.py. Three runs of the same file take turns: `decode` (the pipeline's own reader,
every frame dropped), `whole` (as run_pipeline.py does it, events published and written) and `staged` (whole, with a
stopwatch around every part). Stages are timed by wrapping what `build` hands to the engine, so the measured code
contains no clock; `staged` against `whole` shows what the stopwatches cost.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

# First, as in run_pipeline.py: with the threads numpy's BLAS takes by default, `decide` costs a hundred times as much.
import detectors.runtime  # noqa: F401

# isort: split
import pipeline.build
import pipeline.engine
from benchmarks.section import provenance, write_section
from benchmarks.stopwatch import Stopwatch, TimedMatcher, TimedSink
from configs.markdown import table
from pipeline.build import build
from pipeline.capture.feed import Feed
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.open import open_reader
from pipeline.cli import effective_settings
from pipeline.engine import Engine, Identification
from pipeline.parts.job import Job
from pipeline.parts.sources import open_sources
from pipeline.settings.flags import parse_command_line
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import Settings
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.crops import cut_crop
from pipeline.types import Frame
from tests.synthetic.world import World, write_config

STAGES = ("wait", "detect", "track", "cut", "embed", "decide", "tell", "sinks")
RATES_FPS = (5, 10, 25)


@dataclass
class Cost:
    """One run. wall and cpu (all threads of the process) in seconds, stages in seconds by name."""

    frames: int
    wall: float
    cpu: float
    stages: Mapping[str, float] = field(default_factory=dict)


def main() -> int:
    """Print the tables, and write them into a document on request."""
    options = parse_arguments()
    with TemporaryDirectory() as folder:
        settings = settings_for(options, Path(folder))
        costs = measure(settings, options.rounds, Path(folder))
    text = f"{provenance('benchmarks.pipeline')}\n\n{summary(costs, options.camera_fps)}"
    sys.stdout.write(text + "\n")
    if options.write:
        write_section(options.write, "offline speed" + " on footage" * ("--source" in options.flags), text)
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pipeline", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="times each run is done; medians count")
    parser.add_argument("--camera-fps", type=float, default=25, help="frames a camera sends, for cameras per core")
    parser.add_argument("--write", type=Path, metavar="MD", help="put the tables into this document")
    options, rest = parser.parse_known_args()
    options.flags = rest
    if ("--source" in options.flags) != ("--detector" in options.flags):
        parser.error("--source and --detector go together: painted people are found by painted networks only")
    return options


def settings_for(options: argparse.Namespace, folder: Path) -> Settings:
    """Settings of run_pipeline.py with these flags, publishing into the folder; painted people without a source."""
    flags = [*options.flags, "--bind", f"ipc://{folder}/bus"]
    if "--source" not in flags:
        world = World(folder / "world", names=("Ada", "Grace", "Hedy"), seconds=20, fps=25, size=(640, 360))
        flags += ["--config", str(write_config(folder / "site.yaml", world.settings())), "--source", str(world.clip)]
    return effective_settings(parse_command_line(flags))


def measure(settings: Settings, rounds: int, folder: Path) -> dict[str, list[Cost]]:
    """Let the runs take turns, after one warm-up round that does not count."""
    runs: dict[str, Callable[[], Cost]] = {
        "decode": lambda: decode_only(settings),
        "whole": lambda: run_job(build(settings, Outputs(events=str(folder / "events.jsonl")))),
        "staged": lambda: run_staged(settings, folder),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            cost = run()
            if turn:
                costs[name].append(cost)
    for cost in costs["whole"] + costs["staged"]:
        cost.frames = costs["decode"][0].frames
    return costs


@contextmanager
def measure_time() -> Iterator[Cost]:
    """Measure wall and CPU seconds of the block."""
    cost = Cost(0, 0.0, 0.0)
    wall, cpu = time.perf_counter(), time.process_time()
    yield cost
    cost.wall, cost.cpu = time.perf_counter() - wall, time.process_time() - cpu


def decode_only(settings: Settings) -> Cost:
    """Read the sources as the pipeline does, and drop the frames."""
    mailbox = Mailbox()
    readers = [open_reader(source, mailbox, camera) for source, camera in open_sources(settings)]
    with measure_time() as cost, Feed(mailbox, readers) as feed:
        while feed.open:
            cost.frames += sum(isinstance(item, Frame) for item in feed.take(1.0))
    return cost


def run_job(job: Job) -> Cost:
    """Time a run; its models are loaded already."""
    with measure_time() as cost:
        failed = job.run()
    if failed:
        raise RuntimeError("; ".join(failed))
    return cost


def run_staged(settings: Settings, folder: Path) -> Cost:
    """The whole run, with a stopwatch around everything that the engine is given or calls by name."""
    watch = Stopwatch()

    def engine(
        cameras: Mapping[str, CameraTracks], find: Any, identification: Identification | None, **options: Any
    ) -> Engine:
        for tracks in cameras.values():
            time_tracks(tracks, watch)
        options["sinks"] = [TimedSink(sink, watch) for sink in options["sinks"]]
        timed = identification and time_identification(identification, watch)
        return Engine(cameras, watch.wrap("detect", find), timed, **options)

    with mock.patch.object(pipeline.build, "Engine", engine):
        job = build(settings, Outputs(events=str(folder / "events.jsonl")))
    job.feed.take = watch.wrap("wait", job.feed.take)  # type: ignore[method-assign]
    with mock.patch.object(pipeline.engine, "cut_crop", watch.wrap("cut", cut_crop)):
        cost = run_job(job)
    cost.stages = watch.seconds
    return cost


def time_tracks(tracks: CameraTracks, watch: Stopwatch) -> None:
    frame_events = tracks.frame_events
    tracks.follow = watch.wrap("track", tracks.follow)  # type: ignore[method-assign]
    # A list, since a generator would be timed together with the sinks that take from it.
    tracks.frame_events = watch.wrap("tell", lambda: iter(list(frame_events())))  # type: ignore[method-assign]


def time_identification(parts: Identification, watch: Stopwatch) -> Identification:
    return replace(parts, embed=watch.wrap("embed", parts.embed), matcher=TimedMatcher(parts.matcher, watch))


def summary(costs: Mapping[str, Sequence[Cost]], camera_fps: float) -> str:
    """The Markdown tables."""
    walls = {name: median(cost.wall for cost in done) for name, done in costs.items()}
    rounds = list(zip(costs["decode"], costs["whole"], costs["staged"], strict=True))
    slower = median(whole.wall / plain.wall for plain, whole, _ in rounds)
    dearer = median(whole.cpu / plain.cpu for plain, whole, _ in rounds)
    watching = median(staged.wall / whole.wall for _, whole, staged in rounds)
    frames = costs["decode"][0].frames
    speed = [
        ["frames", str(frames)],
        ["decode only", f"{frames / walls['decode']:.0f} frames/s"],
        ["whole pipeline", f"{frames / walls['whole']:.0f} frames/s"],
        ["whole ÷ decode only, wall time", f"{slower:.2f}"],
        ["whole ÷ decode only, CPU time", f"{dearer:.2f}"],
        ["staged ÷ whole (what the stopwatches cost)", f"{watching:.2f}"],
    ]
    return "\n\n".join(
        [
            f"Medians of {len(rounds)} rounds in which the runs take turns.",
            table(["", ""], speed),
            table(["stage", "ms per frame", "share of wall time"], list(stage_rows(costs))),
            *capacity(costs, camera_fps),
        ]
    )


def stage_rows(costs: Mapping[str, Sequence[Cost]]) -> Iterator[list[str]]:
    """One row per stage, medians over the rounds; `rest` is what no stopwatch sees."""
    done = costs["staged"]
    for name in (*STAGES, "rest"):
        parts = [one.stages.get(name, 0.0) if name != "rest" else one.wall - sum(one.stages.values()) for one in done]
        each = median(seconds / one.frames for seconds, one in zip(parts, done, strict=True))
        share = median(seconds / one.wall for seconds, one in zip(parts, done, strict=True))
        yield [name, f"{1e3 * each:.2f}", f"{100 * share:.0f} %"]
    alone = median(one.wall / one.frames for one in costs["decode"])
    yield ["decode, in its own threads, when alone", f"{1e3 * alone:.2f}", "beside the others"]


def capacity(costs: Mapping[str, Sequence[Cost]], camera_fps: float) -> Iterator[str]:
    """Cameras one core can carry, from CPU time, which other work on the machine disturbs less than wall time."""
    decoding, whole = (median(one.cpu / one.frames for one in costs[name]) for name in ("decode", "whole"))
    rest = whole - decoding
    yield (
        f"CPU per frame: decoding {1e3 * decoding:.2f} ms, everything else {1e3 * rest:.2f} ms. A camera that sends "
        f"{camera_fps:g} frames a second, of which f are processed, costs {camera_fps:g} · decoding + f · everything "
        "else; a core has 1 s a second, and nothing is kept in reserve:"
    )
    rows = [[f"{rate} fps", f"{1 / (camera_fps * decoding + rate * rest):.1f}"] for rate in RATES_FPS]
    yield table(["processed", "cameras per core"], rows)


if __name__ == "__main__":
    sys.exit(main())

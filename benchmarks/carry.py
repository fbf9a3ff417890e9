"""How many 1080p cameras one core carries, run and not computed, and whether it follows as many people as it might.

Each clip becomes a 1080p stream of 5 frames a second: one copy in a still, noisy picture. The program runs on one core
and watches as many cameras as asked for over RTSP; the server, the subscriber and this script have the others. The
clips repeat, so tracks are counted by the minute of each camera, next to those of a recording of the same clip of which
every frame is searched whole.

    python -m benchmarks.carry CLIP… --cameras 1 5 10
"""

import argparse
import os
import signal
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import detectors.runtime  # noqa: F401 - first, because it limits the threads of numpy

# isort: split
import av
import cv2
import numpy as np
from rich.console import Console

from benchmarks.cores import on_cores
from benchmarks.live import listen, wait_for_all
from benchmarks.live_summary import Run
from benchmarks.schedule import surround
from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Image
from pipeline.build import build
from pipeline.cli import effective_settings
from pipeline.events import Event, TrackAction, TrackEvent
from pipeline.settings.flags import parse_command_line
from pipeline.settings.outputs import Outputs
from pipeline.sink import FrameResult
from tests.synthetic.node import Listener, free_address, running
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.video import write_clip
from tests.synthetic.world import write_config

FPS = 5
WARM_UP_SECONDS = 5.0
HEADS = ["cameras", "frames a second", "dropped", "processor", "frame → event, ms", "tracks a minute", "full search"]


@dataclass
class TrackCount:
    """Counts the tracks that are announced, and the time that passed."""

    tracks: int = 0
    seconds: float = 0.0

    def on_event(self, event: Event) -> None:
        self.tracks += isinstance(event, TrackEvent) and event.action is TrackAction.NEW

    def on_frame(self, result: FrameResult) -> None:
        self.seconds = result.frame.media_time

    def close(self) -> None: ...

    @property
    def per_minute(self) -> float:
        return 60 * self.tracks / max(self.seconds, 1e-9)


def main() -> None:
    """Print the table, and write it into a document on request."""
    options = _parser().parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [_slow_and_wide(clip, folder / f"{number}.mp4") for number, clip in enumerate(options.clips)]
        small = [_shrink(clip) for clip in clips] if options.sub_stream else []
        console.print(f"{len(clips)} clips encoded; searching each whole")
        full = [search_whole(clip).per_minute for clip in clips]
        rows = []
        for cameras in options.cameras:
            console.print(f"{cameras} cameras for {options.seconds:g} s")
            rows.append(row(watch(clips, small, cameras, options.seconds, folder), full, cameras))
    text = f"{provenance('benchmarks.carry')}\n\n{table(HEADS, rows)}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "carry", text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How many 1080p cameras one core carries.")
    parser.add_argument("clips", nargs="+", type=Path, help="real footage, distributed over the cameras")
    parser.add_argument("--cameras", type=int, nargs="+", default=[10], help="one run for each number")
    parser.add_argument("--seconds", type=float, default=40.0, help="of each run, after a warm-up")
    parser.add_argument("--sub-stream", action="store_true", help="find faces in a stream of 640x360 of each camera")
    parser.add_argument("--write", type=Path, help="also put the table into this document, section carry")
    return parser


def _slow_and_wide(clip: Path, path: Path) -> Path:
    """Write a clip as 1080p of FPS frames a second, H.264."""
    return _encode((surround(image, index) for index, image in enumerate(_decode_slowly(clip))), path)


def _shrink(clip: Path) -> Path:
    """Write the sub-stream of such a stream beside it, 640x360."""
    small = (
        np.asarray(cv2.resize(image, (640, 360), interpolation=cv2.INTER_AREA), np.uint8)
        for image in _decode_slowly(clip)
    )
    return _encode(small, clip.with_stem(f"{clip.stem}-sub"))


def _encode(images: Iterable[Image], path: Path) -> Path:
    """Write H.264 as cameras do: no B-frames, which would come in bursts, and a key frame every two seconds."""
    return write_clip(path, images, fps=FPS, crf="26", preset="veryfast", tune="zerolatency", g=str(2 * FPS))


def _decode_slowly(clip: Path) -> Iterator[Image]:
    due = 0.0
    with av.open(str(clip)) as container:
        for frame in container.decode(video=0):
            if frame.time >= due - 1e-6:
                due += 1 / FPS
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def search_whole(clip: Path) -> TrackCount:
    """The tracks of a recording of which every frame is searched whole."""
    told = TrackCount()
    command = ["--source", str(clip), "--bind", "none", "--recognizer", "embedded", "--scan-seconds", "0"]
    if failed := build(effective_settings(parse_command_line(command)), Outputs(), listeners=[told]).run():
        raise RuntimeError("; ".join(failed))
    return told


def watch(clips: Sequence[Path], small: Sequence[Path], cameras: int, seconds: float, folder: Path) -> Run:
    """Watch so many cameras on one core; the other cores serve and listen. small: the sub-streams of clips, or none."""
    run, address = Run(), free_address()
    names = [f"cam{number + 1}" for number in range(cameras)]
    own, *others = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        stack.enter_context(on_cores({*others} or {own}))
        mounts = {name: clips[number % len(clips)] for number, name in enumerate(names)}
        if small:
            mounts |= {f"{name}-sub": small[number % len(small)] for number, name in enumerate(names)}
        server = stack.enter_context(rtsp_server(mounts))
        watched = [{"name": name, "source": server.url(name)} for name in names]
        for camera in watched if small else ():
            camera["sub_stream"] = server.url(f"{camera['name']}-sub")
        config = write_config(folder / "site.yaml", {"cameras": watched, "recognizer": {"model": "embedded"}})
        listener = stack.enter_context(Listener(address))
        with on_cores({own}):  # which the program inherits
            node = stack.enter_context(running(folder, "--config", config, "--bind", address))
        wait_for_all(listener, names)
        listener.until(lambda event: event["kind"] == "health" and event["uptime"] > WARM_UP_SECONDS)
        listen(run, listener, node, argparse.Namespace(seconds=seconds, interval=2.0))
        run.code = node.end(signal.SIGTERM)
        listener.drain()
    run.heard = listener.received
    return run


def row(run: Run, full: Sequence[float], cameras: int) -> list[str]:
    """What one run gave. full: tracks a minute of each clip, searched whole."""
    seconds = run.samples[-1].clock - run.samples[0].clock
    first, last = run.heartbeats[0], run.heartbeats[-1]
    span = last["uptime"] - first["uptime"]
    counts = {key: _sum(last, key) - _sum(first, key) for key in ("frames", "dropped")}
    new = sum(event["kind"] == "track" and event["action"] == "new" for event, _ in run.measured)
    delays = np.array([late for _, late in run.latencies]) * 1e3
    processor = (run.samples[-1].cpu - run.samples[0].cpu) / seconds
    return [
        str(cameras),
        f"{counts['frames'] / span / cameras:.1f}",
        f"{counts['dropped'] / max(1, counts['frames'] + counts['dropped']):.0%}",
        f"{processor:.0%} of a core",
        f"p50 {np.median(delays):.0f}, p99 {np.percentile(delays, 99):.0f}" if len(delays) else "no event",
        f"{60 * new / seconds / cameras:.1f}",
        f"{np.mean([full[number % len(full)] for number in range(cameras)]):.1f}",
    ]


def _sum(beat: "dict[str, dict[str, dict[str, int]]]", key: str) -> int:
    return sum(camera[key] for camera in beat["cameras"].values())


if __name__ == "__main__":
    main()

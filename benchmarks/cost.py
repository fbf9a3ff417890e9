"""What a frame costs the whole pipeline, next to one put together from well-known parts, in one run.

The other pipeline searches every frame whole with a given detector, follows with ByteTrack, and reads every face of
every frame with a given recogniser: what people build who need names today. Each clip is run as it is. The first is run
as 1080p too: one copy in a still, noisy picture, as most cameras have people in a part of their view. *Processor* is
time of all threads; the other columns are elapsed time on one core and on two. Models are loaded beforehand.

    python -m benchmarks.cost CLIP… --detector yunet_n.onnx scrfd_2.5g_kps.onnx --recognizer edgeface_xs.onnx
        --profile configs/recognizers/edgeface_xs.yaml
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import detectors.runtime  # first, because it limits the threads of numpy

# isort: split
import av
import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.cores import on_cores
from benchmarks.schedule import surround
from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Image
from detectors.base import Detections, FaceDetector
from detectors.load import load_detector
from pipeline.build import build
from pipeline.cli import effective_settings
from pipeline.settings.flags import parse_command_line
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import TrackingSettings
from pipeline.tracks.tracker import Tracker
from recognizer.base import Recognizer
from recognizer.chips import cut_chip
from recognizer.load import load_recognizer
from tests.synthetic.video import write_clip

HEADS = ["frames", "pipeline", "processor, ms", "times decoding", "one core, ms", "two cores, ms"]
WIDE_FPS = 15


Run = Callable[[], None]


@dataclass(frozen=True)
class Cost:
    """Seconds a frame: of all threads, and elapsed."""

    processor: float
    elapsed: float


def main() -> None:
    """Print the table, and write it into a document on request."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wide = widen(options.clips[0], Path(folder) / "wide.mp4", options.frames)
        rows = [row for clip in [*options.clips, wide] for row in measure_clip(clip, options)]
    text = f"{provenance('benchmarks.cost')}\n\n{table(HEADS, rows)}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "cost", text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="What a frame costs, next to a pipeline of well-known parts.")
    parser.add_argument("clips", nargs="+", type=Path, help="real footage; the first is also made 1080p")
    parser.add_argument("--detector", nargs="+", default=[], help="of the other pipelines, ONNX files")
    parser.add_argument(
        "--recognizer", required=True, help="of the other pipelines, ONNX file with a profile beside it"
    )
    parser.add_argument("--profile", default="", help="its chip specification, a file of configs/recognizers")
    parser.add_argument("--frames", type=int, default=120, help="of each clip, at most")
    parser.add_argument("--write", type=Path, help="also put the table into this document, section cost")
    return parser


def widen(clip: Path, path: Path, frames: int) -> Path:
    """Write the first frames of a clip as one copy in a still 1080p picture, H.264."""
    wide = (surround(image, index) for index, image in enumerate(decode(clip, frames)))
    return write_clip(path, wide, fps=WIDE_FPS, crf="26", preset="veryfast")


def decode(clip: Path, frames: int) -> Iterator[Image]:
    """The first frames of a clip, BGR uint8 (H,W,3)."""
    with av.open(str(clip)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for index, frame in enumerate(container.decode(video=0)):
            if index == frames:
                return
            yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def measure_clip(clip: Path, options: argparse.Namespace) -> list[list[str]]:
    """A row for each pipeline on one clip."""
    height, width = next(decode(clip, 1)).shape[:2]
    frames = sum(1 for _ in decode(clip, options.frames))
    runs: dict[str, Callable[[], Run]] = {"decoding": lambda: partial(_decode_only, clip, frames)}
    runs["Glimpse"] = partial(_glimpse, clip, frames, [])
    runs["Glimpse, every frame whole"] = partial(_glimpse, clip, frames, ["--scan-seconds", "0"])
    for model in options.detector:
        name = f"{Path(model).stem}, ByteTrack, {Path(options.recognizer).stem}"
        runs[name] = partial(_other, model, options, clip, frames)
    costs = {
        name: [measure(prepare(), frames, cores) for cores in (1, 2)]
        for name, prepare in track(runs.items(), f"{width}x{height}", console=Console(stderr=True))
    }
    decoding = costs["decoding"][0].processor
    return [_row(f"{width}x{height}", name, one, two, decoding) for name, (one, two) in costs.items()]


def measure(run: Run, frames: int, cores: int) -> Cost:
    """Run once on so many cores."""
    with on_cores(set(sorted(os.sched_getaffinity(0))[:cores])):
        elapsed, processor = time.perf_counter(), time.process_time()
        run()
        return Cost((time.process_time() - processor) / frames, (time.perf_counter() - elapsed) / frames)


def _decode_only(clip: Path, frames: int) -> None:
    for _ in decode(clip, frames):
        pass


def _glimpse(clip: Path, frames: int, flags: Sequence[str]) -> Run:
    """The whole program as it is served."""
    with av.open(str(clip)) as container:
        fps = float(container.streams.video[0].average_rate or 25)
    command = ["--source", str(clip), "--bind", "none", "--recognizer", "embedded", "--end", f"{frames / fps:.3f}"]
    job = build(effective_settings(parse_command_line([*command, *flags])), Outputs())

    def run() -> None:
        if failed := job.run():
            raise RuntimeError("; ".join(failed))

    return run


def _other(model: str, options: argparse.Namespace, clip: Path, frames: int) -> Run:
    runtime = detectors.runtime.Runtime()
    detector = load_detector(model, runtime=runtime, score=0.4)
    profile = ["--chip-spec", options.profile] if options.profile else []
    command = ["--source", str(clip), "--recognizer", options.recognizer, *profile]
    spec = effective_settings(parse_command_line(command)).recognizer.chip_spec
    return partial(_run_other, clip, frames, detector, load_recognizer(options.recognizer, spec=spec, runtime=runtime))


def _run_other(clip: Path, frames: int, detector: FaceDetector, recognizer: Recognizer) -> None:
    tracker = Tracker("clip", TrackingSettings())
    for index, image in enumerate(decode(clip, frames)):
        found = detector.detect(image)
        tracker.follow(found, index / WIDE_FPS)
        chips = list(_cut_all(image, found, recognizer))
        if chips:
            recognizer.embed(np.stack(chips))


def _cut_all(image: Image, found: Detections, recognizer: Recognizer) -> Iterator[Image]:
    for box, landmarks in zip(found.boxes, found.landmarks if found.landmarks is not None else (), strict=False):
        try:
            yield cut_chip(image, landmarks, recognizer.spec_for(float(box[3] - box[1])))
        except ValueError:  # landmarks that form no face
            continue


def _row(size: str, name: str, one: Cost, two: Cost, decoding: float) -> list[str]:
    times = f"{one.processor / decoding:.1f}"
    return [size, name, f"{one.processor * 1e3:.1f}", times, f"{one.elapsed * 1e3:.1f}", f"{two.elapsed * 1e3:.1f}"]


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()

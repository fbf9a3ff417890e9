"""What searching on a schedule costs and what it misses, against searching every frame whole.

Both run on the same frames of real clips through the same tracker. What counts as there is what the full search's
tracks saw; the surprising choice is to say so and not to call it truth: a face no full search finds is missed by both.
Small clips become 1080p in two ways: nine copies side by side (a crowd everywhere, the worst case), and one copy in a
still, noisy picture (people in a part of the view, as most cameras have it).

    python -m benchmarks.schedule --detector yunet_n.onnx FOLDER/mall-entrance.mp4 FOLDER/street-above.mov …
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from detectors.arrays import Float32, Image
from detectors.load import load_detector
from detectors.runtime import Runtime

# isort: split
import av
import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.section import provenance, table, write_section
from benchmarks.synthetic_crowd import iou
from detectors.base import Detections, FaceDetector, Window
from detectors.windows import moved, search_windows
from pipeline.scan import pack_windows
from pipeline.scan.schedule import Schedule
from pipeline.settings.types import CameraSettings, ScheduleSettings, TrackingSettings
from pipeline.tracks.tracker import Tracker
from pipeline.types import Frame

FPS = 12.0
SAME = 0.3  # IoU of two boxes of one face, small as they are
SHORT = 1.5  # seconds a short track lasts at most
SMALLEST = 10.0  # face height tracked
SHIFT = 3  # pixels cut off at two sides, for comparison
NOISE = 3.0  # grey levels, of the still part of a picture
TRACKING = TrackingSettings()
SCHEDULES = {
    "scan 1 s, motion 0.25 s": ScheduleSettings(scan_seconds=1.0, motion_seconds=0.25),
    "scan 1 s, no motion": ScheduleSettings(scan_seconds=1.0, motion_seconds=0.0),
    "scan 2 s, motion 0.25 s": ScheduleSettings(scan_seconds=2.0, motion_seconds=0.25),
}


@dataclass
class Tally:
    """What a way of searching did: tracked boxes by frame and track, network pixels and seconds of this process."""

    boxes: list[dict[int, Float32]] = field(default_factory=list)
    pixels: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Clip:
    """Frames of one size, and what a full search found in each and how long it took, seconds."""

    name: str
    frames: list[Frame]
    full: list[tuple[Detections, float]]


def main() -> None:
    options, console = _arguments(), Console(stderr=True)
    detector = load_detector(str(options.detector), runtime=Runtime())
    pack_windows.WINDOW_SIDES_PX = tuple(options.shapes)
    rows = []
    for path in options.clips:
        for name, view in _views(path).items():
            clip = _searched(f"{path.stem}, {name}", path, view, detector, options.seconds, console)
            rows += list(_rows(clip, detector, console))
    heads = ["clip", "search", "tracks", "short tracks", "faces", "later, s", "pixels", "time"]
    text = f"{provenance('benchmarks.schedule')}\n\n{table(heads, rows)}"
    Console(soft_wrap=True, highlight=False, markup=False).print(text)
    if options.write:
        write_section(options.write, "schedule", text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What searching on a schedule costs and what it misses.")
    parser.add_argument("clips", nargs="+", type=Path, help="real footage")
    parser.add_argument("--detector", type=Path, default="embedded", help="ONNX file, pack:NAME or embedded")
    parser.add_argument(
        "--shapes", type=int, nargs="+", default=pack_windows.WINDOW_SIDES_PX, help="sides of windows, multiples of 32"
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="of each clip, at most")
    parser.add_argument("--write", type=Path, help="also put the table into this document")
    return parser.parse_args()


def _views(path: Path) -> dict[str, Callable[[Image, int], Image]]:
    """How a clip is shown: as it is where it is large, else as 1080p in two ways."""
    with av.open(str(path)) as container:
        width, height = container.streams.video[0].width, container.streams.video[0].height
    if width * height >= 1280 * 720:
        return {f"{width}x{height}": lambda image, _: image}
    return {"1080p, nine copies": _tiled, "1080p, one copy": _in_a_still}


def _tiled(image: Image, index: int) -> Image:
    return np.tile(image, (1080 // image.shape[0] + 1, 1920 // image.shape[1] + 1, 1))[:1080, :1920]


def _in_a_still(image: Image, index: int) -> Image:
    """A wall of smooth texture with sensor noise of its own in every frame, the clip in its middle."""
    random = np.random.default_rng(0)
    wall = cv2.resize(random.uniform(60, 130, (34, 60, 1)), (1920, 1080), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(index).normal(0, NOISE, (1080, 1920)).astype(np.float32)
    canvas = np.repeat(np.clip(wall + noise, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    top, left = (1080 - image.shape[0]) // 2, (1920 - image.shape[1]) // 2
    canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
    return canvas


def _decoded(path: Path, seconds: float) -> Iterator[tuple[float, Image]]:
    """About FPS pictures a second."""
    due = 0.0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time > seconds:
                return
            if frame.time >= due - 1e-6:
                due += 1 / FPS
                yield float(frame.time), np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _searched(
    name: str, path: Path, view: Callable[[Image, int], Image], detector: FaceDetector, seconds: float, console: Console
) -> Clip:
    clip = Clip(name, [], [])
    for index, (moment, image) in enumerate(track(_decoded(path, seconds), name, total=None, console=console)):
        frame = Frame(name, index, moment, moment, moment, view(image, index))
        began = time.process_time()
        found = detector.detect(frame.image)
        clip.full.append((found, time.process_time() - began))
        clip.frames.append(frame)
    return clip


def _rows(clip: Clip, detector: FaceDetector, console: Console) -> Iterator[list[str]]:
    whole = _whole(clip, every=1)
    yield _row(clip, "every frame", whole, whole)
    yield _row(clip, "every frame, moved by 3 px", whole, _moved(clip, detector))
    yield _row(clip, "every 4th frame", whole, _whole(clip, every=4))
    for name, settings in track(SCHEDULES.items(), clip.name, console=console):
        yield _row(clip, name, whole, _scheduled(clip, settings, detector))


def _whole(clip: Clip, *, every: int) -> Tally:
    """Whole frames only, every n-th of them; nothing is known of the others."""
    tally, tracker = Tally(), Tracker(clip.name, TRACKING)
    for index, (frame, (found, seconds)) in enumerate(zip(clip.frames, clip.full, strict=True)):
        if index % every:
            tally.boxes.append({})
            continue
        tally.pixels += _area(frame)
        tally.seconds += seconds
        tally.boxes.append(_followed(tracker, found, frame))
    return tally


def _moved(clip: Clip, detector: FaceDetector) -> Tally:
    """As full a search, of pictures cut by three pixels: what it misses is what lies on the edge of being found."""
    tally, tracker = Tally(), Tracker(clip.name, TRACKING)
    for frame in clip.frames:
        began = time.process_time()
        found = moved(detector.detect(frame.image[SHIFT:, SHIFT:]), SHIFT, SHIFT)
        tally.seconds += time.process_time() - began
        tally.pixels += _area(frame)
        tally.boxes.append(_followed(tracker, found, frame))
    return tally


def _scheduled(clip: Clip, settings: ScheduleSettings, detector: FaceDetector) -> Tally:
    """By the pipeline's own schedule; a whole search is not run again, its answer and its time are known."""
    tally, tracker = Tally(), Tracker(clip.name, TRACKING)
    schedule = Schedule(settings, CameraSettings(source="clip"), min_score=TRACKING.high_score)

    def look(frame: Frame, windows: list[Window] | None) -> Detections:
        if windows is None:
            found, seconds = clip.full[frame.index]
            tally.pixels += _area(frame)
            tally.seconds += seconds
            return found
        tally.pixels += pack_windows.count_pixels(windows)
        return search_windows(detector, frame.image, windows)

    for frame in clip.frames:
        began = time.process_time()
        found = schedule.find(frame, look)
        tally.seconds += time.process_time() - began
        tally.boxes.append(_followed(tracker, found, frame))
    return tally


def _followed(tracker: Tracker, found: Detections, frame: Frame) -> dict[int, Float32]:
    large = found[np.flatnonzero(found.boxes[:, 3] - found.boxes[:, 1] >= SMALLEST)]
    return {one.id: one.box for one in tracker.follow(large, frame.media_time).seen}


def _area(frame: Frame) -> int:
    return int(frame.image.shape[0] * frame.image.shape[1])


def _row(clip: Clip, name: str, whole: Tally, tally: Tally) -> list[str]:
    """Shares of the full search's tracks, short tracks and faces that were seen; delay; shares of pixels and time."""
    seen = _agreement(whole, tally)
    times = [frame.media_time for frame in clip.frames]
    lasting = {one: times[rows[-1][0]] - times[rows[0][0]] for one, rows in seen.items()}
    met = {one: [index for index, hit in rows if hit] for one, rows in seen.items()}
    short = [one for one in seen if lasting[one] <= SHORT]
    late = [times[hits[0]] - times[seen[one][0][0]] for one, hits in met.items() if hits]
    hits, faces = sum(len(one) for one in met.values()), sum(len(rows) for rows in seen.values())
    return [
        clip.name,
        name,
        _share(sum(bool(hits) for hits in met.values()), len(seen)),
        _share(sum(bool(met[one]) for one in short), len(short)),
        _share(hits, faces),
        f"{np.mean(late) if late else 0:.2f}",
        f"{tally.pixels / whole.pixels:.2f}",
        f"{tally.seconds / whole.seconds:.2f}",
    ]


def _agreement(whole: Tally, tally: Tally) -> dict[int, list[tuple[int, bool]]]:
    """By track of the full search: the frames it was seen in, and whether a tracked box was there too."""
    seen: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    for index, (expected, got) in enumerate(zip(whole.boxes, tally.boxes, strict=True)):
        overlaps = iou(_stacked(list(expected.values())), _stacked(list(got.values())))
        for one, best in zip(expected, overlaps.max(axis=1, initial=0), strict=True):
            seen[one].append((index, bool(best >= SAME)))
    return seen


def _stacked(boxes: Sequence[Float32]) -> Float32:
    return np.array(boxes, np.float32).reshape(-1, 4)


def _share(part: int, of: int) -> str:
    return f"{part / of:.3f} of {of}" if of else "none"


if __name__ == "__main__":
    main()

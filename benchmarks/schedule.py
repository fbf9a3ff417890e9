"""What searching on a schedule costs and what it misses, compared with searching every frame whole.

Both run on the same frames of real clips through the same tracker. The reference is what the full search's tracks saw,
not the truth: a face that no full search finds is missed by both. Small clips become 1080p in two ways: nine copies
side by side (a crowd everywhere, the worst case), and one copy in a still, noisy picture (people in a part of the view,
as most cameras have it).

    python -m benchmarks.schedule --detector yunet_n.onnx FOLDER/mall-entrance.mp4 FOLDER/street-above.mov …
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
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

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.base import Detections, FaceDetector, Window
from detectors.boxes import box_iou
from detectors.windows import search_windows, shift
from pipeline.scan import pack_windows
from pipeline.scan.schedule import Schedule
from pipeline.settings.types import CameraSettings, ScheduleSettings, TrackingSettings
from pipeline.tracks.tracker import Tracker
from pipeline.types import Frame

FPS = 12.0
SAME_FACE_IOU = 0.3  # of two boxes, small as they are
SHORT_SECONDS = 1.5  # that a short track lasts at most
MIN_TRACKED_PX = 10.0  # face height
SHIFT_PX = 3  # cut off at two sides, for comparison
NOISE_LEVELS = 3.0  # grey levels, of the still part of a picture
TRACKING = TrackingSettings()
SCHEDULES = {
    "scan 1 s, motion 0.25 s": ScheduleSettings(scan_seconds=1.0, motion_seconds=0.25),
    "scan 1 s, no motion": ScheduleSettings(scan_seconds=1.0, motion_seconds=0.0),
    "scan 2 s, motion 0.25 s": ScheduleSettings(scan_seconds=2.0, motion_seconds=0.25),
}


@dataclass
class Tally:
    """What one way of searching gave: tracked boxes by frame and track, network pixels, seconds of this process."""

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
    """Print the table, and write it into a document on request."""
    options, console = _parser().parse_args(), Console(stderr=True)
    detector = load_detector(str(options.detector), runtime=Runtime())
    pack_windows.WINDOW_SIDES_PX = tuple(options.shapes)
    rows = []
    for path in options.clips:
        for name, lay_out in _layouts(path).items():
            pictures = (
                (time, lay_out(image, index)) for index, (time, image) in enumerate(_decode(path, options.seconds))
            )
            clip = _search(f"{path.stem}, {name}", pictures, detector, console)
            rows += list(_rows(clip, detector, console))
    heads = ["clip", "search", "tracks", "short tracks", "faces", "later, s", "pixels", "time"]
    text = f"{provenance('benchmarks.schedule')}\n\n{table(heads, rows)}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "schedule", text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="What searching on a schedule costs and what it misses.")
    parser.add_argument("clips", nargs="+", type=Path, help="real footage")
    parser.add_argument("--detector", type=Path, default="embedded", help="ONNX file, pack:NAME or embedded")
    parser.add_argument(
        "--shapes", type=int, nargs="+", default=pack_windows.WINDOW_SIDES_PX, help="sides of windows, multiples of 32"
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="of each clip, at most")
    parser.add_argument("--write", type=Path, help="also put the table into this document")
    return parser


def _layouts(path: Path) -> dict[str, Callable[[Image, int], Image]]:
    """How a clip is laid out: as it is where it is large, otherwise as 1080p in two ways."""
    with av.open(str(path)) as container:
        width, height = container.streams.video[0].width, container.streams.video[0].height
    if width * height >= 1280 * 720:
        return {f"{width}x{height}": lambda image, _: image}
    return {"1080p, nine copies": _tile, "1080p, one copy": surround}


def _tile(image: Image, index: int) -> Image:
    return np.tile(image, (1080 // image.shape[0] + 1, 1920 // image.shape[1] + 1, 1))[:1080, :1920]


def surround(image: Image, index: int) -> Image:
    """The clip in the middle of a wall of smooth texture, with new sensor noise in every frame."""
    random = np.random.default_rng(0)
    wall = cv2.resize(random.uniform(60, 130, (34, 60, 1)), (1920, 1080), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(index).normal(0, NOISE_LEVELS, (1080, 1920)).astype(np.float32)
    canvas = np.repeat(np.clip(wall + noise, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    top, left = (1080 - image.shape[0]) // 2, (1920 - image.shape[1]) // 2
    canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
    return canvas


def _decode(path: Path, seconds: float) -> Iterator[tuple[float, Image]]:
    """Times and pictures, about FPS a second."""
    due = 0.0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time > seconds:
                return
            if frame.time >= due - 1e-6:
                due += 1 / FPS
                yield float(frame.time), np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _search(name: str, pictures: Iterable[tuple[float, Image]], detector: FaceDetector, console: Console) -> Clip:
    """Search every picture whole; each comes with its media time."""
    clip = Clip(name, [], [])
    for index, (media_time, image) in enumerate(track(pictures, name, total=None, console=console)):
        frame = Frame(name, index, media_time, media_time, media_time, image)
        began = time.process_time()
        found = detector.detect(frame.image)
        clip.full.append((found, time.process_time() - began))
        clip.frames.append(frame)
    return clip


def _rows(clip: Clip, detector: FaceDetector, console: Console) -> Iterator[list[str]]:
    whole = _search_whole(clip, every=1)
    yield _row(clip, "every frame", whole, whole)
    yield _row(clip, "every frame, moved by 3 px", whole, _search_shifted(clip, detector))
    yield _row(clip, "every 4th frame", whole, _search_whole(clip, every=4))
    for name, settings in track(SCHEDULES.items(), clip.name, console=console):
        yield _row(clip, name, whole, _search_on_schedule(clip, settings, detector))


def _search_whole(clip: Clip, *, every: int) -> Tally:
    """Every n-th frame, whole; the others have no boxes."""
    tally, tracker = Tally(), Tracker(clip.name, TRACKING)
    for index, (frame, (found, seconds)) in enumerate(zip(clip.frames, clip.full, strict=True)):
        if index % every:
            tally.boxes.append({})
            continue
        tally.pixels += _area(frame)
        tally.seconds += seconds
        tally.boxes.append(_track(tracker, found, frame))
    return tally


def _search_shifted(clip: Clip, detector: FaceDetector) -> Tally:
    """Pictures cut by three pixels, searched whole: what this misses is on the edge of being found."""
    tally, tracker = Tally(), Tracker(clip.name, TRACKING)
    for frame in clip.frames:
        began = time.process_time()
        found = shift(detector.detect(frame.image[SHIFT_PX:, SHIFT_PX:]), SHIFT_PX, SHIFT_PX)
        tally.seconds += time.process_time() - began
        tally.pixels += _area(frame)
        tally.boxes.append(_track(tracker, found, frame))
    return tally


def _search_on_schedule(clip: Clip, settings: ScheduleSettings, detector: FaceDetector) -> Tally:
    """By the pipeline's own schedule. A whole search is not repeated: its result and its time are known."""
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
        tally.boxes.append(_track(tracker, found, frame))
    return tally


def _track(tracker: Tracker, found: Detections, frame: Frame) -> dict[int, Float32]:
    large = found[np.flatnonzero(found.boxes[:, 3] - found.boxes[:, 1] >= MIN_TRACKED_PX)]
    return {sighting.id: sighting.box for sighting in tracker.follow(large, frame.media_time).seen}


def _area(frame: Frame) -> int:
    return int(frame.image.shape[0] * frame.image.shape[1])


def _row(clip: Clip, name: str, whole: Tally, tally: Tally) -> list[str]:
    """Shares of the full search's tracks, short tracks and faces that were seen; delay; shares of pixels and time."""
    tracks = _match(whole, tally)
    times = [frame.media_time for frame in clip.frames]
    short = [rows for rows in tracks if times[rows[-1][0]] - times[rows[0][0]] <= SHORT_SECONDS]
    first_hits = [(rows[0][0], next((index for index, hit in rows if hit), None)) for rows in tracks]
    delays = [times[hit] - times[start] for start, hit in first_hits if hit is not None]
    return [
        clip.name,
        name,
        _share(len(delays), len(tracks)),
        _share(sum(any(hit for _, hit in rows) for rows in short), len(short)),
        _share(sum(hit for rows in tracks for _, hit in rows), sum(len(rows) for rows in tracks)),
        f"{np.mean(delays) if delays else 0:.2f}",
        f"{tally.pixels / whole.pixels:.2f}",
        f"{tally.seconds / whole.seconds:.2f}",
    ]


def _match(whole: Tally, tally: Tally) -> list[list[tuple[int, bool]]]:
    """For each track of the full search the frames it was seen in, and whether a tracked box was there too."""
    tracks: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    for index, (expected, found) in enumerate(zip(whole.boxes, tally.boxes, strict=True)):
        overlaps = box_iou(_stack(list(expected.values())), _stack(list(found.values())))
        for track_id, best in zip(expected, overlaps.max(axis=1, initial=0), strict=True):
            tracks[track_id].append((index, bool(best >= SAME_FACE_IOU)))
    return list(tracks.values())


def _stack(boxes: Sequence[Float32]) -> Float32:
    return np.array(boxes, np.float32).reshape(-1, 4)


def _share(part: int, total: int) -> str:
    return f"{part / total:.3f} of {total}" if total else "none"


if __name__ == "__main__":
    main()

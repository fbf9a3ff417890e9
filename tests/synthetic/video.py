"""Writes small video clips: of given frames, or of painted people who walk, with the ground truth of their boxes."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from detectors.arrays import Image

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Truth:
    """Ground truth of a clip: `boxes[i]` maps the number of each person in frame i to x1 y1 x2 y2, in pixels."""

    fps: float
    size: tuple[int, int]
    boxes: list[dict[int, Box]]


def write_clip(path: Path, frames: Iterable[Image], *, fps: float = 12, codec: str = "libx264", **options: Any) -> Path:
    """Encode BGR uint8 frames of one even size, as cameras do: without B-frames, with a key frame each second.

    options: `times` (seconds of each frame, for variable rates), `pix_fmt`, and any encoder option as text.
    """
    times: list[float] | None = options.pop("times", None)
    pix_fmt = options.pop("pix_fmt", "yuv420p")
    settings = {"preset": "ultrafast", "tune": "zerolatency", "crf": "18"} if codec == "libx264" else {}
    rate = Fraction(fps).limit_denominator(1000)
    with av.open(str(path), "w") as container:
        stream: Any = None
        for index, image in enumerate(frames):
            if stream is None:
                stream = container.add_stream(codec, rate=rate, options=settings | options)
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = pix_fmt
                stream.gop_size = max(1, round(fps))
                stream.codec_context.time_base = Fraction(1, 90_000)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = round((index / rate if times is None else times[index]) * 90_000)
            frame.time_base = Fraction(1, 90_000)
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode())
    return path


def write_rotated_clip(path: Path, image: Image, degrees: int) -> Path:
    """Encode three frames of one BGR image with a display matrix that turns them counter-clockwise."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12, options={"crf": "10"})
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.set_display_rotation(degrees)
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def move_index_first(clip: Path, path: Path) -> Path:
    """Copy an MP4 file with its index at the start, so that it can be read after truncation."""
    with av.open(str(clip)) as original, av.open(str(path), "w", options={"movflags": "faststart"}) as copy:
        stream = copy.add_stream_from_template(original.streams.video[0])
        for packet in original.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    return path


def write_sound(path: Path) -> Path:
    """Write a quarter of a second of silence without video."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        for _ in range(4):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 16_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def numbered(count: int, *, size: tuple[int, int] = (64, 48)) -> list[Image]:
    """Make BGR frames that show their own number as 8 black or white columns: see `number_of`."""
    width, height = size
    frames = []
    for index in range(count):
        columns = np.array([255 * (index >> bit & 1) for bit in range(8)], np.uint8)
        row = np.repeat(columns, width // 8)
        row = np.pad(row, (0, width - len(row)))
        frames.append(np.ascontiguousarray(np.broadcast_to(row[None, :, None], (height, width, 3))))
    return frames


def number_of(image: Image) -> int:
    """Read the number that a frame of `numbered` shows."""
    step = image.shape[1] // 8
    columns = image[image.shape[0] // 2, step // 2 : step * 8 : step, 1]
    return sum(1 << bit for bit, value in enumerate(columns) if value > 127)


def walk_clip(path: Path, *, people: int = 2, seconds: float = 4, fps: float = 12, **options: Any) -> Truth:
    """Write a clip in which painted people cross a noisy scene and grow as they come nearer; returns its ground truth.

    options: `size` (width, height; 320 by 240), `face_px` (smallest and largest face height; 12 to 40).
    """
    size = options.pop("size", (320, 240))
    face_px = options.pop("face_px", (12, 40))
    truth = Truth(fps, size, [])
    scene = _paint_scene(size)
    count = round(seconds * fps)

    def frames() -> Iterable[Image]:
        for index in range(count):
            image = scene.copy()
            share = index / max(count - 1, 1)
            boxes = {number: _person_box(number, people, share, (size, face_px)) for number in range(people)}
            for number, box in boxes.items():
                _paint(image, number, box)
            truth.boxes.append(boxes)
            yield image

    write_clip(path, frames(), fps=fps, crf="12")
    return truth


def _person_box(number: int, people: int, share: float, view: tuple[tuple[int, int], tuple[float, float]]) -> Box:
    """Where a person is at this share of the clip: in its own lane; every second person walks to the left."""
    (width, height), (small, large) = view
    size = small + (large - small) * share
    lane = height / people
    x = (0.1 + 0.6 * (share if number % 2 == 0 else 1 - share)) * width
    y = lane * number + max(0.0, (lane - size) / 2)
    return (x, y, x + size * 0.8, y + size)


def _paint_scene(size: tuple[int, int]) -> Image:
    noise = np.random.default_rng(1).integers(70, 110, (size[1] // 8, size[0] // 8, 3), np.uint8)
    return np.asarray(cv2.resize(noise, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _paint(image: Image, number: int, box: Box) -> None:
    from tests.synthetic.networks import paint_person

    paint_person(image, number, box)

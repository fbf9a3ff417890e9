"""Writes a recording again with the faces of each frame hidden."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from detectors.arrays import Float32, Image
from glimpse.blur.hide import Style, hide
from glimpse.blur.sound import add_sound
from glimpse.errors import SourceError
from pipeline.capture.video_file import VideoFile
from pipeline.secrets.private_files import make_private_file
from pipeline.sinks.video import VideoWriter


@dataclass(frozen=True, slots=True)
class Written:
    """A film that was written. frames: with a hidden region.  damage: what of the recording could not be read."""

    frames: int
    has_sound: bool
    damage: str


def write_film(
    recording: Path,
    target: Path,
    regions: Mapping[int, Float32],
    *,
    style: Style,
    on_time: Callable[[float], None] = lambda seconds: None,
) -> Written:
    """Write `target`, an MP4 file. regions: boxes to hide, float32 (N,4) in pixels, by frame number.

    The target appears only when it is complete. Raises SourceError where a frame cannot be written, and OSError.
    """
    pictures = target.with_name(f".{target.stem}.pictures.mp4")
    whole = target.with_name(f".{target.stem}.new.mp4")
    try:
        damage = _write_pictures(recording, pictures, regions, style, on_time)
        make_private_file(whole)
        has_sound = add_sound(pictures, recording, whole)
        os.replace(whole, target)
    except av.FFmpegError as error:
        raise SourceError(f"{recording}: expected a recording that can be written as MP4 ({error})") from error
    finally:
        for left in (pictures, pictures.with_suffix(".part.mp4"), pictures.with_suffix(".new.mp4"), whole):
            left.unlink(missing_ok=True)
    return Written(len(regions), has_sound, damage)


def _write_pictures(
    recording: Path, target: Path, regions: Mapping[int, Float32], style: Style, on_time: Callable[[float], None]
) -> str:
    """Write the pictures alone; returns what was wrong with the recording."""
    video, writer = VideoFile(str(recording)), None
    try:
        for frame in video.frames():
            image = frame.read_image()
            if image is None:
                continue
            if writer is None:
                writer, size = VideoWriter(target, image, frame.media_time), image.shape[1::-1]
            writer.write(_without_faces(image, regions.get(frame.index), size, style), frame.media_time)
            on_time(frame.media_time)
    finally:
        if writer is not None:
            writer.close()
        video.close()
    return video.describe_damage()


def _without_faces(image: Image, boxes: Float32 | None, size: tuple[int, int], style: Style) -> Image:
    """A copy with these regions hidden, at the size of the film."""
    picture = image.copy()
    if boxes is not None:
        hide(picture, boxes, style)
    return picture if picture.shape[1::-1] == size else np.asarray(cv2.resize(picture, size), np.uint8)

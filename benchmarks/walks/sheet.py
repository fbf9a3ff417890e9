"""A contact sheet of the clips, to see what the walks look like."""

from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from detectors.arrays import Image

COLUMNS = 3
WIDTH_PX = 640


def write_sheet(clips: Sequence[Path], path: Path) -> None:
    """Write one frame of each clip, two thirds into it, side by side."""
    frames = [_read_frame(clip) for clip in clips]
    blank = np.zeros_like(frames[0])
    frames += [blank] * (-len(frames) % min(COLUMNS, len(frames)))
    columns = min(COLUMNS, len(frames))
    rows = [np.hstack(frames[start : start + columns]) for start in range(0, len(frames), columns)]
    cv2.imwrite(str(path), np.vstack(rows))


def _read_frame(clip: Path) -> Image:
    with av.open(str(clip)) as container:
        wanted = container.streams.video[0].frames * 2 // 3
        frame = next(frame for index, frame in enumerate(container.decode(video=0)) if index == wanted)
        image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    return np.asarray(cv2.resize(image, (WIDTH_PX, WIDTH_PX * image.shape[0] // image.shape[1])), np.uint8)

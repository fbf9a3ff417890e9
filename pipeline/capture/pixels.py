"""From FFmpeg's frames to the arrays everything else sees: BGR, upright, read-only."""

from typing import cast

import av
import numpy as np

from detectors.arrays import Image


def to_bgr(frame: av.VideoFrame) -> Image:
    """Convert any pixel format to BGR uint8 (H,W,3), turned upright as the file's display matrix says, read-only.

    10-bit and HDR pictures are scaled to 8 bits without tone mapping: paler than on a screen, all detail there.
    """
    image = cast(Image, frame.to_ndarray(format="bgr24", threads=1))
    turns = quarter_turns(frame)
    if turns:
        image = np.ascontiguousarray(np.rot90(image, turns))
    image.flags.writeable = False
    return image


def quarter_turns(frame: av.VideoFrame) -> int:
    """Counter-clockwise quarter turns that put the frame upright, 0 to 3."""
    return round(frame.rotation / 90) % 4


def upright_size(frame: av.VideoFrame) -> tuple[int, int]:
    """Width and height of the picture `to_bgr` gives."""
    width, height = frame.width, frame.height
    return (height, width) if quarter_turns(frame) % 2 else (width, height)

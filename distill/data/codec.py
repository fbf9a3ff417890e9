"""Compresses chips with a real H.264 encoder, to get its block and smear artefacts.

A batch is tiled into one picture and encoded as one frame: an encoder per chip costs a hundred times a training step.
"""

import io
import math

import av
import numpy as np

from detectors.arrays import Chips, Image


def compress_h264(chips: Chips, *, quality: int) -> Chips:
    """Encode and decode BGR uint8 (N,S,S,3). quality: H.264 constant rate factor, 0..51; higher compresses more."""
    sheet, columns = _tile(chips)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="h264") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": str(quality), "preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = sheet.shape[0], sheet.shape[1], "yuv420p"
        frame = av.VideoFrame.from_ndarray(sheet, format="bgr24")
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    buffer.seek(0)
    with av.open(buffer, "r", format="h264") as coded:
        decoded = next(coded.decode(video=0)).to_ndarray(format="bgr24")
    return _untile(np.asarray(decoded, np.uint8), len(chips), chips.shape[1], columns)


def _tile(chips: Chips) -> tuple[Image, int]:
    """Return one picture of all chips and its number of columns. Odd sides are padded: 4:2:0 needs even ones."""
    count, side = chips.shape[:2]
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.zeros((rows * side + rows * side % 2, columns * side + columns * side % 2, 3), np.uint8)
    for index, chip in enumerate(chips):
        y, x = divmod(index, columns)
        sheet[y * side : (y + 1) * side, x * side : (x + 1) * side] = chip
    return sheet, columns


def _untile(sheet: Image, count: int, side: int, columns: int) -> Chips:
    places = [divmod(index, columns) for index in range(count)]
    return np.asarray([sheet[y * side : (y + 1) * side, x * side : (x + 1) * side] for y, x in places], np.uint8)

"""Puts a photograph upright that lies on its side or its head, and has no EXIF orientation that says so.

Detectors give landmarks of an upright face for one that lies on its side, so the direction from eyes to mouth says
nothing. Score times likeness (FaceChoice.clarity) does: benchmarks/upright.py counts how often.
"""

import numpy as np

from detectors.arrays import Image
from recognizer.gallery.only_face import MAX_SIDE_PX, FaceChoice, OnlyFace, RefusedError, shrink

MIN_GAIN = 1.1  # a turned picture must be better than the stored one by this factor


def find_upright(picture: Image, choice: FaceChoice) -> tuple[Image, int, OnlyFace]:
    """The picture with its only face upright, by how many degrees it was turned counter-clockwise, and the face.

    Raises RefusedError where the clearest copy has no only face, with the reason of the picture as it lies: what is
    hardly a face is a little clearer now in one copy and now in another. Where that has a face, the reason is the
    copy's: a second person may be seen only there.
    """
    small = shrink(picture, MAX_SIDE_PX)
    clarity = [choice.clarity(_turn(small, turns)) for turns in range(4)]
    best = int(np.argmax(clarity))
    if clarity[best] <= MIN_GAIN * clarity[0]:
        return picture, 0, choice.choose(picture)
    turned = _turn(picture, best)
    try:
        return turned, 90 * best, choice.choose(turned)
    except RefusedError as error:
        choice.choose(picture)
        raise RefusedError(str(error), error.boxes, 90 * best) from error


def _turn(picture: Image, turns: int) -> Image:
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture

"""Puts a photograph upright that lies on its side or its head, and has no EXIF orientation that says so.

Detectors give landmarks of an upright face for one that lies on its side, so the direction from eyes to mouth says
nothing. Score times likeness (FaceChoice.clearest) does: benchmarks/upright.py counts how often.
"""

import numpy as np

from detectors.arrays import Image
from recognizer.gallery.only_face import MAX_SIDE_PX, FaceChoice, OnlyFace, RefusedError, shrink

MIN_GAIN = 1.1  # a turned picture must be better than the stored one by this factor
MIN_SHARE = 1 / 3  # of the height of the stored one's clear face, that one in a turned picture needs


def find_upright(picture: Image, choice: FaceChoice) -> tuple[Image, int, OnlyFace]:
    """The picture with its only face upright, by how many degrees it was turned counter-clockwise, and the face.

    A picture of which one face is meant (`FaceChoice.at`) stays as it lies.
    Raises RefusedError where the clearest copy has no only face, with the reason of the picture as it lies: what is
    hardly a face is a little clearer now in one copy and now in another. Where that has a face, the reason is the
    copy's: a second person may be seen only there.
    """
    if choice.at is not None:
        return picture, 0, choice.choose(picture)
    clarity = _clarity_by_turn(shrink(picture, MAX_SIDE_PX), choice)
    best = int(np.argmax(clarity))
    if clarity[best] <= MIN_GAIN * clarity[0]:
        return picture, 0, choice.choose(picture)
    turned = _turn(picture, best)
    try:
        return turned, 90 * best, choice.choose(turned)
    except RefusedError as error:
        choice.choose(picture)
        raise RefusedError(str(error), error.boxes, 90 * best) from error


def _clarity_by_turn(picture: Image, choice: FaceChoice) -> list[float]:
    """How clear the clearest face is in each of the four ways to hold the picture.

    Where a face is clear as the picture lies, specks in the others do not count: a face is as large in each of them.
    """
    lying = choice.clearest(picture)
    min_px = MIN_SHARE * lying.px if lying.value >= choice.min_score else 0.0
    return [lying.value, *(choice.clearest(_turn(picture, turns), min_px=min_px).value for turns in (1, 2, 3))]


def _turn(picture: Image, turns: int) -> Image:
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture

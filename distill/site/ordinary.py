"""The general test that ships: thirty generated people, filmed from far by ordinary cameras that are not the site's.

A student may learn one camera by heart and forget all others. Nothing is fitted to these faces and nothing is chosen by
them. The people do not exist (docs/credits.md).
"""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

from detectors.arrays import Image
from detectors.pictures import decode_picture
from distill.site.camera import Camera, film
from distill.site.visitors import Look
from distill.site.visits import Pair
from recognizer.base import Recognizer

FACES = Path(__file__).parent / "ordinary_faces"
CAMERAS = tuple(Camera(*values) for values in product((0.4, 0.8, 1.2), (2.0, 6.0), (23, 29)))
HEIGHTS_PX = (12.0, 18.0, 22.0, 26.0)  # one in each range that is measured
NEAR_PX = 112.0  # height of the face in the pictures


def read_ordinary_faces(folder: Path = FACES) -> list[Image]:
    """Aligned pictures BGR uint8 (112,112,3), one of each person. Raises FileNotFoundError where they are missing."""
    files = sorted(folder.glob("*.webp"))
    pictures = [decode_picture(path.read_bytes()) for path in files]
    found = [picture for picture in pictures if picture is not None]
    if not found:
        raise FileNotFoundError(f"{folder}: expected the pictures of the general test, found none")
    return found


def film_ordinary_faces(recognizer: Recognizer, faces: Sequence[Image], far_px: float) -> list[Pair]:
    """A pair for every camera and person: the picture is enrolled, and its far views up to `far_px` are searched."""
    heights = [px for px in HEIGHTS_PX if px <= far_px]
    pairs: list[Pair] = []
    for number, camera in enumerate(CAMERAS):
        looks: list[list[Look]] = [[] for _ in faces]
        for px in heights:
            chips = film(faces, [px] * len(faces), camera, recognizer.spec_for(px), seed=number)
            for own, chip in zip(looks, chips, strict=True):
                own.append(Look(chip, px, 0.0))
        pairs += [Pair(Look(face, NEAR_PX, 0.0), tuple(own)) for face, own in zip(faces, looks, strict=True)]
    return pairs

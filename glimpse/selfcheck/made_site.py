"""Makes what a site would have kept of a night: films of photographs, as `recognizer.filmed` makes them.

The expectations of the self-check are measured on these, and so is how often it is wrong.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from detectors.arrays import Image
from glimpse.selfcheck.seen_track import SeenTrack, decode_crop
from pipeline.tracks.samples import encode_crop
from recognizer.base import Recognizer
from recognizer.filmed import FACES, FPS, GROWTH, PLAIN_CAMERA, Camera, FilmedFace, film_faces, pool_looks
from recognizer.lengths import LengthBand

SECONDS_APART = 60.0  # between two films


def film_site(
    recognizer: Recognizer,
    pictures: Sequence[Image],
    px: float,
    lengths: Sequence[LengthBand],
    *,
    seed: int,
    camera: Camera = PLAIN_CAMERA,
    name: str = "door",
) -> Iterator[list[SeenTrack]]:
    """Tracks of these aligned pictures, BGR uint8 (112,112,3), film by film; each film has a camera's own conditions.

    px: typical face height, pixels.
    """
    random = np.random.default_rng(seed)
    for number, start in enumerate(range(0, len(pictures), FACES)):
        filmed = film_faces(recognizer, pictures[start : start + FACES], px, lengths, random, camera=camera)
        yield [seen_track(face, name, number * SECONDS_APART) for face in filmed]


def seen_track(face: FilmedFace, camera: str, begin: float) -> SeenTrack:
    """What a history would have kept of it. begin: Unix seconds."""
    evidence = pool_looks(face.looks)
    best = int(np.argmax([look.weight for look in face.looks]))
    return SeenTrack(
        camera,
        begin,
        begin + len(GROWTH) / FPS,
        evidence.pooled_px,
        evidence.looks,
        evidence.template().astype(np.float16).astype(np.float32),
        evidence.agreement,
        decode_crop(encode_crop(face.chips[best])),
        face.looks[best].face_px,
    )

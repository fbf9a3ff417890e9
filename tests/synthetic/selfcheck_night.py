"""Nights of a camera for tests of the self-check: films of the generated portraits of docs/faces, eight people."""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from detectors.arrays import Float64, Image
from detectors.runtime import Runtime
from glimpse.selfcheck.figures import Reader
from glimpse.selfcheck.made_site import film_site
from glimpse.selfcheck.mean_face import average
from glimpse.selfcheck.seen_track import SeenTrack
from recognizer.base import Recognizer
from recognizer.chips import cut_chip
from recognizer.filmed import PICTURE_PX, Camera, Conditions
from recognizer.load import Scoring, load_recognizer, open_scoring
from recognizer.spec import ChipSpec, arcface_landmarks
from tests.synthetic.portraits import FACES, portrait

MODEL, PX, FILMED = "tiny", 20.0, 48
CONDITIONS = Conditions(0.6, 3.0, 25)
EYES_AND_MOUTH = ((0.41, 0.44), (0.59, 0.44), (0.5, 0.54), (0.43, 0.63), (0.57, 0.63))  # of these portraits, roughly


@cache
def recognizer() -> Recognizer:
    return load_recognizer(MODEL, runtime=Runtime())


@cache
def scoring() -> Scoring:
    return open_scoring(recognizer(), model=MODEL)


@cache
def aligned_people() -> tuple[Image, ...]:
    """The portraits, aligned, BGR uint8 (112,112,3)."""
    spec = ChipSpec(size=PICTURE_PX, landmarks=arcface_landmarks(PICTURE_PX))
    names = sorted(path.stem for path in FACES.glob("*.jpg"))
    points = np.array(EYES_AND_MOUTH, np.float32) * 256
    return tuple(cut_chip(portrait(name), points, spec) for name in names)


def reader(reads_with: Recognizer | None = None) -> Reader:
    """Measures with the mean of these people: eight are not what faces are on average."""
    return Reader(reads_with or recognizer(), scoring().calibration.lengths, mean_face())


@cache
def mean_face() -> Float64:
    return average([track.crop for track in night(90) if track.crop is not None])


def night(seed: int, *, camera: Camera | None = None, reads_with: Recognizer | None = None) -> list[SeenTrack]:
    """Forty-eight tracks of these people, other ones for each seed; each film is lit and mirrored in another way."""
    random = np.random.default_rng(seed)
    pictures = [_vary(aligned_people()[row % len(aligned_people())], random) for row in range(FILMED)]
    used = camera or Camera(conditions=CONDITIONS)
    lengths = scoring().calibration.lengths
    films = film_site(reads_with or recognizer(), pictures, PX, lengths, seed=seed, camera=used)
    return [track for film in films for track in film]


def _vary(picture: Image, random: np.random.Generator) -> Image:
    """The picture with other light, and mirrored half of the time."""
    lit = np.clip(picture.astype(np.float32) * random.uniform(0.8, 1.2) + random.uniform(-15, 15), 0, 255)
    return np.asarray(cv2.flip(lit, 1) if random.integers(2) else lit, np.float32).round().astype(np.uint8)


def without_crops(tracks: Sequence[SeenTrack]) -> list[SeenTrack]:
    """The same tracks, of which no crop was kept."""
    return [SeenTrack(track.camera, track.first, track.last, track.px, template=track.template) for track in tracks]

"""Tracks as a camera makes them, from photographs: faces that come nearer, with blur, noise, H.264 and alike looks.

A film shows many faces side by side, each on a sheet of its own, so that the encoder has to work once for all of them.
They share its blur, noise and compression, which are drawn at random.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

import av
import cv2
import numpy as np

from detectors.arrays import Float32, Float64, Image
from recognizer.base import Recognizer
from recognizer.chips import cut_chip
from recognizer.evidence import Evidence, Sample
from recognizer.lengths import LengthBand, length_weight
from recognizer.population import LANDMARK_JITTER
from recognizer.quality import size_weight
from recognizer.spec import ChipSpec, aligned_landmarks

FPS = 10
TYPICAL_FRAME = 8  # in which faces are about as high as asked for
GROWTH = np.geomspace(0.6, 1.2, 12)  # face height in each frame, as a multiple of the size asked for
PICTURE_PX = 112  # side of the aligned pictures
FACES = 64  # of a film
COLUMNS = 8
SHEET = 1.8  # side of a sheet, as a multiple of the greatest face height
BLUR_PX = (0.4, 1.0)  # standard deviation of the optics
NOISE = (2.0, 6.0)  # grey levels, standard deviation
CRF = (22, 30)  # quality of x264: low is good
STEP = 0.12  # standard deviation of the way that a face goes across in the film, as a share of its height
EXPOSURE = 0.03  # the same while the shutter is open
ROLL = 3.0  # degrees, standard deviation of the tilt that comes and goes in the film
Cut: TypeAlias = Callable[[Image, Float32, ChipSpec], Image]


@dataclass(frozen=True)
class _Walks:
    """How the faces of one film move; each is `px` high in the typical frame and has a sheet of `side` pixels.

    start, way, shake: (N,2), shares of the face's height.  roll: (N,2), degrees.
    """

    px: float
    side: int
    start: Float64
    way: Float64
    shake: Float64
    roll: Float64

    def height(self, index: int) -> float:
        """Face height in a frame, pixels."""
        return self.px * float(GROWTH[index])

    def sheet(self, number: int) -> tuple[slice, slice]:
        """Where the sheet of a face is in the frame."""
        y, x = (self.side * place for place in divmod(number, COLUMNS))
        return slice(y, y + self.side), slice(x, x + self.side)

    def place(self, number: int, index: int) -> Float64:
        """Where the picture goes on its sheet: (3,3), corner coordinates."""
        share = index / (len(GROWTH) - 1)
        turn = np.radians(self.roll[number, 0] + self.roll[number, 1] * np.sin(2 * np.pi * share))
        turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        rotation = self.height(index) / PICTURE_PX * turned
        across = np.clip(self.start[number] + share * self.way[number], -0.4, 0.4)
        centre = self.side / 2 + self.height(index) * across
        shift = centre - rotation @ np.full(2, PICTURE_PX / 2)
        return np.vstack([np.column_stack([rotation, shift]), [0.0, 0.0, 1.0]])


@dataclass(frozen=True, slots=True)
class Conditions:
    """Of a camera: blur of the optics, pixels, noise, grey levels (standard deviations), and quality of x264."""

    blur: float
    noise: float
    crf: int


def draw_conditions(random: np.random.Generator) -> Conditions:
    """Those of any camera, within BLUR_PX, NOISE and CRF."""
    blur, noise = random.uniform(*BLUR_PX), random.uniform(*NOISE)
    return Conditions(float(blur), float(noise), int(random.integers(CRF[0], CRF[1] + 1)))


@dataclass(frozen=True, slots=True)
class Camera:
    """What films the pictures. conditions: None: each film has others.

    lens: standard deviation of blur beyond that, pixels.  cut: cuts the chips.
    """

    conditions: Conditions | None = None
    lens: float = 0.0
    cut: Cut = cut_chip


PLAIN_CAMERA = Camera()


@dataclass(frozen=True, slots=True)
class FilmedFace:
    """The looks at one face, and the chip of each, BGR uint8 (S,S,3)."""

    looks: list[Sample]
    chips: list[Image] = field(repr=False)


def film_tracks(
    recognizer: Recognizer, pictures: Sequence[Image], px: float, lengths: Sequence[LengthBand], *, seed: int
) -> list[list[Sample]]:
    """The looks that a tracker would pool of each aligned picture: 0.6 to 1.2 times `px` high, weighted as in tracks.

    pictures: BGR uint8 (112,112,3).
    """
    random = np.random.default_rng(seed)
    tracks: list[list[Sample]] = []
    for start in range(0, len(pictures), FACES):
        filmed = film_faces(recognizer, pictures[start : start + FACES], px, lengths, random)
        tracks += [face.looks for face in filmed]
    return tracks


def pool_looks(looks: Sequence[Sample]) -> Evidence:
    """What a track knows after these looks."""
    evidence = Evidence()
    for look in looks:
        evidence.add(look.vector, weight=look.weight, face_px=look.face_px, time=look.time)
    return evidence


def film_faces(
    recognizer: Recognizer,
    pictures: Sequence[Image],
    px: float,
    lengths: Sequence[LengthBand],
    random: np.random.Generator,
    *,
    camera: Camera = PLAIN_CAMERA,
) -> list[FilmedFace]:
    """One film of at most FACES aligned pictures, as `film_tracks` makes it, with the chips that were read."""
    walks = _draw_walks(len(pictures), px, random)
    bias = random.normal(0, LANDMARK_JITTER, (len(pictures), 5, 2)) / np.sqrt(2)  # the half that all looks share
    filmed = [FilmedFace([], []) for _ in pictures]
    frames, same = list(_expose(pictures, walks, random, camera)), camera.conditions
    crf = same.crf if same else int(random.integers(CRF[0], CRF[1] + 1))
    for index, frame in enumerate(through_h264(frames, crf)):
        errors = bias + random.normal(0, LANDMARK_JITTER, bias.shape) / np.sqrt(2)
        height = walks.height(index)
        chips = _cut(recognizer.spec_for(height), frame, walks, index, errors, camera.cut)
        readings = recognizer.read(np.stack(chips))
        for row, face in enumerate(filmed):
            weight = size_weight(height) * length_weight(lengths, float(readings.lengths[row]), height)
            face.looks.append(Sample(readings.vectors[row], weight, height, index / FPS))
            face.chips.append(chips[row])
    return filmed


def _draw_walks(count: int, px: float, random: np.random.Generator) -> _Walks:
    start, way, shake = (random.normal(0, share, (count, 2)) for share in (STEP, STEP, EXPOSURE))
    side = 2 * int(np.ceil(SHEET * px * GROWTH[-1] / 2))
    return _Walks(px, side, start, way, shake, random.normal(0, ROLL, (count, 2)))


def _expose(pictures: Sequence[Image], walks: _Walks, random: np.random.Generator, camera: Camera) -> Iterator[Image]:
    """The frames as the sensor gives them, BGR uint8 (H,W,3)."""
    same = camera.conditions
    optics, noise = (same.blur, same.noise) if same else (random.uniform(*BLUR_PX), random.uniform(*NOISE))
    blur = float(np.hypot(optics, camera.lens))
    for index in range(len(GROWTH)):
        soft = cv2.GaussianBlur(_paint(pictures, walks, index), (0, 0), blur)
        grain = random.normal(0, noise, soft.shape[:2]).astype(np.float32)[..., None]
        yield np.asarray(np.clip(soft + grain, 0, 255).round(), np.uint8)


def _paint(pictures: Sequence[Image], walks: _Walks, index: int) -> Float32:
    """All faces on their sheets, float32 (H,W,3), blurred by their motion alone."""
    rows, side, height = -(-len(pictures) // COLUMNS), walks.side, walks.height(index)
    canvas = np.zeros((rows * side, COLUMNS * side, 3), np.float32)
    for number, picture in enumerate(pictures):
        small = _reduce(picture, height)
        factor = len(picture) / len(small)
        matrix = walks.place(number, index) @ np.diag([factor, factor, 1.0])
        canvas[walks.sheet(number)] = _draw(small, matrix, walks.shake[number] * height, side)
    return canvas


def _reduce(picture: Image, height: float) -> Image:
    """A picture halved until it is less than twice as large as it will be drawn."""
    times = 1
    while len(picture) >= 2 * height * times:
        times *= 2
    size = len(picture) // times
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def _draw(small: Image, matrix: Float64, shake: Float64, side: int) -> Float32:
    """The mean of the picture where the shutter opens and where it closes. matrix: (3,3), corner coordinates."""
    drawn, exact = np.zeros((side, side, 3), np.float32), small.astype(np.float32)
    for sign in (-0.5, 0.5):
        centres = matrix[:2].copy()
        centres[:, 2] += sign * shake + centres[:, :2] @ np.full(2, 0.5) - 0.5  # from corners to pixel centres
        drawn += 0.5 * cv2.warpAffine(
            exact, centres, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    return drawn


def _cut(spec: ChipSpec, frame: Image, walks: _Walks, index: int, errors: Float64, cut: Cut) -> list[Image]:
    """A chip of every face, by its landmarks with these errors (N,5,2), shares of its height."""
    points = aligned_landmarks(PICTURE_PX)
    chips = []
    for number, error in enumerate(errors):
        matrix = walks.place(number, index)
        landmarks = points @ matrix[:2, :2].T + matrix[:2, 2] + error * walks.height(index)
        chips.append(cut(frame[walks.sheet(number)], landmarks.astype(np.float32), spec))
    return chips


def through_h264(frames: Sequence[Image], crf: int) -> list[Image]:
    """What a film of these BGR uint8 frames of one even size looks like after H.264, with a key frame each second."""
    with io.BytesIO() as file:
        with av.open(file, "w", format="matroska") as container:
            options = {"preset": "veryfast", "tune": "zerolatency", "crf": str(crf)}
            stream: Any = container.add_stream("libx264", rate=Fraction(FPS), options=options)
            stream.height, stream.width = frames[0].shape[:2]
            stream.pix_fmt, stream.gop_size = "yuv420p", FPS
            for frame in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
            container.mux(stream.encode())
        file.seek(0)
        with av.open(file, "r") as film:
            return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in film.decode(video=0)]

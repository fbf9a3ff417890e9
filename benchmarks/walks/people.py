"""Who walks: people drawn by seed, with one photograph to enrol and another to walk with.

Only aligned chips exist, so each is set on a painted bust: an ellipse of the chip is the head, and its border pixels go
on above and below it.
"""

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from recognizer.chips import BOX_POINTS
from recognizer.gallery.__main__ import main as gallery_command
from recognizer.gallery.store import Gallery
from recognizer.spec import aligned_landmarks
from tests.synthetic.walk import Cutout, standing

MIN_PHOTOGRAPHS = 4  # of a person who may be enrolled
CHIP_PX = 112
_RIM = 40  # chip pixels added around a chip, for crown, ears and neck
_HEAD = (50.0, 70.0)  # half axes of the head in a chip, pixels
_HEAD_CENTRE = (56.0, 52.0)
_WALL = (205.0, 200.0, 190.0)  # BGR of the wall behind an enrolled person


@dataclass(frozen=True)
class WalkingPerson:
    """One person. photo: the chip to enrol, None for a stranger.  chip: the chip that walks; BGR uint8 (112,112,3)."""

    name: str
    photo: Image | None
    chip: Image


def draw_people(faces: Mapping[str, Sequence[Image]], people: int, strangers: int, *, seed: int) -> list[WalkingPerson]:
    """Draw people to enrol, among those with four photographs and more, and strangers among everybody else.

    They come in mixed order. Raises ValueError where the faces are too few.
    """
    random = np.random.default_rng(seed)
    candidates = [name for name in sorted(faces) if len(faces[name]) >= MIN_PHOTOGRAPHS]
    if len(candidates) < people or len(faces) - people < strangers:
        raise ValueError(f"walks: expected {people} people with {MIN_PHOTOGRAPHS} photographs and {strangers} others")
    enrolled = [candidates[number] for number in random.permutation(len(candidates))[:people]]
    others = sorted(set(faces) - set(enrolled))
    chosen = [others[number] for number in random.permutation(len(others))[:strangers]]
    drawn = [_draw_photographs(name, faces[name], name in set(enrolled), random) for name in enrolled + chosen]
    return [drawn[number] for number in random.permutation(len(drawn))]


def _draw_photographs(
    name: str, pictures: Sequence[Image], enrolled: bool, random: np.random.Generator
) -> WalkingPerson:
    order = random.permutation(len(pictures))
    return WalkingPerson(name, pictures[order[1]] if enrolled else None, pictures[order[0]])


def cut_head(chip: Image) -> Cutout:
    """A head with its matte, from an aligned chip; the box is where a detector would draw it."""
    head = cv2.copyMakeBorder(chip, _RIM, _RIM, _RIM, _RIM, cv2.BORDER_REPLICATE)
    rows, columns = np.mgrid[0 : len(head), 0 : len(head)].astype(np.float32) - _RIM + 0.5
    away = np.hypot((columns - _HEAD_CENTRE[0]) / _HEAD[0], (rows - _HEAD_CENTRE[1]) / _HEAD[1])
    outside = np.clip(np.maximum.reduce([-columns, columns - CHIP_PX, -rows, rows - CHIP_PX]) / 12, 0, 1)[..., None]
    soft = cv2.GaussianBlur(head, (0, 0), 5)
    matte = np.asarray(np.clip((1.0 - away) * 12, 0, 1), np.float32)
    blended = np.asarray(head * (1 - outside) + soft * outside, np.uint8)
    return Cutout(blended, matte, chip_box() + np.float32(_RIM))


def chip_box() -> Float32:
    """The box, x1 y1 x2 y2, that a detector draws around the face of an aligned chip of 112 pixels."""
    points, shares = aligned_landmarks(CHIP_PX), np.array(BOX_POINTS)
    width = (points[1, 0] - points[0, 0]) / (shares[1, 0] - shares[0, 0])
    height = (points[3:, 1].mean() - points[:2, 1].mean()) / (shares[3, 1] - shares[0, 1])
    top, middle = points[:2, 1].mean() - shares[0, 1] * height, points[:, 0].mean()
    return np.array([middle - width / 2, top, middle + width / 2, top + height], np.float32)


def portrait(chip: Image) -> Image:
    """A photograph to enrol: the person in front of a plain wall, at the size of the chip."""
    picture, box = standing(cut_head(chip), 1.0, int(chip[::16, ::16].sum()) % 997)
    width, height = box[2:] - box[:2]
    x1, x2 = round(float(box[0] - width)), round(float(box[2] + width))
    framed = np.asarray(cv2.copyMakeBorder(picture, 30, 0, 0, 0, cv2.BORDER_CONSTANT), np.float32)
    part = framed[: round(float(box[3] + 0.8 * height)) + 30, max(x1, 0) : x2]
    light = np.linspace(1.05, 0.9, len(part))[:, None, None]
    return np.asarray(np.clip(part[..., :3] + (1 - part[..., 3:]) * np.array(_WALL) * light, 0, 255), np.uint8)


def enroll(people: Sequence[WalkingPerson], folder: Path, flags: Sequence[str]) -> tuple[Path, set[str], str]:
    """Enrol everybody with a photograph by the command users type; returns gallery, people taken, and its output.

    flags: of `glimpse enroll`. Raises ValueError where nobody was taken.
    """
    for person in people:
        if person.photo is not None:
            home = folder / "photographs" / person.name
            home.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(home / "portrait.png"), portrait(person.photo))
    gallery = folder / "people.db"
    gallery.unlink(missing_ok=True)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        code = gallery_command(["enroll", str(folder / "photographs"), "--gallery", str(gallery), *flags])
    if code not in (0, 1) or not gallery.is_file():
        raise ValueError(f"walks: enrolment ended with {code}: {printed.getvalue()}")
    with Gallery(gallery) as store:
        return gallery, {person.name for person in store.people()}, printed.getvalue()

"""The page of `glimpse enroll --review`: every picture with the faces found in it, the verdict and the reason.

One HTML file that needs no other file and no network. It shows faces, so only its owner may read it.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
from jinja2 import Environment, StrictUndefined, Template

from detectors.arrays import Image
from detectors.pictures import PictureError
from glimpse.command.enroll_summary import PersonSummary
from pipeline.capture.picture_file import read_source_picture
from pipeline.secrets.private_files import make_private_folder, replace_private
from recognizer.gallery.enroll import Outcome, Verdict
from recognizer.gallery.folders import Photo

SIDE_PX = 280
JPEG_QUALITY = 85
GREEN, RED = (80, 200, 60), (60, 60, 230)  # BGR


@dataclass(frozen=True, slots=True)
class Card:
    """One picture of the page. uri: a data URI; empty where there is nothing to show."""

    outcome: Outcome
    uri: str


def write_review(
    page: Path, photos: Sequence[Photo], outcomes: Sequence[Outcome], people: Sequence[PersonSummary]
) -> None:
    """Write the page of these pictures and what became of each, one for one. Raises OSError."""
    cards = [Card(outcome, _thumbnail(photo, outcome)) for photo, outcome in zip(photos, outcomes, strict=True)]
    text = _template().render(
        people=[(person, [card for card in cards if card.outcome.person == person.person]) for person in people],
        left_out=[card.outcome for card in cards if card.outcome.verdict is Verdict.LEFT_OUT],
    )
    make_private_folder(page.parent)
    replace_private(page, text.encode(errors="backslashreplace"))


def _thumbnail(photo: Photo, outcome: Outcome) -> str:
    try:
        picture = photo.pixels if photo.pixels is not None else read_source_picture(photo.path)
    except PictureError:
        return ""
    done, data = cv2.imencode(".jpg", draw_boxes(picture, outcome), (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}" if done else ""


def draw_boxes(picture: Image, outcome: Outcome) -> Image:
    """The picture, BGR uint8 (H,W,3), upright and at most SIDE_PX long, with its boxes: green where it is enrolled."""
    upright = np.ascontiguousarray(np.rot90(picture, outcome.turned // 90))
    scale = min(1.0, SIDE_PX / max(upright.shape[:2]))
    small = np.array(cv2.resize(upright, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    colour = RED if outcome.verdict is Verdict.REFUSED else GREEN
    for box in outcome.boxes:
        left, top, right, bottom = (round(value * scale) for value in box)
        cv2.rectangle(small, (left, top), (right, bottom), colour, 2)
    return small


@lru_cache(maxsize=1)
def _template() -> Template:
    text = resources.files("glimpse.command").joinpath("templates", "review.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(text)

"""Pictures of painted people, and a recogniser of them, for tests of enrolment."""

from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Chips, Float32, Image
from recognizer.base import Readings, Recognizer
from recognizer.gallery import Gallery
from recognizer.gallery.enroll import (
    Enroller,
    Outcome,
)
from recognizer.spec import ChipSpec
from tests.synthetic.networks import paint_person
from tests.synthetic.recognizers import VectorsOnly

PAINTED_SHARPNESS = 0.005  # painted people have no fine detail


class WithLengths(VectorsOnly):
    """A recogniser whose features are 3 long."""

    def __init__(self, inner: Recognizer) -> None:
        self.inner, self.model_id, self.dim = inner, inner.model_id, inner.dim

    def spec_for(self, face_px: float) -> ChipSpec:
        return self.inner.spec_for(face_px)

    def embed(self, chips: Chips) -> Float32:
        return self.inner.embed(chips)

    def read(self, chips: Chips) -> Readings:
        return Readings(self.embed(chips), np.full(len(chips), 3.0, np.float32))


def paint_picture(*people: tuple[int, float], side: int = 320, left: float = 40) -> Image:
    """A grey picture of people side by side, each as (number, face height)."""
    image = np.full((side, side, 3), 90, np.uint8)
    for number, height in people:
        paint_person(image, number, (left, 60, left + height, 60 + height))
        left += height + 20
    return image


def write_picture(path: Path, image: Image) -> None:
    """Write it in the format of its suffix, and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())


def enroll_folder(enroller: Enroller, folder: Path) -> dict[str, Outcome]:
    """Enrol a folder into a gallery beside it; the outcome of each source."""
    with Gallery(folder.parent / "g.db", create=True) as gallery:
        return {outcome.source: outcome for outcome in enroller.enroll(folder, gallery)}

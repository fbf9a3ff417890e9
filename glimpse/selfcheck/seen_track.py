"""What the self-check knows of one track."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from detectors.arrays import Float32, Image


@dataclass(frozen=True, slots=True, eq=False)
class SeenTrack:
    """One track of a camera. first, last: when it was seen, Unix seconds.

    px: face height of its template, pixels.  looks: of its template.  template: unit vector float32 (D,); None: none of
    this recogniser is kept.  agreement: cosine of the templates of its two halves (`Evidence.agreement`).
    crop: its best crop, BGR uint8 (S,S,3), of a face `crop_px` high.  name: whom it was called.
    """

    camera: str
    first: float
    last: float
    px: float
    looks: float = 1.0
    template: Float32 | None = field(default=None, repr=False)
    agreement: float | None = None
    crop: Image | None = field(default=None, repr=False)
    crop_px: float = 0.0
    name: str | None = None


def decode_crop(data: bytes) -> Image | None:
    """A crop of a sample event, BGR uint8 (S,S,3); None for data that is no square picture."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None or picture.shape[0] != picture.shape[1]:
        return None
    return np.asarray(picture, np.uint8)


def unit_vector(data: bytes) -> Float32 | None:
    """The template of a sample event, unit vector float32 (D,); None for one without a direction."""
    if not data or len(data) % 2:
        return None
    vector = np.frombuffer(data, "<f2").astype(np.float32)
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if np.isfinite(length) and length > 1e-6 else None

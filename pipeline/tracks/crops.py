"""From tracks in a frame to crops, and from the crops of all cameras to vectors in one batch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors.arrays import Image
from pipeline.tracks.flat.outline import cut_surroundings
from pipeline.tracks.track import TrackState
from pipeline.types import TIME_TOLERANCE_SECONDS, Track
from recognizer.base import Readings, Recognizer
from recognizer.chips import cut_chip, cut_chip_from_box
from recognizer.quality import crop_weight


@dataclass(frozen=True, slots=True)
class Crop:
    """One chip, uint8 (S,S,3) BGR, on its way to the recogniser, and the track it shows.

    face: where it was cut, if that is another picture than the track's own (pipeline/tracks/close_up.py).
    surroundings: what is around the face, for tracks that may be photographs (pipeline/tracks/flat/outline.py).
    """

    track: TrackState
    chip: Image = field(repr=False)
    weight: float
    face: Track | None = None
    surroundings: Image | None = field(default=None, repr=False)

    @property
    def face_px(self) -> float:
        """Height of the face in the picture that the chip was cut from."""
        return (self.face or self.track.snapshot).face_px


Embed = Callable[[Sequence[Crop]], Readings]
"""Unit vectors and lengths of N crops, in their order; a zero row for a chip that gives no vector."""


def due_tracks(tracks: Iterable[TrackState], *, limit: int) -> list[TrackState]:
    """Tracks whose next crop is due: those never compared first, then those that wait longest; at most `limit`."""
    due = [track for track in tracks if track.frame.media_time >= track.next_crop - TIME_TOLERANCE_SECONDS]
    due.sort(key=lambda track: (track.decision is not None, track.next_crop))
    return due[:limit]


def cut_crop(track: TrackState, image: Image, recognizer: Recognizer, *, face: Track | None = None) -> Crop | None:
    """Cut a track's chip from the frame of its snapshot, BGR uint8 (H,W,3).

    face: where the face is in this image, if the image is not that frame.

    None for landmarks that do not form a face (a detector's slip), and for a chip of no weight.
    """
    face = face or track.snapshot
    spec = recognizer.spec_for(face.face_px)
    try:
        if face.landmarks is None:
            chip = cut_chip_from_box(image, face.box, spec)
        else:
            chip = cut_chip(image, face.landmarks, spec)
    except ValueError:
        return None
    weight = crop_weight(chip, face_px=face.face_px, landmarks=face.landmarks, score=face.score)
    if weight <= 0:
        return None
    wanted = track.flat is not None and track.flat.is_open
    return Crop(track, chip, weight, face, cut_surroundings(image, face) if wanted else None)


def embed_with(recognizer: Recognizer) -> Embed:
    """Embed crops in one batch per chip size."""

    def embed(crops: Sequence[Crop]) -> Readings:
        vectors = np.zeros((len(crops), recognizer.dim), np.float32)
        lengths = np.zeros(len(crops), np.float32)
        for size in sorted({len(crop.chip) for crop in crops}):
            rows = [row for row, crop in enumerate(crops) if len(crop.chip) == size]
            readings = recognizer.read(np.stack([crops[row].chip for row in rows]))
            vectors[rows], lengths[rows] = readings.vectors, readings.lengths
        return Readings(vectors, lengths)

    return embed

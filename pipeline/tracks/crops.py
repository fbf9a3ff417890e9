"""From a subject in a frame to a crop, from the crops of all cameras to vectors in one batch, and to a decision."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from detectors.arrays import Float32, Image
from pipeline.tracks.track import TrackState
from recognizer.base import Decision, Recognizer
from recognizer.chips import CORNER, cut_chip, cut_chip_from_box
from recognizer.evidence import Evidence
from recognizer.quality import crop_weight

# Media times are sums of floats: without it, every second crop of a steady stream would come a frame late.
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Crop:
    """One chip on its way to the recogniser, and whose it is."""

    subject: TrackState
    chip: Image = field(repr=False)
    weight: float


class Matcher(Protocol):
    """Compares pooled evidence with the people enrolled."""

    def decide(self, evidence: Evidence, previous: Decision | None) -> Decision: ...

    def refresh(self) -> bool:
        """Look whether the gallery has changed and take it up; True when it had."""
        ...

    @property
    def people(self) -> int: ...


Embed = Callable[[Sequence[Crop]], Float32]


def cut(subject: TrackState, image: Image, recognizer: Recognizer) -> Crop | None:
    """Cut a subject's chip out of the frame just followed; None when it cannot be aligned or is worth nothing."""
    track = subject.track
    spec = recognizer.spec_for(track.face_px)
    try:
        if track.landmarks is None:
            chip = cut_chip_from_box(image, track.box - CORNER, spec)
        else:
            chip = cut_chip(image, track.landmarks - CORNER, spec)
    except ValueError:
        return None  # degenerate landmarks are a detector's slip, one crop less and no more
    weight = crop_weight(chip, face_px=track.face_px, landmarks=track.landmarks, score=track.score)
    return Crop(subject, chip, weight) if weight > 0 else None


def choose(subjects: Iterable[TrackState], *, interval: float, limit: int) -> list[TrackState]:
    """Subjects whose next crop is due: those never compared first, then the longest waiting; at most `limit`."""
    due = [subject for subject in subjects if subject.frame.media_time >= subject.next_crop - ROUNDING]
    due.sort(key=lambda subject: (subject.decision is not None, subject.next_crop))
    for subject in due[:limit]:
        subject.next_crop = subject.frame.media_time + interval
    return due[:limit]


def embed_with(recognizer: Recognizer) -> Embed:
    """One batch per chip size over all cameras, answers in the order of the crops."""

    def embed(crops: Sequence[Crop]) -> Float32:
        vectors = np.zeros((len(crops), recognizer.dim), np.float32)
        for size in sorted({len(crop.chip) for crop in crops}):
            rows = [row for row, crop in enumerate(crops) if len(crop.chip) == size]
            vectors[rows] = recognizer.embed(np.stack([crops[row].chip for row in rows]))
        return vectors

    return embed

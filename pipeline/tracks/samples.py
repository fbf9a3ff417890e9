"""When a track's template and best crop are published for those who keep a past (`events.samples`).

A crop is the chip that the recogniser has read anyway. It is encoded only when it is sent: at the track's end, and when
the template has become clearly better, at most every MIN_SECONDS and for one track of a camera in a frame.
"""

from dataclasses import dataclass, field
from typing import Literal, Protocol

import cv2
import numpy as np

from detectors.arrays import Image
from recognizer.base import Decision, State
from recognizer.evidence import Evidence

MIN_SECONDS = 5.0  # of media time between two samples of a track that goes on
CLEARLY_BETTER = 1.5  # times the weight of the template that was sent last
MAX_SIDE_PX = 128
MAX_BYTES = 16 << 10
QUALITIES = (85, 50, 20)  # of the JPEG: the first that stays below MAX_BYTES


@dataclass(slots=True)
class SampleState:
    """A track's best crop, BGR uint8 (S,S,3), and what was sent. next_time: media time, seconds, of the next sample."""

    chip: Image | None = field(default=None, repr=False)
    chip_weight: float = 0.0
    chip_px: float = 0.0
    sent_weight: float = 0.0
    next_time: float | None = None


class Sampled(Protocol):
    """What a rule needs of a track."""

    evidence: Evidence
    decision: Decision | None
    sample: SampleState


@dataclass(frozen=True, slots=True)
class SampleRule:
    """Which tracks are sampled, and when. model_id: of the recogniser whose templates they are."""

    which: Literal["named", "all"]
    model_id: str

    def keep(self, track: Sampled, chip: Image, *, weight: float, face_px: float, time: float) -> None:
        """Keep a crop that is better than those before. time: media time, seconds."""
        state = track.sample
        if state.next_time is None:
            state.next_time = time + MIN_SECONDS
        if weight > state.chip_weight:
            state.chip, state.chip_weight, state.chip_px = chip, weight, face_px

    def is_due(self, track: Sampled, time: float) -> bool:
        """Whether the template is clearly better than the one sent last, and that is long enough ago."""
        due = track.sample.next_time
        if due is None or time < due or not self.takes(track):
            return False
        return track.evidence.weight >= CLEARLY_BETTER * track.sample.sent_weight

    def takes(self, track: Sampled) -> bool:
        """Whether this track may be sampled now."""
        is_named = track.decision is not None and track.decision.state is State.NAMED
        return track.sample.chip is not None and len(track.evidence) > 0 and (is_named or self.which == "all")

    def note_sent(self, track: Sampled, time: float) -> None:
        """A sample of this track was made."""
        track.sample.sent_weight, track.sample.next_time = track.evidence.weight, time + MIN_SECONDS


def encode_crop(chip: Image) -> bytes:
    """A chip, BGR uint8 (S,S,3), as JPEG of at most MAX_SIDE_PX and MAX_BYTES."""
    if len(chip) > MAX_SIDE_PX:
        chip = np.asarray(cv2.resize(chip, (MAX_SIDE_PX, MAX_SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8)
    for quality in QUALITIES:
        data = bytes(cv2.imencode(".jpg", chip, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])
        if len(data) <= MAX_BYTES:
            break
    return data

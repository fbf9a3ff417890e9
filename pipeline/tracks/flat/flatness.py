"""What speaks for it that a track shows a photograph or a screen, and the sentences about it.

Figures were chosen by one half of the faces and clips of `python -m benchmarks.flat`; docs/security.md states what the
other half gave.
"""

import math
from dataclasses import dataclass, field

from detectors.arrays import Image
from pipeline.tracks.flat.landmark_motion import LandmarkMotion
from pipeline.tracks.flat.outline import Outline
from pipeline.types import Track

MIN_LOOKS = 10
CHECK_GROWTH = 1.3  # times the looks of the last check, until it is checked again

MOTION_PX = 40.0  # median height of a face from which its landmarks are accurate enough
MIN_TURN = 0.5  # tangent of the angle that a face must have turned by
PARALLAX_PER_TURN = 0.08  # way of the nose in face heights by that tangent, below which it is flat

OUTLINE_PX = 16.0  # median height of a face from which edges around it can be seen
MIN_MOVED = 0.5  # face heights that a face must have moved, so that what stands behind it is blurred
STRAIGHT = 0.6


@dataclass(slots=True)
class Flatness:
    """Of one track. warnings: short sentences; empty while nothing speaks for a photograph, or nobody can tell."""

    warnings: tuple[str, ...] = ()
    _motion: LandmarkMotion = field(default_factory=LandmarkMotion)
    _outline: Outline = field(default_factory=Outline)
    _height: float = 0.0
    _looks: int = 0
    _next_check: int = MIN_LOOKS

    def look(self, face: Track, surroundings: Image | None) -> None:
        """Add a look: the face in its frame, and what is around it (`cut_surroundings`)."""
        if face.landmarks is None or surroundings is None:
            return
        self._looks += 1
        self._height += face.face_px
        self._motion.add(face.landmarks)
        self._outline.add(surroundings, face)
        if self._looks >= self._next_check:
            self._next_check = math.ceil(self._looks * CHECK_GROWTH)
            self.warnings = tuple(sentence for sentence in (self._by_motion(), self._by_outline()) if sentence)

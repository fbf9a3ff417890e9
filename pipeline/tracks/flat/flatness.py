"""What speaks for it that a track shows a photograph or a screen, and the sentences about it.

Figures were chosen by one half of the faces and clips of `python -m benchmarks.flat`; docs/security.md states what the
other half gave.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from detectors.arrays import Float32, Image
from pipeline.tracks.flat.depth_motion import DepthMotion
from pipeline.tracks.flat.outline import Outline
from recognizer.base import Decision

MIN_PX = 14.0  # mean height of a face below which nothing is said
MIN_LOOKS = 10
CHECK_GROWTH = 1.3  # times the looks of the last check, until it is checked again
FLAT_DEPTH = 0.05  # tangent of the angle by which a head would have turned, up to which nothing of a head was seen

SURE_DEPTH = 0.15  # the same, from which a track shows a head, and is looked at no more

MIN_TURN = 0.3  # tangent of the angle by which a flat thing turned, from which a head would have shown its depth
DEPTH_PER_TURN = 0.1  # share of that which may be seen as depth

MIN_MOVED = 0.5  # face heights that a face must have moved, so that edges behind it are elsewhere in each look
MIN_STRAIGHT = 0.5  # of `Outline.straightness`


@dataclass(slots=True)
class Flatness:
    """Of one track. warnings: short sentences; empty while nothing speaks for a photograph, or nobody can tell.

    is_open: False once it has shown the depth of a head: then looks are not needed any more.
    """

    warnings: tuple[str, ...] = ()
    is_open: bool = True
    _motion: DepthMotion = field(default_factory=DepthMotion)
    _outline: Outline = field(default_factory=Outline)
    _height: float = 0.0
    _looks: int = 0
    _next_check: int = MIN_LOOKS

    def look(self, chip: Image, surroundings: Image | None, *, face_px: float, box: Float32) -> None:
        """Add a look: the chip, what is around it (`cut_surroundings`), the face's height, and its box in the frame."""
        if surroundings is None or not self.is_open:
            return
        self._looks += 1
        self._height += face_px
        self._motion.add(chip)
        self._outline.add(surroundings, box)
        if self._looks >= self._next_check:
            self._next_check = math.ceil(self._looks * CHECK_GROWTH)
            self.warnings = tuple(self._judge())

    def _judge(self) -> Iterator[str]:
        movement, outline = self._motion.measure(), self._outline
        self.is_open = movement is None or movement.depth < SURE_DEPTH
        if movement is None or movement.depth > FLAT_DEPTH or self._height < MIN_PX * self._looks:
            return
        if movement.turn >= MIN_TURN and movement.depth <= DEPTH_PER_TURN * movement.turn:
            angle = math.degrees(math.atan(movement.turn))
            yield f"flat: moves like a photograph or a screen, turned by {angle:.0f} degrees without showing depth"
        if outline.moved >= MIN_MOVED and outline.straightness() >= MIN_STRAIGHT:
            yield "flat: moves like a photograph or a screen, straight edges around the face go along with it"


def with_warnings(decision: Decision, flat: Flatness | None) -> Decision:
    """The decision with the warnings about its track; nothing else of it changes."""
    return replace(decision, warnings=flat.warnings) if flat and flat.warnings else decision

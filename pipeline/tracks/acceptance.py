"""Decides when a track is a face and is announced, by its boxes, its place and the length of its features together.

A feature's length alone does not tell: in footage, hands, signs and wheels have crops as long as those of faces. A
sure box with a feature that is not too short is a face at once. Other tracks need several looks that are both likely
boxes and long enough, and must have moved: a face does, if only a little, and a wheel does not. The figures were chosen
on the clips of docs/results/footage.md.
"""

from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32
from pipeline.types import Track

SURE_MARGIN = 0.2  # that a box which needs no second look has over the least score of a look
SURE_LIKENESS = 2 / 3  # times the usual likeness, which is enough for a sure box
LOOKS = 2  # that other tracks need
MIN_MOVE = 0.1  # face heights


@dataclass(slots=True)
class Acceptance:
    """What speaks for one track. start: its first box (4,), x1 y1 x2 y2 in pixels. Once accepted, it stays accepted."""

    start: Float32
    looks: int = 0
    moved: float = 0.0
    is_face: bool = False

    def look(self, face: Track, likeness: float, *, min_likeness: float, min_score: float) -> None:
        """Add a crop: its box, and how long its feature is (`Matcher.face_likeness`).

        min_likeness and min_score: of a look that counts.
        """
        shift = (face.box[:2] + face.box[2:] - self.start[:2] - self.start[2:]) / 2
        self.moved = max(self.moved, float(np.linalg.norm(shift)) / max(face.face_px, 1e-6))
        self.looks += likeness >= min_likeness and face.score >= min_score
        is_sure = face.score >= sure_score(min_score) and likeness >= SURE_LIKENESS * min_likeness
        self.is_face = self.is_face or is_sure or (self.looks >= LOOKS and self.moved >= MIN_MOVE)


def sure_score(min_score: float) -> float:
    """The score of a box that needs no second look, for the least score of a look: detectors differ in their scores.

    At the default 0.5 it is 0.7. It never passes the middle between min_score and 1, so that a sure box stays possible.
    """
    return min(min_score + SURE_MARGIN, (1 + min_score) / 2)

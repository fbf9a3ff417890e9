"""From which face size enrolled people can be told from the others: their shrunk pictures are searched in the gallery.

It is a best case, because the shrunk picture is the enrolled one: no other light, pose or day.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np

from detectors.arrays import Image, Mask
from recognizer.decide import DecisionRule
from recognizer.gallery.chips import decode_chip
from recognizer.gallery.enroll import Enroller
from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.store import Gallery
from recognizer.population import LANDMARK_JITTER, read_shrunk

SIZES_PX = (12, 16, 24, 32, 48, 64)
FACE_METRES = 0.2  # height of a face, as detectors draw it
FOCAL_PX = 960.0  # of a camera 1,920 pixels wide with a view of 90 degrees: half its width over tan 45°
DISTANCE_RULE = "Distances are a rule of thumb: faces 0.2 m high, a 1080p camera that sees 90 degrees, the same light."


def distance_metres(face_px: float) -> float:
    """How far from that camera a face is so high, by the pinhole model."""
    return FOCAL_PX * FACE_METRES / face_px


def told_apart_from(gallery: Gallery, people: Sequence[str], enroller: Enroller) -> dict[str, int]:
    """For each of these people the face height, one of SIZES_PX, from which on one look names them.

    There most of their pictures reach the threshold of one look and lead the nearest other person. A person whom no
    size tells apart, or of whom no picture is kept, is left out.
    """
    index = gallery.index(enroller.recognizer.model_id).against(enroller.cohort)
    chips, names = _chips_of(gallery, set(people) & set(index.people))
    if not chips:
        return {}
    passed = {px: _share_named(_are_named(chips, names, index, enroller, px), names) for px in SIZES_PX}
    smallest = {name: _smallest({px: shares[name] for px, shares in passed.items()}) for name in set(names)}
    return {name: px for name, px in smallest.items() if px is not None}


def _chips_of(gallery: Gallery, people: set[str]) -> tuple[list[Image], list[str]]:
    """The pictures that are kept of these people, and whose each is; a damaged one is left out."""
    chips: list[Image] = []
    names: list[str] = []
    for name, face in gallery.faces():
        if name in people and face.chip:
            with suppress(ValueError):
                chips.append(decode_chip(face.chip))
                names.append(name)
    return chips, names


def _are_named(chips: list[Image], names: Sequence[str], index: GalleryIndex, enroller: Enroller, px: int) -> Mask:
    """Which pictures, shrunk to a face height, name their person by one look."""
    vectors = read_shrunk(enroller.recognizer, chips, px, jitter=LANDMARK_JITTER).vectors
    scores, rule = index.search(vectors).scores, DecisionRule()
    rows, own = np.arange(len(names)), np.array([index.people.index(name) for name in names])
    reached = scores[rows, own]
    others = scores.copy()
    others[rows, own] = -np.inf
    rate = rule.asked(enroller.calibration, len(index)).rate
    threshold = max(enroller.calibration.threshold(px, 1, rate), rule.min_score)
    lead = reached - np.maximum(others.max(axis=1, initial=-np.inf), 0.0)
    return np.asarray((reached >= threshold) & (lead >= rule.margin), np.bool_)


def _share_named(named: Mask, names: Sequence[str]) -> dict[str, float]:
    owners = np.array(names)
    return {name: float(named[owners == name].mean()) for name in set(names)}


def _smallest(shares: Mapping[int, float]) -> int | None:
    """The smallest size from which on more than half of the pictures pass at every size."""
    good = None
    for px in sorted(shares, reverse=True):
        if shares[px] <= 0.5:
            break
        good = px
    return good

"""Rates trackers on real footage by how alike a recogniser finds the faces of each track.

Nobody has annotated identities in the clips, so a recogniser stands in. The mean vector of a clip is subtracted first:
blur and light, which all its faces share, make strangers look alike at these sizes.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import av
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.synthetic_crowd import FrameDetections
from detectors.arrays import Float32, Image
from detectors.base import Detections, FaceDetector
from pipeline.settings.types import TrackingSettings
from pipeline.tracks.tracker import Tracker
from recognizer.base import Recognizer
from recognizer.chips import cut_chip

READ_EVERY = 4  # frames; enough to distinguish people, and every frame rate uses the same faces
READABLE_PX = 24.0  # face height from which the recogniser reads a face
READABLE_SCORE = 0.6
MIN_READ = 3  # readable faces that each half of a track needs to be compared
MIN_TRACKED_PX = 10.0  # face height
LEAP_HEIGHTS = 1.0  # face heights that a centre moves between two sightings
EASY = TrackingSettings(buffer=0.0, min_overlap=0.5, lost_seconds=0.2)  # follows by overlap alone


@dataclass(frozen=True)
class Footage:
    """A real clip: detections by frame, and a unit vector for each face (zero where it was not read)."""

    frames: list[FrameDetections]
    vectors: list[Float32]


@dataclass
class FollowedTrack:
    """One track on real footage: times, boxes and vectors of its sightings."""

    times: list[float] = field(default_factory=list)
    boxes: list[Float32] = field(default_factory=list)
    vectors: list[Float32] = field(default_factory=list)

    def template(self, part: slice) -> Float32:
        """Mean direction of the faces read in a part, zero where there are too few."""
        read = [vector for vector in self.vectors if vector.any()][part]
        if len(read) < MIN_READ:
            return np.zeros_like(self.vectors[0])
        mean = np.mean(read, axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    def half_cosine(self) -> float:
        """Cosine of the first half with the second; NaN where either has too few faces read."""
        middle = sum(bool(vector.any()) for vector in self.vectors) // 2
        first, second = self.template(slice(middle)), self.template(slice(middle, None))
        return float(first @ second) if first.any() and second.any() else float("nan")

    def count_leaps(self) -> int:
        """How often the centre moved by more than a face height between two sightings."""
        boxes = np.stack(self.boxes)
        centres, heights = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 3] - boxes[:, 1]
        moved = np.linalg.norm(np.diff(centres, axis=0), axis=1)
        return int(np.count_nonzero(moved > LEAP_HEIGHTS * heights[1:]))


def read_footage(path: Path, detector: FaceDetector, recognizer: Recognizer | None, console: Console) -> Footage:
    """Detect on every frame of a clip and, with a recogniser, embed faces that are large and certain enough."""
    frames: list[FrameDetections] = []
    vectors: list[Float32] = []
    dim = recognizer.dim if recognizer else 1
    with av.open(str(path)) as container:
        total = container.streams.video[0].frames
        for frame in track(container.decode(video=0), path.stem, total=total, console=console):
            image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            found = detector.detect(image)
            found = found[np.flatnonzero(found.boxes[:, 3] - found.boxes[:, 1] >= MIN_TRACKED_PX)]
            reader = recognizer if len(frames) % READ_EVERY == 0 else None
            vectors.append(_embed(image, found, reader) if reader else np.zeros((len(found), dim), np.float32))
            frames.append(FrameDetections(float(frame.time), found))
    return Footage(frames, _centre(vectors))


def _centre(vectors: Sequence[Float32]) -> list[Float32]:
    """Subtract what all faces of the clip share, and scale to unit length; zero rows stay zero."""
    together = np.concatenate(vectors)
    read = together.any(axis=1)
    mean = together[read].mean(axis=0) if read.any() else 0
    centred = [np.where(rows.any(axis=1, keepdims=True), rows - mean, 0) for rows in vectors]
    norms = [np.linalg.norm(rows, axis=1, keepdims=True) for rows in centred]
    pairs = zip(centred, norms, strict=True)
    return [(rows / np.where(norm > 0, norm, 1)).astype(np.float32) for rows, norm in pairs]


def _embed(image: Image, found: Detections, recognizer: Recognizer) -> Float32:
    """Vectors (N,D) of the detections, zero where a face is too small, too uncertain or cannot be aligned."""
    vectors = np.zeros((len(found), recognizer.dim), np.float32)
    if found.landmarks is None:
        return vectors
    heights = found.boxes[:, 3] - found.boxes[:, 1]
    chips = {}
    for row in np.flatnonzero((heights >= READABLE_PX) & (found.scores >= READABLE_SCORE)).tolist():
        with contextlib.suppress(ValueError):  # degenerate landmarks: this face stays unread
            chips[row] = cut_chip(image, found.landmarks[row], recognizer.spec_for(float(heights[row])))
    if chips:
        vectors[list(chips)] = recognizer.embed(np.stack(list(chips.values())))
    return vectors


def follow(tracker: Tracker, clip: Footage, step: int) -> list[FollowedTrack]:
    """The tracks of a clip when the tracker gets every `step`-th frame."""
    tracks: defaultdict[int, FollowedTrack] = defaultdict(FollowedTrack)
    for frame, vectors in zip(clip.frames[::step], clip.vectors[::step], strict=True):
        for sighting in tracker.follow(frame.found, frame.time).seen:
            row = int(np.flatnonzero((frame.found.boxes == sighting.box).all(axis=1))[0])
            followed = tracks[sighting.id]
            followed.times.append(frame.time)
            followed.boxes.append(sighting.box)
            followed.vectors.append(vectors[row])
    return list(tracks.values())


def find_threshold(clip: Footage) -> tuple[float, float]:
    """The cosine of templates at which both kinds of error are equally frequent, and their rate.

    Same person: the halves of faces followed by overlap alone. Two people: such faces seen in the same frames.
    """
    tracks = follow(Tracker("easy", EASY), clip, 1)
    same = np.array([cosine for cosine in (followed.half_cosine() for followed in tracks) if cosine == cosine])
    other = np.array([cosine for first, second, cosine in compare(tracks) if first.times[-1] > second.times[0]])
    cuts = np.linspace(0, 1, 201)
    below, above = np.array([[np.mean(same < cut), np.mean(other >= cut)] for cut in cuts]).T
    best = int(np.abs(below - above).argmin())
    return float(cuts[best]), float((below[best] + above[best]) / 2)


def compare(tracks: Sequence[FollowedTrack]) -> Iterator[tuple[FollowedTrack, FollowedTrack, float]]:
    """Pairs of tracks that were read, the earlier first, and the cosine of their templates."""
    templates = [(followed, followed.template(slice(None))) for followed in tracks]
    read = sorted((pair for pair in templates if pair[1].any()), key=lambda pair: pair[0].times[0])
    for (first, vector), (second, other) in combinations(read, 2):
        yield first, second, float(vector @ other)

"""Real footage as a judge of trackers: what a recogniser says about the faces of each track.

Nobody has drawn identities into the clips, so a recogniser stands in. The surprising decision: the mean vector of the
clip is taken away first. Blur and light, which all its faces share, make strangers look alike at these sizes.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.synthetic_crowd import Moment
from detectors.arrays import Float32, Image
from detectors.base import Detections, FaceDetector
from pipeline.settings.types import TrackingSettings
from pipeline.tracks.tracker import Tracker
from recognizer.base import Recognizer
from recognizer.chips import cut_chip

READ_EVERY = 4  # frames: enough to tell people apart, and all rates see the same faces read
READABLE = 24.0  # face height from which the recogniser is asked
HALF = 3  # faces a half of a track must have to be judged
TRUSTED = 0.6  # and detection score
SMALLEST = 10.0  # face height tracked
LEAP = 1.0  # face heights a centre moves between two sightings
EASY = TrackingSettings(buffer=0.0, min_overlap=0.5, lost_seconds=0.2)  # follows by overlap alone


@dataclass(frozen=True)
class Footage:
    """A real clip: per moment the detections, and a unit vector for each (zero where the face is not readable)."""

    moments: list[Moment]
    vectors: list[Float32]


@dataclass
class Course:
    """One track on real footage: times, boxes and vectors of its sightings."""

    times: list[float] = field(default_factory=list)
    boxes: list[Float32] = field(default_factory=list)
    vectors: list[Float32] = field(default_factory=list)

    def template(self, part: slice) -> Float32:
        """Mean direction of the readable faces of a part, zero where there are too few."""
        readable = [vector for vector in self.vectors if vector.any()][part]
        if len(readable) < HALF:
            return np.zeros_like(self.vectors[0])
        mean = np.mean(readable, axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    def halves(self) -> float:
        """Cosine of the first half with the second; NaN where either has too few readable faces."""
        middle = sum(bool(vector.any()) for vector in self.vectors) // 2
        first, second = self.template(slice(middle)), self.template(slice(middle, None))
        return float(first @ second) if first.any() and second.any() else float("nan")

    def leaps(self) -> int:
        """How often the centre moved by more than a face height between two sightings."""
        boxes = np.stack(self.boxes)
        centres, heights = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 3] - boxes[:, 1]
        moved = np.linalg.norm(np.diff(centres, axis=0), axis=1)
        return int(np.count_nonzero(moved > LEAP * heights[1:]))


def footage(path: Path, detector: FaceDetector, reader: Recognizer | None, console: Console) -> Footage:
    """Detect on every frame of a clip and, with a reader, embed what is large and sure enough."""
    clip, dim = Footage([], []), reader.dim if reader else 1
    with av.open(str(path)) as container:
        total = container.streams.video[0].frames
        for frame in track(container.decode(video=0), path.stem, total=total, console=console):
            image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            found = detector.detect(image)
            found = found[np.flatnonzero(found.boxes[:, 3] - found.boxes[:, 1] >= SMALLEST)]
            clip.moments.append(Moment(float(frame.time), found))
            read = reader if len(clip.vectors) % READ_EVERY == 0 else None
            clip.vectors.append(_read(image, found, read) if read else np.zeros((len(found), dim), np.float32))
    return Footage(clip.moments, _centred(clip.vectors))


def _centred(vectors: Sequence[Float32]) -> list[Float32]:
    """Without what all faces of the clip share: blur and light make strangers look alike to a recogniser."""
    together = np.concatenate(vectors)
    read = together.any(axis=1)
    mean = together[read].mean(axis=0) if read.any() else 0
    moved = [np.where(some.any(axis=1, keepdims=True), some - mean, 0) for some in vectors]
    lengths = [np.linalg.norm(some, axis=1, keepdims=True) for some in moved]
    pairs = zip(moved, lengths, strict=True)
    return [(some / np.where(length > 0, length, 1)).astype(np.float32) for some, length in pairs]


def _read(image: Image, found: Detections, reader: Recognizer) -> Float32:
    vectors = np.zeros((len(found), reader.dim), np.float32)
    if found.landmarks is None:
        return vectors
    heights = found.boxes[:, 3] - found.boxes[:, 1]
    chips = {}
    for row in np.flatnonzero((heights >= READABLE) & (found.scores >= TRUSTED)).tolist():
        with contextlib.suppress(ValueError):  # degenerate landmarks: this face stays unread
            chips[row] = cut_chip(image, found.landmarks[row], reader.spec_for(float(heights[row])))
    if chips:
        vectors[list(chips)] = reader.embed(np.stack(list(chips.values())))
    return vectors


def courses(tracker: Tracker, clip: Footage, step: int) -> list[Course]:
    """The tracks of a clip when every `step`-th frame is looked at."""
    found: defaultdict[int, Course] = defaultdict(Course)
    for moment, vectors in zip(clip.moments[::step], clip.vectors[::step], strict=True):
        for seen in tracker.follow(moment.found, moment.time).seen:
            row = int(np.flatnonzero((moment.found.boxes == seen.box).all(axis=1))[0])
            course = found[seen.id]
            course.times.append(moment.time)
            course.boxes.append(seen.box)
            course.vectors.append(vectors[row])
    return list(found.values())


def calibrate(clip: Footage) -> tuple[float, float]:
    """The cosine of templates at which errors are alike, and the share of errors.

    One person: halves of faces followed by overlap alone.  Two: such faces seen in the same frames.
    """
    followed = courses(Tracker("easy", EASY), clip, 1)
    same = np.array([cosine for cosine in (course.halves() for course in followed) if cosine == cosine])
    other = np.array([cosine for first, second, cosine in pairs(followed) if first.times[-1] > second.times[0]])
    cuts = np.linspace(0, 1, 201)
    below, above = np.array([[np.mean(same < cut), np.mean(other >= cut)] for cut in cuts]).T
    best = int(np.abs(below - above).argmin())
    return float(cuts[best]), float((below[best] + above[best]) / 2)


def pairs(followed: Sequence[Course]) -> Iterator[tuple[Course, Course, float]]:
    """Pairs of readable tracks, the earlier first, and the cosine of their templates."""
    read = [(course, course.template(slice(None))) for course in followed]
    read = sorted(((course, vector) for course, vector in read if vector.any()), key=lambda pair: pair[0].times[0])
    for number, (first, vector) in enumerate(read):
        for second, other in read[number + 1 :]:
            yield first, second, float(vector @ other)

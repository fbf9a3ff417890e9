"""Crowds with known identities, put together from what a detector really saw: ground truth without hand labels.

Faces followed easily through real footage (each box overlaps its predecessor well) give *tapes*: the path, smoothed,
and beside it every wobble, score dip and miss of the detector, in units of face height. A crowd is tapes replayed at
other places, sizes and directions, so faces cross and hide each other while everybody's path is known. Motion, noise
and their rhythm in time are measured, not invented; only the meeting of people is simulated. What tapes cannot show is
what broke the chain they come from, so the figures compare trackers and promise nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors.arrays import AnyFloat, Float32, Float64, Index
from detectors.base import Detections
from detectors.nms import suppress

WIDTH, HEIGHT = 640.0, 360.0
SHORTEST = 1.5  # seconds a face must have been followed to make a tape
SURE = 0.6  # score it must have reached, so that no tape is texture
LINKED = 0.5  # IoU with its predecessor that makes a box the same face
PATIENCE = 0.2  # seconds without a box after which a chain ends
SMOOTHED = 0.3  # seconds over which the path is averaged; faster than that is taken for noise
HIDDEN, DIMMED = 0.6, 0.3  # share of a face behind a nearer one: it is not found; its score falls
DIM = 0.6
BRIEF = 3  # boxes: chains shorter than this are taken for texture


@dataclass(frozen=True)
class Moment:
    """One frame's detections, NMS done, and its time in seconds."""

    time: float
    found: Detections


@dataclass(frozen=True)
class Tape:
    """One face: times (N,) from 0, smooth path (N,3) as centre x, y and log height, what was seen beside it.

    path: x and y in mean face heights from the start.  wobble: (N,4), box minus path in face heights.  scores: (N,), 0
    where the face was missed.  aspect: width over height.
    """

    times: Float64
    path: Float64
    wobble: Float64
    scores: Float64
    aspect: float


@dataclass(frozen=True)
class Texture:
    """Boxes that never lasted: how many a frame, and their scores."""

    rate: float
    scores: Float64


@dataclass(frozen=True)
class Scene:
    """Per frame its time, what the detector says, and the true ids (M,) and boxes (M,4) of the faces not hidden."""

    moments: list[Moment] = field(default_factory=list)
    people: list[Index] = field(default_factory=list)
    boxes: list[Float32] = field(default_factory=list)


@dataclass(frozen=True)
class _Person:
    tape: Tape
    born: float
    size: float
    place: Float64
    mirror: float

    def at(self, time: float) -> tuple[Float64, Float64, float]:
        """True box (4,), detected box (4,) and score at a time; the tape goes on from where it ended."""
        tape, length = self.tape, float(self.tape.times[-1])
        rounds, rest = divmod(time - self.born, length)
        index = int(np.searchsorted(tape.times, rest).clip(0, len(tape.times) - 1))
        x, y = (float(np.interp(rest, tape.times, tape.path[:, axis])) for axis in (0, 1))
        travelled = np.array([x, y]) + rounds * tape.path[-1, :2]
        centre = self.place + travelled * [self.mirror * self.size, self.size]
        height = self.size * float(np.exp(np.interp(rest, tape.times, tape.path[:, 2])))
        half = np.array([tape.aspect * height, height]) / 2
        true = np.concatenate([centre - half, centre + half])
        return true, true + tape.wobble[index] * height, float(tape.scores[index])


def chains(moments: Sequence[Moment]) -> list[list[tuple[float, Float64, float]]]:
    """Faces followed by overlap alone: lists of (time, box, score), ended by the first doubt."""
    live: list[list[tuple[float, Float64, float]]] = []
    done: list[list[tuple[float, Float64, float]]] = []
    for moment in moments:
        boxes = moment.found.boxes.astype(np.float64)
        rest = set(range(len(boxes)))
        overlap = iou(np.array([chain[-1][1] for chain in live]).reshape(-1, 4), boxes)
        for row, chain in enumerate(live):
            best = int(overlap[row].argmax()) if len(boxes) else -1
            if best >= 0 and overlap[row, best] >= LINKED and overlap[:, best].argmax() == row:
                chain.append((moment.time, boxes[best], float(moment.found.scores[best])))
                rest.discard(best)
        live += [[(moment.time, boxes[index], float(moment.found.scores[index]))] for index in sorted(rest)]
        done += [chain for chain in live if moment.time - chain[-1][0] > PATIENCE]
        live = [chain for chain in live if moment.time - chain[-1][0] <= PATIENCE]
    return done + live


def tapes(moments: Sequence[Moment]) -> list[Tape]:
    """The tapes that one clip's detections give."""
    step = float(np.median(np.diff([moment.time for moment in moments])))
    long = [chain for chain in chains(moments) if chain[-1][0] - chain[0][0] >= SHORTEST]
    return [_tape(chain, step) for chain in long if max(score for _, _, score in chain) >= SURE]


def texture(moments: Sequence[Moment]) -> Texture:
    """What flickers in one clip."""
    brief = [link for chain in chains(moments) if len(chain) < BRIEF for link in chain]
    return Texture(len(brief) / len(moments), np.array([score for _, _, score in brief]))


def crowd(tape_deck: Sequence[Tape], noise: Texture, seed: int, *, people: int, seconds: float, fps: float) -> Scene:
    """A crowd of about `people` faces at a time, 16 to 36 px high, in a frame of 640 x 360."""
    random, scene = np.random.default_rng(seed), Scene()
    present: dict[int, _Person] = {}
    born = 0
    for frame in range(round(seconds * fps)):
        time = frame / fps
        while len(present) < people:
            present[born] = _person(tape_deck, random, time)
            born += 1
        seen = {number: person.at(time) for number, person in present.items()}
        present = {number: present[number] for number, (true, _, _) in seen.items() if _inside(true)}
        _film(scene, time, {number: seen[number] for number in present}, _flicker(noise, random))
    return scene


def iou(boxes: AnyFloat, others: AnyFloat) -> Float64:
    """Overlap of each box (N,4) with each other (M,4): (N,M)."""
    low, high = np.maximum(boxes[:, None, :2], others[:, :2]), np.minimum(boxes[:, None, 2:], others[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(one[:, 2:] - one[:, :2], axis=1) for one in (boxes, others)]
    return np.asarray(common / np.maximum(areas[0][:, None] + areas[1] - common, 1e-9), np.float64)


def _tape(chain: list[tuple[float, Float64, float]], step: float) -> Tape:
    boxes = np.stack([box for _, box, _ in chain])
    heights = boxes[:, 3] - boxes[:, 1]
    rough = np.column_stack([(boxes[:, :2] + boxes[:, 2:]) / 2, np.log(heights)])
    seen_at = np.array([time for time, _, _ in chain]) - chain[0][0]
    times = np.arange(round(seen_at[-1] / step) + 1) * step
    rows = np.rint(seen_at / step).astype(int)
    smooth = np.column_stack([np.interp(times, seen_at, _averaged(column, step)) for column in rough.T])
    aspect = float(np.median((boxes[:, 2] - boxes[:, 0]) / heights))
    half = np.exp(smooth[rows, 2])[:, None] * [aspect / 2, 0.5]
    centre = smooth[rows, :2]
    wobble, scores = np.zeros((len(times), 4)), np.zeros(len(times))
    wobble[rows] = (boxes - np.concatenate([centre - half, centre + half], axis=1)) / heights[:, None]
    scores[rows] = [score for _, _, score in chain]
    size = float(np.exp(smooth[:, 2].mean()))
    path = np.column_stack([(smooth[:, :2] - smooth[0, :2]) / size, smooth[:, 2] - np.log(size)])
    return Tape(times, path, wobble, scores, aspect)


def _averaged(values: Float64, step: float) -> Float64:
    half = max(1, round(SMOOTHED / step / 2))
    padded = np.pad(values, half, mode="edge")
    return np.convolve(padded, np.full(2 * half + 1, 1 / (2 * half + 1)), "valid")


def _person(tape_deck: Sequence[Tape], random: np.random.Generator, time: float) -> _Person:
    tape = tape_deck[int(random.integers(len(tape_deck)))]
    place = random.uniform((0.1 * WIDTH, 0.2 * HEIGHT), (0.9 * WIDTH, 0.8 * HEIGHT))
    return _Person(tape, time, random.uniform(16, 36), place, random.choice((-1.0, 1.0)))


def _inside(box: Float64) -> bool:
    centre = (box[:2] + box[2:]) / 2
    return bool((centre > 0).all() and (centre < (WIDTH, HEIGHT)).all() and 10 <= box[3] - box[1] <= 80)


def _flicker(noise: Texture, random: np.random.Generator) -> Detections:
    count = random.poisson(noise.rate)
    low = random.uniform((0, 0), (WIDTH, HEIGHT), (count, 2))
    size = random.uniform(10, 30, (count, 1))
    boxes = np.concatenate([low, low + size * [0.8, 1]], axis=1)
    return Detections(boxes.astype(np.float32), random.choice(noise.scores, count).astype(np.float32))


def _film(scene: Scene, time: float, seen: dict[int, tuple[Float64, Float64, float]], flicker: Detections) -> None:
    numbers = np.array(sorted(seen, key=lambda number: -(seen[number][0][3] - seen[number][0][1])), np.intp)
    true = np.array([seen[number][0] for number in numbers], np.float32).reshape(-1, 4)
    boxes = np.array([seen[number][1] for number in numbers], np.float32).reshape(-1, 4)
    scores = np.array([seen[number][2] for number in numbers], np.float32)
    covered = _covered(true)
    scores = np.where(covered > DIMMED, DIM * scores, scores)
    good = (covered <= HIDDEN) & (scores > 0) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    found = Detections(
        np.concatenate([boxes[good], flicker.boxes]), np.concatenate([scores[good], flicker.scores]).astype(np.float32)
    )
    found = found[np.flatnonzero(found.scores >= 0.25)]
    scene.moments.append(Moment(time, found[suppress(found.boxes, found.scores, 0.3)]))
    shown = covered <= HIDDEN
    scene.people.append(numbers[shown])
    scene.boxes.append(true[shown])


def _covered(boxes: Float32) -> Float32:
    """The largest share of each box (N,4) that lies behind one before it in the list: (N,)."""
    low, high = np.maximum(boxes[:, None, :2], boxes[:, :2]), np.minimum(boxes[:, None, 2:], boxes[:, 2:])
    common = np.tril(np.prod(np.clip(high - low, 0, None), axis=2), -1)
    return np.asarray(common.max(axis=1, initial=0) / np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), np.float32)

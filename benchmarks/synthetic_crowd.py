"""Crowds with known identities, composed of real detections: ground truth without hand labels.

Faces that are easy to follow through real footage (each box overlaps its predecessor well) give *trajectories*: the
smoothed path, and the detector's jitter, score dips and misses along it, in units of face height. A crowd replays
trajectories at other places, sizes and directions, so that faces cross and hide each other while everybody's path is
known. Motion and noise are measured; only the meeting of people is simulated. Trajectories do not show what ended the
chain they come from, so the figures compare trackers and predict nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors.arrays import Float32, Float64, Index
from detectors.base import Detections
from detectors.boxes import box_iou
from detectors.nms import suppress

Chain = list[tuple[float, Float64, float]]  # time, box, score

WIDTH, HEIGHT = 640.0, 360.0  # pixels
MIN_TRAJECTORY_SECONDS = 1.5
MIN_BEST_SCORE = 0.6  # of a trajectory's best box, so that no trajectory is background
LINK_IOU = 0.5  # with its predecessor, makes a box the same face
MAX_GAP_SECONDS = 0.2  # without a box, after which a chain ends
SMOOTHING_SECONDS = 0.3  # over which the path is averaged; faster motion counts as jitter
HIDDEN_SHARE, DIMMED_SHARE = 0.6, 0.3  # of a face behind a nearer one: it is not found; its score falls
DIMMED_SCORE_FACTOR = 0.6
MIN_CHAIN_BOXES = 3  # shorter chains are false alarms
MIN_SCORE, NMS_IOU = 0.25, 0.3  # of the simulated detector


@dataclass(frozen=True)
class FrameDetections:
    """One frame's detections after suppression, and its time in seconds."""

    time: float
    found: Detections


@dataclass(frozen=True)
class Trajectory:
    """One face: times (N,) from 0, smooth path (N,3) as centre x, y and log height, and what the detector made of it.

    path: x and y in mean face heights from the start.  jitter: (N,4), box minus path in face heights.  scores: (N,), 0
    where the face was missed.  aspect: width over height.
    """

    times: Float64
    path: Float64
    jitter: Float64
    scores: Float64
    aspect: float


@dataclass(frozen=True)
class FalseAlarms:
    """Boxes that never lasted: how many a frame, and their scores."""

    rate: float
    scores: Float64


@dataclass(frozen=True)
class CrowdScene:
    """By frame: the detections, and the true ids (M,) and boxes (M,4) of the faces not hidden."""

    frames: list[FrameDetections] = field(default_factory=list)
    people: list[Index] = field(default_factory=list)
    boxes: list[Float32] = field(default_factory=list)


@dataclass(frozen=True)
class _Person:
    trajectory: Trajectory
    born: float
    size: float
    place: Float64
    mirror: float

    def at(self, time: float) -> tuple[Float64, Float64, float]:
        """True box (4,), detected box (4,) and score at a time; after its end the trajectory repeats from there."""
        trajectory, length = self.trajectory, float(self.trajectory.times[-1])
        rounds, rest = divmod(time - self.born, length)
        index = int(np.searchsorted(trajectory.times, rest).clip(0, len(trajectory.times) - 1))
        x, y = (float(np.interp(rest, trajectory.times, trajectory.path[:, axis])) for axis in (0, 1))
        travelled = np.array([x, y]) + rounds * trajectory.path[-1, :2]
        centre = self.place + travelled * [self.mirror * self.size, self.size]
        height = self.size * float(np.exp(np.interp(rest, trajectory.times, trajectory.path[:, 2])))
        half = np.array([trajectory.aspect * height, height]) / 2
        true = np.concatenate([centre - half, centre + half])
        return true, true + trajectory.jitter[index] * height, float(trajectory.scores[index])


def link_chains(frames: Sequence[FrameDetections]) -> list[Chain]:
    """Faces followed by overlap alone; a chain ends at the first doubt."""
    open_chains: list[Chain] = []
    closed: list[Chain] = []
    for frame in frames:
        _extend(open_chains, frame)
        closed += [chain for chain in open_chains if frame.time - chain[-1][0] > MAX_GAP_SECONDS]
        open_chains = [chain for chain in open_chains if frame.time - chain[-1][0] <= MAX_GAP_SECONDS]
    return closed + open_chains


def _extend(chains: list[Chain], frame: FrameDetections) -> None:
    """Append each box to the chain that it alone fits best; the others begin chains of their own."""
    boxes = frame.found.boxes.astype(np.float64)
    links = [(frame.time, box, float(score)) for box, score in zip(boxes, frame.found.scores, strict=True)]
    unlinked = set(range(len(boxes)))
    overlaps = box_iou(np.array([chain[-1][1] for chain in chains]).reshape(-1, 4), boxes)
    for row, chain in enumerate(chains):
        best = int(overlaps[row].argmax()) if len(boxes) else -1
        if best >= 0 and overlaps[row, best] >= LINK_IOU and overlaps[:, best].argmax() == row:
            chain.append(links[best])
            unlinked.discard(best)
    chains += [[links[index]] for index in sorted(unlinked)]


def extract_trajectories(frames: Sequence[FrameDetections]) -> list[Trajectory]:
    """The trajectories that one clip's detections give."""
    step = float(np.median(np.diff([frame.time for frame in frames])))
    long = [chain for chain in link_chains(frames) if chain[-1][0] - chain[0][0] >= MIN_TRAJECTORY_SECONDS]
    return [_smooth(chain, step) for chain in long if max(score for _, _, score in chain) >= MIN_BEST_SCORE]


def extract_false_alarms(frames: Sequence[FrameDetections]) -> FalseAlarms:
    """What flickers in one clip."""
    brief = [link for chain in link_chains(frames) if len(chain) < MIN_CHAIN_BOXES for link in chain]
    return FalseAlarms(len(brief) / len(frames), np.array([score for _, _, score in brief]))


def simulate_crowd(
    trajectories: Sequence[Trajectory], noise: FalseAlarms, seed: int, *, people: int, seconds: float, fps: float
) -> CrowdScene:
    """A crowd of about `people` faces at a time, 16 to 36 px high, in a frame of 640 x 360."""
    random, scene = np.random.default_rng(seed), CrowdScene()
    present: dict[int, _Person] = {}
    born = 0
    for frame in range(round(seconds * fps)):
        time = frame / fps
        while len(present) < people:
            present[born] = _draw_person(trajectories, random, time)
            born += 1
        seen = {number: person.at(time) for number, person in present.items()}
        present = {number: present[number] for number, (true, _, _) in seen.items() if _is_inside(true)}
        _add_frame(scene, time, {number: seen[number] for number in present}, _draw_false_alarms(noise, random))
    return scene


def _smooth(chain: Chain, step: float) -> Trajectory:
    """Split a chain into a smooth path and the detector's jitter, sampled every `step` seconds."""
    boxes = np.stack([box for _, box, _ in chain])
    heights = boxes[:, 3] - boxes[:, 1]
    rough = np.column_stack([(boxes[:, :2] + boxes[:, 2:]) / 2, np.log(heights)])
    seen_at = np.array([time for time, _, _ in chain]) - chain[0][0]
    times = np.arange(round(seen_at[-1] / step) + 1) * step
    rows = np.rint(seen_at / step).astype(int)
    smooth = np.column_stack([np.interp(times, seen_at, _average(column, step)) for column in rough.T])
    aspect = float(np.median((boxes[:, 2] - boxes[:, 0]) / heights))
    half = np.exp(smooth[rows, 2])[:, None] * [aspect / 2, 0.5]
    centre = smooth[rows, :2]
    jitter, scores = np.zeros((len(times), 4)), np.zeros(len(times))
    jitter[rows] = (boxes - np.concatenate([centre - half, centre + half], axis=1)) / heights[:, None]
    scores[rows] = [score for _, _, score in chain]
    size = float(np.exp(smooth[:, 2].mean()))
    path = np.column_stack([(smooth[:, :2] - smooth[0, :2]) / size, smooth[:, 2] - np.log(size)])
    return Trajectory(times, path, jitter, scores, aspect)


def _average(values: Float64, step: float) -> Float64:
    half = max(1, round(SMOOTHING_SECONDS / step / 2))
    padded = np.pad(values, half, mode="edge")
    return np.convolve(padded, np.full(2 * half + 1, 1 / (2 * half + 1)), "valid")


def _draw_person(trajectories: Sequence[Trajectory], random: np.random.Generator, time: float) -> _Person:
    trajectory = trajectories[int(random.integers(len(trajectories)))]
    place = random.uniform((0.1 * WIDTH, 0.2 * HEIGHT), (0.9 * WIDTH, 0.8 * HEIGHT))
    return _Person(trajectory, time, random.uniform(16, 36), place, random.choice((-1.0, 1.0)))


def _is_inside(box: Float64) -> bool:
    centre = (box[:2] + box[2:]) / 2
    return bool((centre > 0).all() and (centre < (WIDTH, HEIGHT)).all() and 10 <= box[3] - box[1] <= 80)


def _draw_false_alarms(noise: FalseAlarms, random: np.random.Generator) -> Detections:
    count = random.poisson(noise.rate)
    low = random.uniform((0, 0), (WIDTH, HEIGHT), (count, 2))
    size = random.uniform(10, 30, (count, 1))
    boxes = np.concatenate([low, low + size * [0.8, 1]], axis=1)
    return Detections(boxes.astype(np.float32), random.choice(noise.scores, count).astype(np.float32))


def _add_frame(
    scene: CrowdScene, time: float, seen: dict[int, tuple[Float64, Float64, float]], alarms: Detections
) -> None:
    """Hide and dim who stands behind others, suppress as a detector does, and append the frame."""
    numbers = np.array(sorted(seen, key=lambda number: -(seen[number][0][3] - seen[number][0][1])), np.intp)
    true = np.array([seen[number][0] for number in numbers], np.float32).reshape(-1, 4)
    boxes = np.array([seen[number][1] for number in numbers], np.float32).reshape(-1, 4)
    scores = np.array([seen[number][2] for number in numbers], np.float32)
    hidden = _hidden_share(true)
    scores = np.where(hidden > DIMMED_SHARE, DIMMED_SCORE_FACTOR * scores, scores)
    shown = hidden <= HIDDEN_SHARE
    found = shown & (scores > 0) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    detections = Detections(
        np.concatenate([boxes[found], alarms.boxes]), np.concatenate([scores[found], alarms.scores]).astype(np.float32)
    )
    detections = detections[np.flatnonzero(detections.scores >= MIN_SCORE)]
    kept = suppress(detections.boxes, detections.scores, NMS_IOU)
    scene.frames.append(FrameDetections(time, detections[kept]))
    scene.people.append(numbers[shown])
    scene.boxes.append(true[shown])


def _hidden_share(boxes: Float32) -> Float32:
    """The largest share of each box (N,4) that lies behind one before it in the list: (N,)."""
    low, high = np.maximum(boxes[:, None, :2], boxes[:, :2]), np.minimum(boxes[:, None, 2:], boxes[:, 2:])
    common = np.tril(np.prod(np.clip(high - low, 0, None), axis=2), -1)
    return np.asarray(common.max(axis=1, initial=0) / np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), np.float32)

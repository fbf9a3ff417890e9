"""Which tracker, and which settings, on crowds with known identities and on real footage.

On synthetic crowds (benchmarks/synthetic_crowd.py) the identities are known. On real footage with readable faces, a
recogniser shows whether a track stayed with one person. Trackers are ranked by *swaps*, the times a track moves to
another person, and not by IDF1: evidence is pooled per track, so a swap mixes two people, while a fragment only
restarts the count.

    python -m benchmarks.tracking --detector yunet_n.onnx --recognizer edgeface_xs.onnx \
        --settings configs/recognizers/edgeface_xs.yaml --far mall-entrance.mp4 --near street-crowd.mp4
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from detectors.load import load_detector
from detectors.runtime import Runtime
from recognizer.load import load_recognizer

# isort: split
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.library_tracker import LibraryTracker, buffered_iou, library_bytetrack
from benchmarks.real_footage import FollowedTrack, Footage, compare, find_threshold, follow, read_footage
from benchmarks.section import print_markdown, provenance
from benchmarks.synthetic_crowd import (
    CrowdScene,
    FalseAlarms,
    Trajectory,
    extract_false_alarms,
    extract_trajectories,
    simulate_crowd,
)
from configs.markdown import table
from detectors.boxes import box_iou
from pipeline.settings.types import TrackingSettings
from pipeline.tracks.tracker import Tracker
from recognizer.onnx import load_chip_spec

RATES = (30.0, 12.0, 5.0)  # frames a second
SEEDS = (1, 2)
PEOPLE, CROWD_SECONDS = 30, 12.0
STEPS = (1, 2, 4)  # real footage: every frame, every second, every fourth
SAME_FACE_IOU = 0.3  # of a tracked box with a true one
SAME_PERSON_SECONDS = 5.0  # between two tracks that may be one person's
CROWD_HEADS = ("swaps", "switches", "fragmentations", "IDF1", "recall")
CROWD_FORMATS = ("{:.1f}",) * 3 + ("{:.3f}",) * 2
FOOTAGE_HEADS = ("far tracks", "leaps", "faces", "near tracks", "leaps", "faces", "read", "mixed", "fragments")


@dataclass(frozen=True)
class Candidate:
    """A tracker to compare: settings for our ByteTrack, or a tracker of the library."""

    name: str
    settings: TrackingSettings
    make_other: Callable[[], LibraryTracker | None] = lambda: None

    def make(self) -> Tracker:
        """A new tracker that has seen nothing."""
        return Tracker(self.name, self.settings, method=self.make_other())


def main() -> None:
    """Print one table for the crowds and one for real footage."""
    options, console = _parser().parse_args(), Console(stderr=True)
    detector = load_detector(str(options.detector), runtime=Runtime())
    recognizer = load_recognizer(options.recognizer, spec=load_chip_spec(options.settings), runtime=Runtime())
    far = read_footage(options.far, detector, None, console)
    near = read_footage(options.near, detector, recognizer, console)
    trajectories = extract_trajectories(far.frames) + extract_trajectories(near.frames)
    scenes = _simulate(trajectories, extract_false_alarms(far.frames), console)
    threshold, error = find_threshold(near)
    crowd_rows, footage_rows = [], []
    for candidate in track(list(candidates()), "trackers", console=console):
        scores = [np.mean([_score(candidate.make(), scene) for scene in group], axis=0) for group in scenes.values()]
        crowd_rows.append(_row(candidate.name, scores, CROWD_FORMATS))
        counts = [_count(candidate, far, near, step, threshold) for step in STEPS]
        footage_rows.append(_row(candidate.name, counts, ("{:.0f}",) * len(FOOTAGE_HEADS)))
    head = f"{len(trajectories)} trajectories; cosine {threshold:.2f} tells people apart, {error:.1%} errors both ways."
    tables = table(["tracker", *CROWD_HEADS], crowd_rows), table(["tracker", *FOOTAGE_HEADS], footage_rows)
    print_markdown("\n\n".join([provenance("benchmarks.tracking"), head, *tables]))


def _simulate(
    trajectories: Sequence[Trajectory], noise: FalseAlarms, console: Console
) -> dict[float, list[CrowdScene]]:
    """The same crowds at each frame rate."""
    return {
        rate: [
            simulate_crowd(trajectories, noise, seed, people=PEOPLE, seconds=CROWD_SECONDS, fps=rate) for seed in SEEDS
        ]
        for rate in track(RATES, "crowds", console=console)
    }


BASE = TrackingSettings(
    start_score=0.5, high_score=0.4, lost_seconds=1.5, min_frames=3, min_overlap=0.3, buffer=3.0
)  # written out, so that rows keep their meaning when defaults change
CONSTANT = ((0.0, 0.1), (0.0, 0.3), (0.1, 0.1), (0.3, 0.1), (0.3, 0.2), (0.3, 0.3), (0.5, 0.3))
BY_TIME = ((2.0, 0.2), (2.0, 0.3), (3.0, 0.3), (4.0, 0.4))
VARIED: dict[str, tuple[float, ...]] = {
    "start_score": (0.4, 0.6),
    "high_score": (0.3, 0.5),
    "min_frames": (2, 5),
    "lost_seconds": (0.5, 3.0),
}


def candidates() -> Iterator[Candidate]:
    """Associations first; then single settings changed from BASE; then other trackers."""
    for buffer, overlap in CONSTANT:
        settings = msgspec.structs.replace(BASE, min_overlap=overlap)
        yield Candidate(
            f"buffer {buffer:g}, overlap {overlap:g}", settings, partial(library_bytetrack, settings, buffer=buffer)
        )
    for buffer, overlap in BY_TIME:
        settings = msgspec.structs.replace(BASE, buffer=buffer, min_overlap=overlap)
        yield Candidate(f"buffer {buffer:g}/s, overlap {overlap:g}", settings)
    for name, values in VARIED.items():
        for value in values:
            yield Candidate(f"{name} {value:g}", msgspec.structs.replace(BASE, **{name: value}))
    yield Candidate("library, buffer 3/s, overlap 0.3", BASE, partial(library_bytetrack, BASE))
    yield from _others(BASE)


def _others(base: TrackingSettings) -> Iterator[Candidate]:
    from trackers import BoTSORTTracker, CBIoUTracker, OCSORTTracker

    common: dict[str, Any] = {
        "lost_track_buffer": round(base.lost_seconds * 30),
        "minimum_consecutive_frames": base.min_frames,
        "high_conf_det_threshold": base.high_score,
    }
    start: dict[str, Any] = {"track_activation_threshold": base.start_score}
    yield Candidate("OC-SORT", base, lambda: LibraryTracker(OCSORTTracker(**common)))
    yield Candidate(
        "OC-SORT, BIoU 0.3 from 0.1",
        base,
        lambda: LibraryTracker(OCSORTTracker(**common, minimum_iou_threshold=0.1, iou=buffered_iou(0.3))),
    )
    start["instant_first_frame_activation"] = False
    yield Candidate("C-BIoU", base, lambda: LibraryTracker(CBIoUTracker(**common, **start)))
    yield Candidate(
        "BoT-SORT, no camera motion",
        base,
        lambda: LibraryTracker(BoTSORTTracker(**common, **start, enable_cmc=False)),
    )


def _score(tracker: Tracker, scene: CrowdScene) -> tuple[float, ...]:
    """Swaps, switches, fragmentations, IDF1 and recall of one tracker on one crowd."""
    from trackers.eval import compute_clear_metrics
    from trackers.eval.identity import compute_identity_metrics

    tracked, overlaps = [], []
    for frame, boxes in zip(scene.frames, scene.boxes, strict=True):
        seen = tracker.follow(frame.found, frame.time).seen
        tracked.append(np.array([sighting.id for sighting in seen], np.intp))
        overlaps.append(box_iou(boxes, np.array([sighting.box for sighting in seen], np.float32).reshape(-1, 4)))
    clear = compute_clear_metrics(scene.people, tracked, overlaps, SAME_FACE_IOU)
    exchanged = compute_clear_metrics(tracked, scene.people, [overlap.T for overlap in overlaps], SAME_FACE_IOU)
    identity = compute_identity_metrics(scene.people, tracked, overlaps, SAME_FACE_IOU)
    return exchanged["IDSW"], clear["IDSW"], clear["Frag"], identity["IDF1"], clear["CLR_Re"]


def _count(candidate: Candidate, far: Footage, near: Footage, step: int, threshold: float) -> tuple[int, ...]:
    """FOOTAGE_HEADS for every `step`-th frame."""
    near_tracks = follow(candidate.make(), near, step)
    return (*_totals(follow(candidate.make(), far, step)), *_totals(near_tracks), *_purity(near_tracks, threshold))


def _totals(tracks: Sequence[FollowedTrack]) -> tuple[int, int, int]:
    """Tracks, leaps and faces."""
    return (
        len(tracks),
        sum(followed.count_leaps() for followed in tracks),
        sum(len(followed.times) for followed in tracks),
    )


def _purity(tracks: Sequence[FollowedTrack], threshold: float) -> tuple[int, int, int]:
    """Tracks read, tracks that look like two people, and pairs of tracks that look like one."""
    cosines = [cosine for cosine in (followed.half_cosine() for followed in tracks) if cosine == cosine]
    fragments = sum(
        cosine >= threshold and 0 < second.times[0] - first.times[-1] <= SAME_PERSON_SECONDS
        for first, second, cosine in compare(tracks)
    )
    return len(cosines), sum(cosine < threshold for cosine in cosines), fragments


def _row(name: str, figures: Sequence[Sequence[float]], formats: Sequence[str]) -> list[str]:
    """One row: each column holds its figures at all rates, separated by slashes."""
    columns = zip(*figures, strict=True)
    return [name, *(" / ".join(map(form.format, column)) for form, column in zip(formats, columns, strict=True))]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Which tracker, and which settings.")
    parser.add_argument("--detector", type=Path, required=True, help="ONNX file")
    parser.add_argument("--recognizer", type=Path, required=True, help="ONNX file that reads the near clip")
    parser.add_argument("--settings", type=Path, required=True, help="YAML with its chip_spec")
    parser.add_argument("--far", type=Path, required=True, help="clip of small faces: detector noise, leaps")
    parser.add_argument("--near", type=Path, required=True, help="clip of readable faces: noise, purity, fragments")
    return parser


if __name__ == "__main__":
    main()

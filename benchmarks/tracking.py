"""Which tracker, and which settings, on crowds with known identities and on real footage.

On synthetic crowds (benchmarks/synthetic_crowd.py) the identities are known. On real footage with readable faces, a
recogniser tells whether a track stayed with one person. Trackers are ranked by *swaps*, the times a track moves to
another person, and not by IDF1: evidence is pooled per track, so a swap mixes two people, while a fragment only
restarts the count.

    python -m benchmarks.tracking --detector yunet_n.onnx --recognizer edgeface_xs.onnx \
        --settings configs/recognizers/edgeface_xs.yaml --far mall-entrance.mp4 --near street-crowd.mp4
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from detectors.arrays import Float64
from detectors.load import load_detector
from detectors.runtime import Runtime

# isort: split
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.real_footage import Course, Footage, calibrate, courses, footage, pairs
from benchmarks.synthetic_crowd import Scene, crowd, iou, tapes, texture
from pipeline.settings.types import TrackingSettings
from pipeline.tracks.tracker import Tracker, bytetrack
from recognizer.onnx import load_recognizer, load_spec

RATES = (30.0, 12.0, 5.0)
SEEDS = (1, 2)
PEOPLE, SECONDS = 30, 12.0
STEPS = (1, 2, 4)  # real footage: every frame, every second, every fourth
SAME = 0.3  # IoU of a tracked box with a true one that makes it that face
REACH = 5.0  # seconds between two tracks that may be one person's
Row = tuple[str, dict[float, Float64], dict[int, tuple[int, ...]]]


@dataclass(frozen=True)
class Candidate:
    """A tracker to be compared: settings for ByteTrack, or another tracker of the library."""

    name: str
    settings: TrackingSettings
    other: Callable[[], Any] = lambda: None

    def make(self) -> Tracker:
        """A fresh one, that has seen nothing."""
        return Tracker(self.name, self.settings, library=self.other())


def main() -> None:
    options, console = _arguments(), Console(stderr=True)
    detector = load_detector(str(options.detector), runtime=Runtime())
    reader = load_recognizer(options.recognizer, spec=load_spec(options.settings), runtime=Runtime())
    far = footage(options.far, detector, None, console)
    near = footage(options.near, detector, reader, console)
    deck = tapes(far.moments) + tapes(near.moments)
    noise = texture(far.moments)
    scenes = {
        rate: [crowd(deck, noise, seed, people=PEOPLE, seconds=SECONDS, fps=rate) for seed in SEEDS]
        for rate in track(RATES, "crowds", console=console)
    }
    limit, error = calibrate(near)
    rows = [
        (one.name, judge(one, scenes), watch(one, far, near, limit))
        for one in track(list(candidates()), "trackers", console=console)
    ]
    report = [f"{len(deck)} tapes; cosine {limit:.2f} tells people apart with {error:.1%} errors both ways.", ""]
    Console(soft_wrap=True, highlight=False, markup=False).print("\n".join([*report, *_tables(rows)]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Which tracker, and which settings.")
    parser.add_argument("--detector", type=Path, required=True, help="ONNX file")
    parser.add_argument("--recognizer", type=Path, required=True, help="ONNX file that reads the near clip")
    parser.add_argument("--settings", type=Path, required=True, help="YAML with its chip_spec")
    parser.add_argument("--far", type=Path, required=True, help="clip of small faces: detector noise, leaps")
    parser.add_argument("--near", type=Path, required=True, help="clip of readable faces: noise, purity, fragments")
    return parser.parse_args()


BASE = TrackingSettings(
    start_score=0.5, high_score=0.4, lost_seconds=1.5, min_frames=3, min_overlap=0.3, buffer=3.0
)  # written out, so that rows keep their meaning when defaults move
CONSTANT = ((0.0, 0.1), (0.0, 0.3), (0.1, 0.1), (0.3, 0.1), (0.3, 0.2), (0.3, 0.3), (0.5, 0.3))
BY_TIME = ((2.0, 0.2), (2.0, 0.3), (3.0, 0.3), (4.0, 0.4))
VARIED: dict[str, tuple[float, ...]] = {
    "start_score": (0.4, 0.6),
    "high_score": (0.3, 0.5),
    "min_frames": (2, 5),
    "lost_seconds": (0.5, 3.0),
}


def candidates() -> Iterator[Candidate]:
    """Associations first; then thresholds and patience, one at a time, from BASE; then other trackers."""
    for buffer, overlap in CONSTANT:
        settings = msgspec.structs.replace(BASE, min_overlap=overlap)
        yield Candidate(f"buffer {buffer:g}, overlap {overlap:g}", settings, partial(_constant, settings, buffer))
    for buffer, overlap in BY_TIME:
        settings = msgspec.structs.replace(BASE, buffer=buffer, min_overlap=overlap)
        yield Candidate(f"buffer {buffer:g}/s, overlap {overlap:g}", settings)
    for name, values in VARIED.items():
        for value in values:
            yield Candidate(f"{name} {value:g}", msgspec.structs.replace(BASE, **{name: value}))
    yield from _others(BASE)


def _constant(settings: TrackingSettings, buffer: float) -> Any:
    from trackers.utils.iou import BIoU

    return bytetrack(settings, BIoU(buffer))


def _others(base: TrackingSettings) -> Iterator[Candidate]:
    from trackers import BoTSORTTracker, CBIoUTracker, OCSORTTracker
    from trackers.utils.iou import BIoU

    common: dict[str, Any] = {
        "lost_track_buffer": round(base.lost_seconds * 30),
        "minimum_consecutive_frames": base.min_frames,
        "high_conf_det_threshold": base.high_score,
    }
    start: dict[str, Any] = {"track_activation_threshold": base.start_score}
    yield Candidate("OC-SORT", base, lambda: OCSORTTracker(**common))
    yield Candidate(
        "OC-SORT, BIoU 0.3 from 0.1", base, lambda: OCSORTTracker(**common, minimum_iou_threshold=0.1, iou=BIoU(0.3))
    )
    yield Candidate("C-BIoU", base, lambda: CBIoUTracker(**common, **start, instant_first_frame_activation=False))
    yield Candidate(
        "BoT-SORT, no camera motion",
        base,
        lambda: BoTSORTTracker(**common, **start, enable_cmc=False, instant_first_frame_activation=False),
    )


def judge(candidate: Candidate, scenes: dict[float, list[Scene]]) -> dict[float, Float64]:
    """Per rate: swaps, switches, fragmentations, IDF1, share of foreign boxes, recall (the last three as means)."""
    return {rate: np.mean([_score(candidate.make(), scene) for scene in some], axis=0) for rate, some in scenes.items()}


def _score(tracker: Tracker, scene: Scene) -> tuple[float, ...]:
    from trackers.eval import compute_clear_metrics
    from trackers.eval.identity import compute_identity_metrics

    tracked, overlaps = [], []
    for moment, boxes in zip(scene.moments, scene.boxes, strict=True):
        seen = tracker.follow(moment.found, moment.time).seen
        tracked.append(np.array([one.id for one in seen], np.intp))
        overlaps.append(iou(boxes, np.array([one.box for one in seen], np.float32).reshape(-1, 4)))
    clear = compute_clear_metrics(scene.people, tracked, overlaps, SAME)
    swapped = compute_clear_metrics(tracked, scene.people, [overlap.T for overlap in overlaps], SAME)
    identity = compute_identity_metrics(scene.people, tracked, overlaps, SAME)
    return swapped["IDSW"], clear["IDSW"], clear["Frag"], identity["IDF1"], clear["CLR_Re"]


def watch(candidate: Candidate, far: Footage, near: Footage, limit: float) -> dict[int, tuple[int, ...]]:
    """Per step on real footage: far tracks, leaps; near tracks, leaps, judged, mixed, pairs of fragments, faces."""
    return {
        step: (*_far(courses(candidate.make(), far, step)), *_near(courses(candidate.make(), near, step), limit))
        for step in STEPS
    }


def _far(found: Sequence[Course]) -> tuple[int, int, int]:
    return len(found), sum(course.leaps() for course in found), sum(len(course.times) for course in found)


def _near(found: Sequence[Course], limit: float) -> tuple[int, ...]:
    halves = [cosine for cosine in (course.halves() for course in found) if cosine == cosine]
    together = [
        1
        for first, second, cosine in pairs(found)
        if cosine >= limit and 0 < second.times[0] - first.times[-1] <= REACH
    ]
    mixed = sum(cosine < limit for cosine in halves)
    return (*_far(found), len(halves), mixed, len(together))


def _tables(rows: Sequence[Row]) -> Iterator[str]:
    yield from _table(
        ("swaps", "switches", "fragmentations", "IDF1", "recall"),
        [(name, judged, ("{:.1f}",) * 3 + ("{:.3f}",) * 2) for name, judged, _ in rows],
    )
    yield ""
    yield from _table(
        ("far tracks", "leaps", "faces", "near tracks", "leaps", "faces", "read", "mixed", "fragments"),
        [(name, watched, ("{:.0f}",) * 9) for name, _, watched in rows],
    )


def _table(heads: Sequence[str], rows: Iterable[tuple[str, dict[Any, Any], Sequence[str]]]) -> Iterator[str]:
    yield "| tracker | " + " | ".join(heads) + " |"
    yield "|" + " --- |" * (1 + len(heads))
    for name, figures, formats in rows:
        cells = [" / ".join(how.format(one[column]) for one in figures.values()) for column, how in enumerate(formats)]
        yield f"| {name} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()

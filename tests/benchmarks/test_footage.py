"""Labels of real footage, and how boxes and tracks are matched with them; no clip is needed."""

import numpy as np
import pytest

from benchmarks.footage.announced import Announced
from benchmarks.footage.conditions import CONDITIONS
from benchmarks.footage.detection import format_tables, recall, threshold
from benchmarks.footage.labels import FrameLabels, Matched, match, read_labels
from detectors.base import Detections
from pipeline.sink import FrameResult
from pipeline.types import Frame, Track

FACE, OTHER, MAYBE = (10.0, 10.0, 30.0, 34.0), (60.0, 10.0, 80.0, 34.0), (100.0, 10.0, 120.0, 34.0)
LABELS = FrameLabels([FACE, OTHER], [MAYBE])


def test_the_labels_are_of_300_frames_and_every_box_has_a_size() -> None:
    clips = read_labels()
    frames = [frame for labels in clips.values() for frame in labels.values()]
    assert len(frames) == 300
    boxes = np.concatenate([np.concatenate([frame.boxes, frame.unknown]) for frame in frames])
    assert np.isfinite(boxes).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert sum(len(frame.faces) for frame in frames) > 1000


def matched(*found: tuple[tuple[float, ...], float]) -> Matched:
    boxes = np.array([box for box, _ in found], np.float32).reshape(-1, 4)
    return match(LABELS, boxes, np.array([score for _, score in found], np.float32))


def test_each_face_gets_its_surest_box_and_a_second_one_is_false() -> None:
    near = tuple(np.add(FACE, 2))
    result = matched((FACE, 0.9), (near, 0.8), (OTHER, 0.3), ((200, 200, 220, 224), 0.2))
    np.testing.assert_allclose(result.best, [0.9, 0.3])
    np.testing.assert_allclose(result.false, [0.8, 0.2])


def test_what_nobody_can_tell_is_neither_found_nor_false() -> None:
    inside = (104.0, 14.0, 112.0, 24.0)
    result = matched((MAYBE, 0.9), (inside, 0.8))
    assert result.best.tolist() == [0, 0]
    assert result.false.tolist() == []


def test_threshold_and_recall() -> None:
    frames = [
        matched((FACE, 0.9), ((200, 200, 220, 224), 0.5)),
        matched((OTHER, 0.4), ((0, 200, 20, 224), 0.3)),
    ]
    assert threshold(frames, 0.5) == pytest.approx(0.3, abs=1e-6)
    assert threshold(frames, 0.5) > np.float32(0.3)
    labelled = [(LABELS, one) for one in frames]
    assert recall(labelled, 0.35) == 0.5
    assert recall(labelled, 0.45) == 0.25
    assert np.isnan(recall(labelled, 0.3, (500, 600)))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_change_pixels_and_keep_size_and_input(condition: str) -> None:
    image = np.random.default_rng(0).integers(0, 255, (40, 61, 3)).astype(np.uint8)
    before = image.copy()
    changed = CONDITIONS[condition](image)
    assert (changed.shape, changed.dtype) == (image.shape, np.uint8)
    assert (image == before).all()
    assert (changed == image).all() == (condition == "as it is")
    if condition == "infrared":
        assert np.ptp(changed, axis=2).max() == 0


def test_tables_name_every_clip_and_detector() -> None:
    found = {
        (condition, clip): [(frame, match(frame, frame.boxes, np.full(len(frame.faces), 0.9, np.float32)))
                            for frame in labels.values()]
        for condition in CONDITIONS
        for clip, labels in read_labels().items()
    }  # fmt: skip
    text = format_tables({"perfect": found})
    assert all(f"| {clip} |" in text for clip in read_labels())
    assert "| perfect | 0.05 | 1.000 |" in text


def show(told: Announced, index: int, **boxes: tuple[float, ...]) -> None:
    tracks = tuple(
        Track("cam", int(name[1:]), np.array(box, np.float32), 0.9, None, 0.0) for name, box in boxes.items()
    )
    frame = Frame("cam", index, index / 10, 0.0, 0.0, np.zeros((240, 320, 3), np.uint8))
    told.on_frame(FrameResult(frame, Detections.empty(), tracks, {}))


def test_announced_tracks_are_judged_by_the_labelled_frames_alone() -> None:
    told = Announced({3: LABELS, 6: LABELS})
    nothing = (200.0, 100.0, 220.0, 124.0)
    show(told, 2, t1=FACE, t2=nothing, t3=MAYBE, t4=nothing)
    show(told, 3, t1=FACE, t2=nothing, t3=MAYBE)
    show(told, 6, t1=nothing, t2=nothing, t5=OTHER)
    assert told.verdicts == {1: True, 2: False, 3: None, 4: None, 5: True}
    assert told.row() == ["5", "2", "1", "2", "0.500 of 4"]
    assert set(told.crops) == {1, 2, 3, 4, 5}

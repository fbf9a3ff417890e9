"""The three levels, each alone: boxes, vectors, decisions."""

import math
from pathlib import Path

import numpy as np
import pytest

import glimpse
from recognizer.base import State
from recognizer.decide import DecisionRule
from recognizer.evidence import Evidence
from tests.synthetic.networks import write_recognizer
from tests.synthetic.portraits import group, nothing, portrait


@pytest.fixture(scope="module")
def recognizer() -> glimpse.Recognizer:
    return glimpse.Recognizer()


def test_a_detector_gives_arrays_in_pixels_of_the_picture() -> None:
    found = glimpse.Detector(score=0.6).detect(group("Ada", "Ben"))
    order = np.argsort(found.boxes[:, 0])
    assert len(found) == 2
    assert found.landmarks is not None
    for row, left in zip(order, (0, 256), strict=True):
        x0, y0, x1, y1 = found.boxes[row]
        assert left < x0 < x1 < left + 256
        assert 0 < y0 < y1 < 256
        assert (found.landmarks[row][:, 0] > x0).all()
        assert (found.landmarks[row][:, 0] < x1).all()
    assert len(glimpse.Detector(score=0.6).detect(nothing())) == 0


def test_a_recognizer_reads_one_person_alike_at_every_size(recognizer: glimpse.Recognizer) -> None:
    detector = glimpse.Detector(score=0.6)
    vectors = []
    for name, side in (("Ada", 256), ("Ada", 64), ("Ben", 256)):
        found = detector.detect(portrait(name, side))
        readings = recognizer.embed(portrait(name, side), found)
        assert readings.vectors.shape == (1, recognizer.dim)
        assert math.isclose(float(np.linalg.norm(readings.vectors[0])), 1, rel_tol=1e-5)
        vectors.append(readings.vectors[0])
    assert vectors[0] @ vectors[1] > 0.5 > vectors[0] @ vectors[2]


def test_a_chip_is_cut_by_landmarks_or_a_box_and_read(recognizer: glimpse.Recognizer) -> None:
    picture = portrait("Ada")
    found = glimpse.Detector(score=0.6).detect(picture)
    assert found.landmarks is not None
    chip = recognizer.chip(picture, found.landmarks[0], face_px=100)
    roughly = recognizer.chip(picture, found.boxes[0], face_px=100)
    assert chip.shape == roughly.shape == (128, 128, 3)
    first, second = recognizer.read(np.stack([chip, roughly])).vectors
    assert first @ second > 0.5
    with pytest.raises(glimpse.PictureError, match="expected five points spread"):
        recognizer.chip(picture, np.full((5, 2), 7, np.float32), face_px=100)
    with pytest.raises(glimpse.PictureError, match="expected a size of"):
        recognizer.read(np.zeros((1, 5, 5, 3), np.uint8))


def test_a_face_that_cannot_be_cut_gives_a_zero_row(recognizer: glimpse.Recognizer) -> None:
    from detectors.base import Detections

    outside = Detections(np.array([[900, 900, 950, 950]], np.float32), np.ones(1, np.float32), None)
    readings = recognizer.embed(portrait("Ada"), outside)
    assert not readings.vectors.any()
    assert np.isnan(readings.lengths).all()


def test_a_decider_names_by_the_rate_that_it_is_given(recognizer: glimpse.Recognizer) -> None:
    strict, lax = (glimpse.Decider(recognizer, false_alarm=rate) for rate in (1e-6, 0.1))
    assert strict.threshold(16) > lax.threshold(16)
    assert strict.threshold(16, faces=1000) > strict.threshold(16)
    ada, ben = (glimpse.find(portrait(name))[0] for name in ("Ada", "Ben"))
    people = strict.index(np.stack([ada.vector, ben.vector]), ["Ada", "Ben"])
    found = strict.judge(ada.vector, people, face_px=ada.px)
    assert (found.name, found.state) == ("Ada", State.NAMED)
    assert [candidate.name for candidate in found.candidates] == ["Ada", "Ben"]


def test_a_track_needs_several_looks_where_a_still_needs_one(recognizer: glimpse.Recognizer) -> None:
    decider = glimpse.Decider(recognizer)
    small = glimpse.find(portrait("Ada", 40))[0]
    people = decider.index(glimpse.find(portrait("Ada"))[0].vector[None], ["Ada"])
    evidence = Evidence()
    evidence.add(small.vector, weight=1.0, face_px=small.px, time=0.0)
    decision = decider.decide(evidence, people)
    assert decision.state is State.CANDIDATE
    assert "independent looks" in decision.reasons[0]
    assert decider.judge(small.vector, people, face_px=small.px).name == "Ada"


def test_a_vector_that_says_nothing_names_nobody(recognizer: glimpse.Recognizer) -> None:
    decider = glimpse.Decider(recognizer)
    people = decider.index(glimpse.find(portrait("Ada"))[0].vector[None], ["Ada"])
    for vector in (np.zeros(recognizer.dim, np.float32), np.full(recognizer.dim, np.nan, np.float32)):
        assert decider.judge(vector, people, face_px=20).reason == "no face compared yet"


def test_models_that_cannot_be_used_are_refused(tmp_path: Path, recognizer: glimpse.Recognizer) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    for open_model in (glimpse.Detector, glimpse.Recognizer):
        with pytest.raises(FileNotFoundError, match=r"none\.onnx"):
            open_model(tmp_path / "none.onnx")
        with pytest.raises(glimpse.ModelError, match=r"bad\.onnx"):
            open_model(tmp_path / "bad.onnx")
        with pytest.raises(glimpse.ModelError, match="device: expected"):
            open_model(device="abacus")
    with pytest.raises(glimpse.ModelError, match="score: expected above 0"):
        glimpse.Detector(score=0)
    with pytest.raises(glimpse.ModelMissingError, match="no such file"):
        glimpse.Decider(recognizer, calibration=tmp_path / "none.yaml")
    shipped = Path(__file__).parents[2] / "recognizer" / "weights" / "calibration_large.yaml"
    other = glimpse.Recognizer(write_recognizer(tmp_path / "r.onnx"))
    with pytest.raises(glimpse.ModelError, match="expected one of model"):
        glimpse.Decider(other, calibration=shipped)


@pytest.mark.parametrize("rate", [0.0, 1.0, -1.0, math.nan])
def test_a_rate_out_of_its_limits_is_refused(recognizer: glimpse.Recognizer, rate: float) -> None:
    with pytest.raises(glimpse.SettingsError, match="false_alarm"):
        glimpse.Decider(recognizer, false_alarm=rate)
    with pytest.raises(glimpse.SettingsError, match="false_alarm"):
        glimpse.Decider(recognizer, rule=DecisionRule(false_alarm=rate))

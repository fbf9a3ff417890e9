"""The model card: figures from the run, goals reached or not, and the same words as the shipped card."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from distill.detector.card import FAILURES, LICENCE, make_card
from distill.detector.config import DetectorSettings, LabelSettings, SceneSource
from distill.detector.metrics import DetectorResult, HeightResult
from distill.progress import Log

SHIPPED = Path(__file__).parents[3] / "detectors" / "weights" / "glimpse_face.md"


def result(name: str, recall: float, seconds: float) -> DetectorResult:
    """A detector that finds this share of ten faces at each height."""
    best = np.where(np.arange(10) < 10 * recall, 0.9, 0).astype(np.float32)
    none = np.zeros(0, np.float32)
    at_height = HeightResult(best, best, none, np.zeros(0, np.bool_), none)
    return DetectorResult(
        name, heights=dict.fromkeys((8, 12, 16, 24), at_height), pictures={"doors": 1}, seconds=[seconds]
    )


@pytest.fixture
def settings(tmp_path: Path) -> DetectorSettings:
    log = Log(tmp_path / "log.jsonl")
    log.write("prepare", set="crowd", learn=5, check=1, **{"held-out": 3})
    log.write("prepare", set="doors", learn=4, check=1, **{"held-out": 2})
    log.write("prepare", set="chips", faces=1234)
    log.write("label", set="crowd", faces=11, ignored=2)
    log.write("label", set="doors", faces=3, ignored=2)
    scenes = (SceneSource("crowd.zip", boxes="boxes.json"), SceneSource("doors.zip", without_faces=True))
    return DetectorSettings(str(tmp_path), scenes, (), LabelSettings("yunet_n.onnx", "retinaface.onnx"))


CHECKPOINT = {"environment": {"python": "3.11"}, "samples": 2000}


def test_the_card_says_whether_goals_are_reached(settings: DetectorSettings) -> None:
    results = [result("ours", 0.8, 0.01), result("yunet_n", 0.6, 0.02), result("scrfd_2.5g_kps", 0.9, 0.02)]
    text = make_card(settings, results, CHECKPOINT, size=512_345)
    assert "| 8 px | 0.800 | 0.600 | 0.900 | above yunet_n | above scrfd_2.5g_kps |" in text
    assert "| 24 px | 0.800 | 0.600 | 0.900 |  |  |" in text
    assert "Required: reached. Wanted: **not reached at 8 px, 12 px, 16 px, cost.**" in text
    assert "0.51 MB" in text


def test_the_card_names_the_weights_that_training_began_with(settings: DetectorSettings) -> None:
    going_on = replace(settings, train=replace(settings.train, start_from="weights/face_fp32.onnx"))
    results = [result("ours", 0.8, 0.01)]
    assert "pictures, from the weights of an earlier face_fp32.onnx on (" in make_card(
        going_on, results, CHECKPOINT, size=1
    )
    assert "earlier" not in make_card(settings, results, CHECKPOINT, size=1)


def test_the_card_counts_what_was_learnt_from(settings: DetectorSettings) -> None:
    text = make_card(settings, [result("ours", 0.8, 0.01)], CHECKPOINT, size=1)
    assert "Training photographs: crowd 5, doors 4, with 11 labelled faces" in text
    assert "Pasted aligned faces: chips 1,234." in text
    assert "2,000 training pictures" in text


def test_the_shipped_card_has_the_wording_of_the_code(settings: DetectorSettings) -> None:
    shipped = SHIPPED.read_text(encoding="utf-8").split("\n---\n", 1)[1].lstrip()  # behind where its data come from
    results = [result("glimpse_face", 0.8, 0.01), result("yunet_n", 0.6, 0.02), result("scrfd_2.5g_kps", 0.9, 0.02)]
    made = make_card(settings, results, CHECKPOINT, size=SHIPPED.with_suffix(".onnx").stat().st_size)
    assert made.splitlines()[:8] == shipped.splitlines()[:8]
    assert FAILURES in shipped
    assert LICENCE in shipped

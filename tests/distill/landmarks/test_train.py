"""The landmark regressor: its error, its file in serving, and a short training with a card."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from detectors.refine import LandmarkRegressor, square_crop
from detectors.runtime import Runtime
from distill.config import FacesSettings, LandmarkSettings, Settings
from distill.data.store import face_rows, write_array
from distill.landmarks.train import REGRESSOR_SHAPE, landmark_error, to_onnx, train_landmarks
from distill.landmarks.views import CROP_HEIGHTS, CROP_RAISE, SIDE_PX, TEMPLATE
from distill.progress import Log
from distill.training.dataset import normalise_pixels, to_tensor
from distill.training.student import Student
from distill.work_folder import WorkFolder


def dotted(size: int = 5) -> np.ndarray:
    """A grey chip with a bright square on the subject's right eye and a dark one on the left."""
    chip = np.full((112, 112, 3), 120, np.uint8)
    for (x, y), value in zip(TEMPLATE[:2], (250, 0), strict=True):
        chip[round(y) - size : round(y) + size + 1, round(x) - size : round(x) + size + 1] = value
    return chip


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_the_regressor_in_serving_gives_the_output_of_training(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net, path = Student(REGRESSOR_SHAPE), tmp_path / "r.onnx"
    path.write_bytes(to_onnx(net))
    said = json.loads(onnx.load(path).metadata_props[0].value)
    assert said == {"side": SIDE_PX, "reach": CROP_HEIGHTS, "raise": CROP_RAISE}
    image = np.random.default_rng(0).integers(0, 255, (60, 60, 3)).astype(np.uint8)
    box = np.array([20.0, 17.0, 36.0, 35.0])
    corner, size = np.array([28 - CROP_HEIGHTS * 9, 26 - (CROP_HEIGHTS / 2 + CROP_RAISE) * 18]), CROP_HEIGHTS * 18
    view = square_crop(image, corner, size, SIDE_PX)
    with torch.no_grad():
        shares = net.eval()(normalise_pixels(to_tensor(view[None]))).numpy().reshape(5, 2)
    found = LandmarkRegressor(path, Runtime()).landmarks(image, box[None])[0]
    assert np.allclose(found, corner + shares * size, atol=1e-3)


def test_the_error_is_in_eye_distances() -> None:
    points = torch.tensor([[0.3, 0.3, 0.7, 0.3, 0.5, 0.5, 0.35, 0.7, 0.65, 0.7]])
    assert landmark_error(points + torch.tensor([0.04, 0.0] * 5), points).item() == pytest.approx(0.1, abs=1e-3)
    assert landmark_error(points, points).item() < 0.01


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_an_interrupted_training_ends_as_one_in_a_piece(tmp_path: Path) -> None:
    for name in ("whole", "broken"):
        face_rows(WorkFolder(tmp_path / name)).append(np.stack([dotted(size) for size in range(3, 13)] * 2))
        write_array(WorkFolder(tmp_path / name).usable, np.ones(20, bool))
        log = Log(tmp_path / name / "log.jsonl")
        log.write("prepare", faces=20, sources={"dotted": 20})
        log.write("usable", faces=20)
    train_landmarks(_settings(tmp_path / "whole", samples=64))
    for samples in (32, 64):
        train_landmarks(_settings(tmp_path / "broken", samples=samples))
    whole, broken = ((tmp_path / name / "weights" / "glimpse_landmarks.onnx") for name in ("whole", "broken"))
    boxes = np.array([[20.0, 17.0, 36.0, 35.0]])
    image = np.random.default_rng(0).integers(0, 255, (60, 60, 3)).astype(np.uint8)
    first, second = (LandmarkRegressor(path, Runtime()).landmarks(image, boxes) for path in (whole, broken))
    assert np.allclose(first, second, atol=1e-4)
    assert "64 views" in broken.with_suffix(".md").read_text()


def _settings(work: Path, *, samples: int) -> Settings:
    mine = LandmarkSettings(str(work / "weights"), samples=samples, batch=8, workers=0)
    return Settings(str(work), FacesSettings(()), (), {}, landmarks=mine)

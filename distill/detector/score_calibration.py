"""Calibrates scores on the validation slice: score 0.6 gives one false alarm in ten pictures, 0.4 one in each.

The calibration is folded into the weights of the last layer. Thresholds of trackers and of users thus keep their
meaning from one training to the next. The order of boxes does not change.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from detectors.runtime import Runtime
from detectors.tiny import TinyDetector
from distill.detector.config import DetectorSettings
from distill.detector.evaluate import make_validation_set
from distill.detector.export import SPEC, write_detector
from distill.detector.metrics import DetectorResult, false_alarms
from distill.detector.network import CHANNELS, FaceNet
from distill.detector.split import Part
from distill.detector.training_data import load_training_data

TARGETS = {0.1: 0.6, 1.0: 0.4}  # score by false alarms per picture; YuNet-n has a quarter at 0.5
MAX_SLOPE = 2.0  # of the logits, and 1/MAX_SLOPE at least: the validation slice has few pictures
_MIN_SCORE = 0.02


def calibrate_scores(net: FaceNet, settings: DetectorSettings) -> FaceNet:
    """Move and scale the logits of a network, in place, so that its scores reach TARGETS; returns the network."""
    low, high = _logit_thresholds(net, settings)
    target_low, target_high = _logit(TARGETS[1.0]), _logit(TARGETS[0.1])
    slope = float(np.clip((target_high - target_low) / max(high - low, 1e-3), 1 / MAX_SLOPE, MAX_SLOPE))
    scale_logits(net, slope, target_high - slope * high)
    return net


def scale_logits(net: FaceNet, slope: float, offset: float) -> None:
    """Change the weights so that every logit becomes `slope * logit + offset`."""
    for head in net.heads:
        assert isinstance(head, nn.Conv2d)
        assert head.bias is not None
        copies = head.out_channels // CHANNELS  # pixel_shuffle makes a cell's first channel of the first of these
        with torch.no_grad():
            head.weight[:copies] *= slope
            head.bias[:copies] = head.bias[:copies] * slope + offset


def _logit_thresholds(net: FaceNet, settings: DetectorSettings) -> tuple[float, float]:
    """The logits above which there are 1 and 0.1 false alarms per picture."""
    [(name, mosaics)] = make_validation_set(load_training_data(settings, Part.VALIDATION), ()).without_faces.items()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        write_detector(net, path)
        scores, _ = false_alarms(TinyDetector(path, SPEC, runtime=Runtime(), score=_MIN_SCORE), mosaics)
    pictures = sum(mosaic.pictures for mosaic in mosaics)
    result = DetectorResult("net", false_alarms={name: scores}, pictures={name: pictures})
    return _logit(result.threshold(1.0)), _logit(result.threshold(0.1))


def _logit(score: float) -> float:
    return float(np.log(score / (1 - score)))

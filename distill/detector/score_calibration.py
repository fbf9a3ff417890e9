"""Gives scores a meaning: 0.6 leaves one false alarm in ten pictures, 0.4 one in each, as read on the validation slice.

The surprising decision: it is done to the weights of the last layer. Thresholds of trackers and people's habits stay
what they are from one training to the next, and which of two boxes is the better one does not change.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from detectors.runtime import Runtime
from detectors.tiny import TinyDetector
from distill.detector.config import DetectorSettings
from distill.detector.evaluate import slice_test
from distill.detector.export import SPEC, write_detector
from distill.detector.metrics import Measured, false_scores
from distill.detector.network import CHANNELS, FaceNet
from distill.detector.split import Part
from distill.detector.training_data import open_library

MEANING = {0.1: 0.6, 1.0: 0.4}  # score by false alarms a picture; at 0.5 YuNet-n leaves a quarter
STEEPEST = 2.0  # factor of the logits at most, and the inverse at least: few pictures decide
_LEAST = 0.02


def with_meaning(net: FaceNet, settings: DetectorSettings) -> FaceNet:
    """The same network, changed in place, with its scores moved and stretched to MEANING."""
    low, high = _thresholds(net, settings)
    wanted = [_logit(MEANING[rate]) for rate in (1.0, 0.1)]
    steep = float(np.clip((wanted[1] - wanted[0]) / max(high - low, 1e-3), 1 / STEEPEST, STEEPEST))
    shift(net, steep, wanted[1] - steep * high)
    return net


def shift(net: FaceNet, steep: float, move: float) -> None:
    """Make every logit `steep` times what it was, plus `move`."""
    for head in net.heads:
        assert isinstance(head, nn.Conv2d)
        assert head.bias is not None
        copies = head.out_channels // CHANNELS  # pixel_shuffle takes a cell's first channels from the first of these
        with torch.no_grad():
            head.weight[:copies] *= steep
            head.bias[:copies] = head.bias[:copies] * steep + move


def _thresholds(net: FaceNet, settings: DetectorSettings) -> tuple[float, float]:
    """The logits that leave 1 and 0.1 false alarms a picture."""
    [(name, sheets)] = slice_test(open_library(settings, Part.CHECK), ()).empty.items()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        write_detector(net, path)
        scores = false_scores(TinyDetector(path, SPEC, runtime=Runtime(), score=_LEAST), sheets)
    pictures = sum(sheet.pictures for sheet in sheets)
    one = Measured("net", false={name: scores}, images={name: pictures})
    return _logit(one.threshold(1.0)), _logit(one.threshold(0.1))


def _logit(score: float) -> float:
    return float(np.log(score / (1 - score)))

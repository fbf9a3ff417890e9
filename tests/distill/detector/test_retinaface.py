"""Decoding of RetinaFace's outputs."""

from pathlib import Path

import numpy as np
import pytest

from detectors.network import Outputs
from distill.detector.retinaface import RetinaFaceDetector


def test_one_anchor_decoded_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    class FixedNetwork:
        def __init__(self, *_: object) -> None:
            cells = 2 * (4 * 8 + 2 * 4 + 1 * 2)
            self.loc, self.conf = np.zeros((cells, 4), np.float32), np.zeros((cells, 2), np.float32)
            self.points = np.zeros((cells, 10), np.float32)

        def run(self, image: object) -> Outputs:
            return Outputs({"loc": self.loc, "conf": self.conf, "landms": self.points}, 32, 64, 1.0)

    monkeypatch.setattr("distill.detector.retinaface.Network", FixedNetwork)
    detector = RetinaFaceDetector(Path("any"))
    network = detector._network
    row = 2 * (1 * 8 + 3) + 1  # row 1, column 3 of stride 8, its anchor of 32 px round (28, 12)
    network.conf[row] = [0.1, 0.9]
    network.loc[row] = [1, -1, np.log(2) / 0.2, 0]
    network.points[row] = 1
    found = detector.detect(np.zeros((32, 64, 3), np.uint8))
    np.testing.assert_allclose(found.boxes, [[28 + 3.2 - 32, 12 - 3.2 - 16, 28 + 3.2 + 32, 12 - 3.2 + 16]], rtol=1e-5)
    assert found.landmarks is not None
    np.testing.assert_allclose(found.landmarks[0, 4], [28 + 3.2, 12 + 3.2], rtol=1e-6)

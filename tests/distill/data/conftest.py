"""Pictures in a zip, good and damaged, for the tests of sources and preparation."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.synthetic.distill_world import painted


def png(image: np.ndarray) -> bytes:
    """A picture as PNG bytes."""
    return cv2.imencode(".png", image)[1].tobytes()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A zip with two good faces, one name twice, a torn picture, a flat one, a wide one and a text."""
    rng = np.random.default_rng(0)
    path = tmp_path / "mixed.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("a/one.png", png(painted(0, rng)))
        with pytest.warns(UserWarning, match="Duplicate name"):
            zipped.writestr("a/one.png", png(painted(1, rng)))
        zipped.writestr("a/torn.png", b"not a picture")
        zipped.writestr("a/empty.jpg", b"")
        zipped.writestr("a/flat.png", png(np.full((112, 112, 3), 90, np.uint8)))
        zipped.writestr("a/wide.png", png(np.zeros((50, 112, 3), np.uint8)))
        zipped.writestr("a/small.png", png(cv2.resize(painted(2, rng), (60, 60))))
        zipped.writestr("readme.txt", "no picture")
    return path

"""SCRFD: decoding of all export variants, on a network that detects red squares."""

from pathlib import Path

import numpy as np
import pytest

from detectors.scrfd import ScrfdDetector, is_scrfd
from tests.detectors.real import crowd, matched
from tests.detectors.scrfd_network import SHARES, write_scrfd

RED, BLUE = (0, 0, 255), (255, 0, 0)  # BGR


def draw_square(color: tuple[int, int, int], shape: tuple[int, int] = (128, 160)) -> np.ndarray:
    """A grey picture with a square on the cell in row 1, column 2 of stride 32."""
    image = np.full((*shape, 3), 127, np.uint8)
    image[32:64, 64:96] = color
    return image


@pytest.mark.parametrize("batch_axis", [True, False])
@pytest.mark.parametrize("landmarks", [True, False])
@pytest.mark.parametrize("names", [("h", "w"), ("?", "?")])
def test_every_export_variant_is_decoded(
    tmp_path: Path, batch_axis: bool, landmarks: bool, names: tuple[str, str]
) -> None:
    path = write_scrfd(tmp_path / "red.onnx", batch_axis=batch_axis, landmarks=landmarks, names=names)
    found = ScrfdDetector(path).detect(draw_square(RED))
    np.testing.assert_allclose(found.scores, [127.5 / 128], rtol=1e-5)
    np.testing.assert_allclose(found.boxes, [[64, 32, 96, 64]])
    assert (found.landmarks is not None) == landmarks
    if found.landmarks is not None:
        np.testing.assert_allclose(found.landmarks[0], (64, 32) + SHARES * 32, rtol=1e-5)


def test_the_network_gets_rgb(tmp_path: Path) -> None:
    """A blue square in the BGR picture must not look red to the network."""
    detector = ScrfdDetector(write_scrfd(tmp_path / "red.onnx"))
    assert len(detector.detect(draw_square(RED))) == 1
    assert len(detector.detect(draw_square(BLUE))) == 0


def test_sizes_that_are_no_multiple_of_32_are_padded(tmp_path: Path) -> None:
    detector = ScrfdDetector(write_scrfd(tmp_path / "red.onnx"))
    np.testing.assert_allclose(detector.detect(draw_square(RED, (101, 131))).boxes, [[64, 32, 96, 64]])


def test_a_fixed_input_shrinks_larger_pictures(tmp_path: Path) -> None:
    detector = ScrfdDetector(write_scrfd(tmp_path / "red.onnx", size=128))
    np.testing.assert_allclose(detector.detect(draw_square(RED, (96, 128))).boxes, [[64, 32, 96, 64]])
    large = np.full((256, 200, 3), 127, np.uint8)
    large[64:128, 128:192] = RED
    np.testing.assert_allclose(detector.detect(large).boxes, [[128, 64, 192, 128]])


def test_a_lower_score_keeps_weak_faces(tmp_path: Path) -> None:
    path, faint = write_scrfd(tmp_path / "red.onnx"), draw_square((110, 110, 160))
    assert len(ScrfdDetector(path, score=0.25).detect(faint)) == 0
    assert len(ScrfdDetector(path, score=0.05).detect(faint)) == 1


def test_other_outputs_are_not_scrfd() -> None:
    assert not is_scrfd({})
    assert not is_scrfd({"a": []})
    assert not is_scrfd({"embedding": [1, 512]})
    assert not is_scrfd({name: [1, "n", 1] for name in "abcdefghi"})


@pytest.mark.shared
@pytest.mark.parametrize("name", ["scrfd_500m_kps", "scrfd_2.5g_kps"])
def test_real_models_find_real_faces(shared: Path, name: str) -> None:
    detector, photographs = ScrfdDetector(shared / "models" / f"{name}.onnx", score=0.3), crowd(shared)
    assert matched(detector, photographs) > 0.6

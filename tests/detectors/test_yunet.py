"""YuNet: decoding of outputs set by hand, and detection of painted faces."""

from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Image
from detectors.network import STRIDES, Input, Outputs
from detectors.resize import ResizedDetector
from detectors.tiling import TiledDetector
from detectors.yunet import YuNetDetector
from tests.detectors.real import crowd, matched, mean_score
from tests.synthetic.networks import PEOPLE, face_landmarks, paint_person, write_detector


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> YuNetDetector:
    return YuNetDetector(write_detector(tmp_path_factory.mktemp("nets") / "painted.onnx"))


class FakeNetwork:
    """Replaces the network and returns the arrays that a test sets."""

    def __init__(self, height: int, width: int) -> None:
        channels = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
        self.arrays = {
            f"{kind}_{stride}": np.zeros((height // stride * (width // stride), count), np.float32)
            for kind, count in channels.items()
            for stride in STRIDES
        }
        self.size = (height, width)

    def run(self, image: Image) -> Outputs:
        return Outputs(self.arrays, *self.size, shrunk=1.0)


@pytest.fixture
def network(detector: YuNetDetector, monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    fake = FakeNetwork(64, 96)
    monkeypatch.setattr(detector, "_network", fake)
    return fake


BLACK = np.zeros((64, 96, 3), np.uint8)


def test_boxes_scores_and_landmarks_are_decoded(detector: YuNetDetector, network: FakeNetwork) -> None:
    cell = 1 * (96 // 16) + 4  # row 1, column 4 of stride 16
    network.arrays["cls_16"][cell], network.arrays["obj_16"][cell] = 1.7, 0.36  # cls is clipped to 1
    network.arrays["bbox_16"][cell] = [0.5, 0.25, np.log(2), np.log(3)]
    network.arrays["kps_16"][cell] = np.arange(10) / 10
    found = detector.detect(BLACK)
    np.testing.assert_allclose(found.scores, [0.6], rtol=1e-6)
    np.testing.assert_allclose(found.boxes, [[72 - 16, 20 - 24, 72 + 16, 20 + 24]], rtol=1e-5)  # not clipped
    assert found.landmarks is not None
    np.testing.assert_allclose(found.landmarks[0, 1], [(4 + 0.2) * 16, (1 + 0.3) * 16], rtol=1e-6)


@pytest.mark.parametrize("name", ["cls_8", "obj_8", "bbox_8", "kps_8"])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_faces_with_values_that_are_not_finite_are_dropped(
    detector: YuNetDetector, network: FakeNetwork, name: str, value: float
) -> None:
    for cell in (3, 40):
        network.arrays["cls_8"][cell] = network.arrays["obj_8"][cell] = 0.9
    network.arrays[name][3] = value
    found = detector.detect(BLACK)
    clipped_score = name in ("cls_8", "obj_8") and not np.isnan(value)  # an infinite score is clipped to 1
    far_landmarks = name == "kps_8" and value == 1e30
    assert len(found) == (2 if clipped_score or far_landmarks else 1)
    assert np.isfinite(found.boxes).all()


def test_boxes_below_the_lowest_score_are_dropped(detector: YuNetDetector, network: FakeNetwork) -> None:
    network.arrays["cls_8"][[1, 50]] = network.arrays["obj_8"][[1, 50]] = np.array([[0.24], [0.26]])
    np.testing.assert_allclose(detector.detect(BLACK).scores, [0.26], rtol=1e-6)


@pytest.mark.parametrize("shape", [(192, 320), (191, 317), (33, 65), (720, 1280)])
def test_painted_faces_at_any_picture_size(detector: YuNetDetector, shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 80, np.uint8)
    box = (shape[1] - 25.0, shape[0] - 22.0, shape[1] - 5.0, shape[0] - 2.0)
    paint_person(image, 1, box)
    image.setflags(write=False)
    found = detector.detect(image)
    assert len(found) == 1
    np.testing.assert_allclose(found.boxes[0], box, atol=1)
    assert found.landmarks is not None
    np.testing.assert_allclose(found.landmarks[0], face_landmarks(box), atol=1)


def test_flipped_views_and_blank_pictures(detector: YuNetDetector) -> None:
    image = np.full((96, 200, 3), 80, np.uint8)
    paint_person(image, 2, (20, 30, 44, 54))
    flipped = detector.detect(image[:, ::-1])  # negative strides
    np.testing.assert_allclose(flipped.boxes, [[156, 30, 180, 54]], atol=1)
    nothing = detector.detect(np.zeros((96, 200, 3), np.uint8))
    assert len(nothing) == 0
    assert nothing.landmarks is not None
    assert nothing.landmarks.shape == (0, 5, 2)


def test_each_of_five_hundred_faces_is_found_once(detector: YuNetDetector) -> None:
    image = np.full((720, 1280, 3), 60, np.uint8)
    corners = [(x, y) for y in range(4, 680, 30) for x in range(4, 1240, 50)]
    for number, (x, y) in enumerate(corners):
        paint_person(image, number % PEOPLE, (x, y, x + 18, y + 18))
    found = detector.detect(image)
    assert len(found) == len(corners) > 500
    again = detector.detect(image)
    np.testing.assert_array_equal(found.boxes, again.boxes)


def test_the_number_of_open_sessions_is_limited(detector: YuNetDetector) -> None:
    for side in range(32, 32 * 20, 32):
        detector.detect(np.zeros((side, 64, 3), np.uint8))
    assert len(detector._network._sessions) == 16


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((64, 64), np.uint8), r"got uint8 \(64, 64\)"),
        (np.zeros((64, 64, 1), np.uint8), r"got uint8 \(64, 64, 1\)"),
        (np.zeros((64, 64, 4), np.uint8), r"got uint8 \(64, 64, 4\)"),
        (np.zeros((64, 64, 3), np.float32), "got float32"),
        (np.zeros((0, 64, 3), np.uint8), r"at least one pixel, got \(0, 64\)"),
    ],
)
def test_arrays_of_another_type_or_shape_are_refused(detector: YuNetDetector, image: Image, message: str) -> None:
    with pytest.raises(ValueError, match=f"image: expected .*{message}"):
        detector.detect(image)


@pytest.mark.parametrize("shape", [(1, 1), (1, 640), (7, 5)])
def test_pictures_too_small_for_a_face_have_none(detector: YuNetDetector, shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 90, np.uint8)
    for searched in (detector, TiledDetector(detector, 128), ResizedDetector(detector, 64)):
        assert len(searched.detect(image)) == 0


def test_the_network_gets_bgr_on_a_padded_canvas(tmp_path: Path) -> None:
    network = YuNetDetector(write_detector(tmp_path / "painted.onnx"))._network
    image = np.zeros((32, 32, 3), np.uint8)
    image[..., 0] = 200
    blob = Input(64, 64, network._preprocessing).fill(image)
    np.testing.assert_array_equal(blob[0, :, 0, 0], [200, 0, 0])
    assert blob.shape == (1, 3, 64, 64)
    assert not blob[0, :, 32:].any()


@pytest.mark.shared
@pytest.mark.parametrize("name", ["yunet_n", "yunet_s"])
def test_real_models_expect_bgr(shared: Path, name: str) -> None:
    detector, photographs = YuNetDetector(shared / "models" / f"{name}.onnx", score=0.05), crowd(shared, 8)
    assert matched(detector, photographs) > 0.6
    assert mean_score(detector, photographs) > 0.03 + mean_score(detector, photographs, swapped=True)

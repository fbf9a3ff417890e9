"""The Glimpse detector format: decoding of outputs set by hand, and the shipped file."""

from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float32, Image
from detectors.load import EMBEDDED, WEIGHTS, load_detector
from detectors.network import Outputs
from detectors.pyramid import PyramidDetector
from detectors.runtime import Runtime, open_session
from detectors.tiny import METADATA, TinyDetector, TinySpec, _decode, _pick, read_tiny_spec
from tests.detectors.real import crowd, matched
from tests.synthetic.networks import write_detector

CPU = Runtime()
BLACK = np.zeros((64, 96, 3), np.uint8)
STRIDES = (4, 8, 16)


class FakeNetwork:
    """Replaces the network and returns the arrays that a test sets; initially they hold no face."""

    def __init__(self, height: int, width: int) -> None:
        self.size, self.arrays = (height, width), {}
        for stride in STRIDES:
            cells = height // stride * (width // stride)
            self.arrays[f"score_{stride}"] = np.full((cells, 1), -20, np.float32)
            self.arrays[f"box_{stride}"] = np.zeros((cells, 4), np.float32)
            self.arrays[f"points_{stride}"] = np.zeros((cells, 10), np.float32)

    def run(self, image: Image) -> Outputs:
        return Outputs(self.arrays, *self.size, shrunk=1.0)


def shipped_spec() -> TinySpec:
    spec = read_tiny_spec(open_session(WEIGHTS, CPU).get_modelmeta().custom_metadata_map)
    assert spec is not None
    return spec


@pytest.fixture
def detector() -> TinyDetector:
    made = TinyDetector(WEIGHTS, shipped_spec(), score=0.5)
    made._spec = TinySpec()  # the fake network lists its cells
    return made


@pytest.fixture
def network(detector: TinyDetector, monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    fake = FakeNetwork(64, 96)
    monkeypatch.setattr(detector, "_network", fake)
    return fake


def test_boxes_scores_and_landmarks_are_decoded(detector: TinyDetector, network: FakeNetwork) -> None:
    cell = 1 * (96 // 8) + 4  # row 1, column 4 of stride 8: its centre is (36, 12)
    network.arrays["score_8"][cell] = np.log(3)
    network.arrays["box_8"][cell] = [0.5, -0.25, np.log(2), np.log(3)]
    network.arrays["points_8"][cell] = np.arange(10) / 10
    found = detector.detect(BLACK)
    np.testing.assert_allclose(found.scores, [0.75], rtol=1e-6)
    np.testing.assert_allclose(found.boxes, [[40 - 8, 10 - 12, 40 + 8, 10 + 12]], rtol=1e-5)  # not clipped
    assert found.landmarks is not None
    np.testing.assert_allclose(found.landmarks[0, 1], [36 + 0.2 * 8, 12 + 0.3 * 8], rtol=1e-6)


def test_boxes_below_the_lowest_score_are_dropped(detector: TinyDetector, network: FakeNetwork) -> None:
    network.arrays["score_4"][[3, 300]] = [[-0.01], [0.01]]
    assert len(detector.detect(BLACK)) == 1


@pytest.mark.parametrize("name", ["score_4", "box_4", "points_4"])
def test_faces_with_values_that_are_not_finite_are_dropped(
    detector: TinyDetector, network: FakeNetwork, name: str
) -> None:
    network.arrays["score_4"][7] = 5
    assert len(detector.detect(BLACK)) == 1
    network.arrays[name][7] = np.nan
    assert len(detector.detect(BLACK)) == 0


def test_all_of_500_faces_are_decoded(detector: TinyDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    network = FakeNetwork(128, 1024)
    monkeypatch.setattr(detector, "_network", network)
    rows, columns = np.mgrid[0:32:3, 0:256:5]
    cells = (rows * 256 + columns).reshape(-1)[:500]
    network.arrays["score_4"][cells] = 3
    network.arrays["box_4"][cells, 2:] = np.log(2)
    found = detector.detect(BLACK)
    assert len(found) == 500
    assert found.boxes.dtype == found.scores.dtype == np.float32


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((64, 64), np.uint8),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((64, 64, 3), np.float32),
        np.zeros((0, 64, 3), np.uint8),
    ],
)
def test_arrays_of_another_type_or_shape_are_refused(detector: TinyDetector, image: Image) -> None:
    with pytest.raises(ValueError, match=r"image: expected"):
        detector.detect(image)


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (480, 640)])
def test_blank_pictures_have_no_faces(size: tuple[int, int]) -> None:
    found = load_detector(EMBEDDED, runtime=CPU, every_size=True).detect(np.zeros((*size, 3), np.uint8))
    assert len(found) == 0
    assert found.landmarks is not None
    assert found.landmarks.shape == (0, 5, 2)


def test_the_shipped_file_is_small_and_has_a_model_card() -> None:
    assert WEIGHTS.stat().st_size <= 600_000
    assert WEIGHTS.with_suffix(".md").exists()
    detector = load_detector(EMBEDDED, runtime=CPU, refine=False)
    assert isinstance(detector, TinyDetector)
    assert detector.name == "glimpse_face"


def test_other_formats_find_large_faces_by_themselves(tmp_path: Path) -> None:
    other = load_detector(str(write_detector(tmp_path / "a.onnx")), runtime=CPU, every_size=True)
    assert not isinstance(other, PyramidDetector)


def test_a_file_with_other_outputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected the outputs box_16.*got cls_8"):
        TinyDetector(write_detector(tmp_path / "a.onnx"), TinySpec())


def test_metadata_is_checked() -> None:
    assert read_tiny_spec({}) is None
    assert read_tiny_spec({METADATA: '{"strides": [8]}'}) == TinySpec(strides=(8,))
    with pytest.raises(ValueError, match=r"metadata face_detector: expected color, mean, std and strides"):
        read_tiny_spec({METADATA: '{"strides": "many"}'})


@pytest.mark.shared
def test_the_shipped_detector_finds_real_faces(shared: Path) -> None:
    detector = load_detector(EMBEDDED, runtime=CPU, score=0.3, every_size=True)
    assert matched(detector, crowd(shared, 12)) > 0.7


def test_a_file_of_maps_is_read_like_one_that_lists_its_cells() -> None:
    random, height, width, grids = np.random.default_rng(0), 64, 96, (8, 8, 16)
    maps, lists = dict[str, Float32](), dict[str, Float32]()
    for stride, grid in zip(STRIDES, grids, strict=True):
        across = grid // stride
        cells = random.normal(0, 0.3, (15, height // stride, width // stride)).astype(np.float32)
        cells[0] -= 3
        cells[0, ::3, ::3] = 2
        blocks = cells.reshape(15, height // grid, across, width // grid, across)  # as torch's pixel_unshuffle
        maps[f"map_{stride}"] = blocks.transpose(0, 2, 4, 1, 3).reshape(-1, width // grid)
        listed = cells.reshape(15, -1).T
        kinds = zip(("score", "box", "points"), (listed[:, :1], listed[:, 1:5], listed[:, 5:]), strict=True)
        lists |= {f"{kind}_{stride}": np.ascontiguousarray(values) for kind, values in kinds}
    of_maps, of_lists = (
        [_decode(_pick(Outputs(arrays, height, width, 1.0), spec, stride, np.float32(0)), stride) for stride in STRIDES]
        for arrays, spec in ((maps, TinySpec(grids=grids)), (lists, TinySpec()))
    )
    for one, other in zip(of_maps, of_lists, strict=True):
        assert len(one) == len(other) > 3
        order, same = np.lexsort(one.boxes.T), np.lexsort(other.boxes.T)
        np.testing.assert_allclose(one.boxes[order], other.boxes[same], rtol=1e-6)
        np.testing.assert_allclose(np.asarray(one.landmarks)[order], np.asarray(other.landmarks)[same], rtol=1e-6)
        np.testing.assert_array_equal(one.scores[order], other.scores[same])


def test_the_outputs_must_be_those_that_the_metadata_announces() -> None:
    other = TinySpec() if shipped_spec().grids else TinySpec(grids=(8, 8, 16))
    with pytest.raises(ValueError, match=r"expected the outputs (map_16, map_4, map_8|box_16, .*), got "):
        TinyDetector(WEIGHTS, other)

"""Network input for pictures of any size: padding, preprocessing, fixed inputs; number of open sessions."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from detectors import network
from detectors.base import Detections
from detectors.network import Network, Preprocessing, check_image, postprocess
from detectors.runtime import Runtime


def write_copying_model(path: Path, height: int | str = "height", width: int | str = "width") -> Path:
    """Write a network that returns its input: `pixels` (1,H,W,3)."""
    node = helper.make_node("Transpose", ["input"], ["pixels"], perm=[0, 2, 3, 1])
    model_input = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, height, width])
    model_output = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, height, width, 3])
    graph = helper.make_graph([node], "copy", [model_input], [model_output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path


def open_network(path: Path, preprocessing: Preprocessing | None = None) -> Network:
    return Network(path, Runtime(), preprocessing or Preprocessing())


@pytest.mark.parametrize(
    ("shape", "padded"), [((1, 1), (32, 32)), ((32, 64), (32, 64)), ((33, 64), (64, 64)), ((32, 65), (32, 96))]
)
def test_pictures_are_padded_below_and_to_the_right(
    tmp_path: Path, shape: tuple[int, int], padded: tuple[int, int]
) -> None:
    image = np.random.default_rng(0).integers(1, 256, (*shape, 3)).astype(np.uint8)
    outputs = open_network(write_copying_model(tmp_path / "a.onnx")).run(image)
    assert (outputs.height, outputs.width, outputs.shrunk) == (*padded, 1.0)
    pixels = outputs.arrays["pixels"].reshape(*padded, 3)
    np.testing.assert_array_equal(pixels[: shape[0], : shape[1]], image)
    assert pixels.sum() == image.sum()


@pytest.mark.parametrize(("rgb", "expected"), [(False, [5, 9, 13]), (True, [15, 9, 3])])
def test_the_mean_is_in_the_order_of_the_channels(tmp_path: Path, rgb: bool, expected: list[float]) -> None:
    image = np.full((32, 32, 3), (20, 40, 60), np.uint8)
    preprocessing = Preprocessing(mean=(0.0, 4.0, 8.0), scale=0.25, rgb=rgb)
    outputs = open_network(write_copying_model(tmp_path / "a.onnx"), preprocessing).run(image)
    np.testing.assert_allclose(outputs.arrays["pixels"], np.tile(expected, (32 * 32, 1)))


@pytest.mark.parametrize(
    ("shape", "shrunk", "used"),
    [
        ((64, 96), 1.0, (64, 96)),
        ((10, 10), 1.0, (10, 10)),  # never enlarged
        ((128, 96), 0.5, (64, 48)),
        ((64, 384), 0.25, (16, 96)),
        ((1, 960), 0.1, (1, 96)),  # every side keeps at least one pixel
    ],
)
def test_a_fixed_input_shrinks_only_larger_pictures(
    tmp_path: Path, shape: tuple[int, int], shrunk: float, used: tuple[int, int]
) -> None:
    outputs = open_network(write_copying_model(tmp_path / "a.onnx", 64, 96)).run(np.full((*shape, 3), 7, np.uint8))
    assert (outputs.height, outputs.width) == (64, 96)
    assert outputs.shrunk == pytest.approx(shrunk)
    expected = np.zeros((64, 96, 3))
    expected[: used[0], : used[1]] = 7
    np.testing.assert_array_equal(outputs.arrays["pixels"].reshape(64, 96, 3), expected)


def test_the_least_recently_used_session_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = open_network(write_copying_model(tmp_path / "a.onnx"))
    open_session, opened = network.open_session, list[dict[str, int]]()

    def record(path: Path, runtime: Runtime, *, shapes: dict[str, int]) -> object:
        opened.append(shapes)
        return open_session(path, runtime, shapes=shapes)

    monkeypatch.setattr(network, "open_session", record)
    monkeypatch.setattr(network, "_SESSIONS_KEPT", 4)

    def run(*widths: int) -> list[int]:
        """Run on pictures of these widths, and return the widths of the sessions that were opened for them."""
        opened.clear()
        for width in widths:
            model.run(np.zeros((32, width, 3), np.uint8))
        return [shapes["width"] for shapes in opened]

    assert run(32, 64, 96, 128) == [32, 64, 96, 128]
    assert run(31, 64) == []  # 31 is padded to 32
    assert run(160) == [160]  # closes 96
    assert run(32, 64, 128, 160) == []
    assert run(96) == [96]


def test_two_cameras_with_their_pyramids_keep_all_their_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = list[object]()
    open_session = network.open_session

    def record(*arguments: Any, **shapes: Any) -> object:
        opened.append(shapes)
        return open_session(*arguments, **shapes)

    model = open_network(write_copying_model(tmp_path / "a.onnx"))
    monkeypatch.setattr(network, "open_session", record)
    for _ in range(3):
        for height, width in ((360, 640), (90, 160), (22, 40), (1080, 1920), (270, 480), (67, 120)):
            model.run(np.zeros((height, width, 3), np.uint8))
    assert len(opened) == 6


def test_nothing_of_an_earlier_picture_shows_beside_a_smaller_one(tmp_path: Path) -> None:
    how = Preprocessing(mean=(10, 20, 30), scale=0.5)
    model = open_network(write_copying_model(tmp_path / "a.onnx"), how)
    model.run(np.full((32, 32, 3), 200, np.uint8))
    pixels = model.run(np.full((20, 25, 3), 100, np.uint8)).arrays["pixels"].reshape(32, 32, 3)
    assert (pixels[:20, :25] == [45, 40, 35]).all()
    assert (pixels[20:] == [-5, -10, -15]).all()
    assert (pixels[:, 25:] == [-5, -10, -15]).all()


def test_one_name_for_both_sides_leaves_them_dynamic(tmp_path: Path) -> None:
    outputs = open_network(write_copying_model(tmp_path / "a.onnx", "?", "?")).run(np.ones((32, 64, 3), np.uint8))
    assert (outputs.height, outputs.width) == (32, 64)
    assert outputs.arrays["pixels"].sum() == 32 * 64 * 3


@pytest.mark.parametrize("shape", [(64, 64), (64, 64, 4), (1, 64, 64, 3), (0, 64, 3), (64, 0, 3)])
def test_arrays_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="image: expected"):
        check_image(np.zeros(shape, np.uint8))


def test_floats_are_refused() -> None:
    with pytest.raises(ValueError, match=r"image: expected BGR uint8 \(H, W, 3\), got float32 \(4, 4, 3\)"):
        check_image(np.zeros((4, 4, 3), np.float32))


def make_detections(boxes: list[list[float]], *, landmark: float | None = None) -> Detections:
    count = len(boxes)
    scores = np.linspace(0.5, 0.9, count, dtype=np.float32)
    landmarks = None if landmark is None else np.full((count, 5, 2), landmark, np.float32)
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), scores, landmarks)


@pytest.mark.parametrize(
    "box",
    [[np.nan, 0, 5, 5], [0, 0, np.inf, 5], [5, 0, 5, 5], [0, 5, 5, 5], [5, 0, 0, 5]],
)
def test_a_box_that_is_not_finite_or_has_no_area_is_dropped(box: list[float]) -> None:
    found = postprocess(make_detections([box, [0, 0, 10, 10]]), shrunk=1.0, iou=0.5)
    np.testing.assert_array_equal(found.boxes, [[0, 0, 10, 10]])


@pytest.mark.parametrize("landmark", [np.nan, np.inf])
def test_a_face_with_landmarks_that_are_not_finite_is_dropped(landmark: float) -> None:
    assert len(postprocess(make_detections([[0, 0, 10, 10]], landmark=landmark), shrunk=1.0, iou=0.5)) == 0


def test_boxes_and_landmarks_of_a_shrunk_picture_are_in_original_pixels_best_first() -> None:
    found = postprocess(make_detections([[0, 0, 10, 10], [20, 20, 30, 30]], landmark=2.0), shrunk=0.25, iou=0.5)
    np.testing.assert_array_equal(found.boxes, [[80, 80, 120, 120], [0, 0, 40, 40]])
    np.testing.assert_array_equal(found.landmarks, np.full((2, 5, 2), 8))
    assert found.boxes.dtype == np.float32


@pytest.mark.parametrize("landmark", [None, 1.0])
def test_no_detections_give_no_detections(landmark: float | None) -> None:
    found = postprocess(make_detections([], landmark=landmark), shrunk=0.5, iou=0.5)
    assert len(found) == 0
    assert (found.landmarks is None) == (landmark is None)


def test_a_part_of_a_face_is_dropped() -> None:
    found = postprocess(make_detections([[10, 10, 20, 20], [0, 0, 40, 40]]), shrunk=1.0, iou=0.5)
    np.testing.assert_array_equal(found.boxes, [[0, 0, 40, 40]])

"""The ONNX recogniser on a real network with weights set by hand."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from detectors.arrays import Float32, Image
from detectors.runtime import Runtime
from recognizer.load import load_recognizer
from recognizer.onnx import MAX_BATCH, load_chip_spec, make_model_id, padded_batch_size
from recognizer.spec import ChipSpec

SIZE, DIM = 8, 6
CONFIGS = Path(__file__).parents[2] / "configs" / "recognizers"


def write_linear(
    path: Path,
    *,
    batch: int | str = "n",
    spec: ChipSpec | None = None,
    bias: Sequence[float] = (),
    length: bool = False,
) -> Path:
    """Write a network with embedding = mean colour of the chip @ weights + bias, and its length as second output."""
    weights = np.concatenate([np.eye(3), -np.eye(3)], axis=1).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["chips", "axes"], ["mean"], keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["embedding"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([2, 3]), "axes"),
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array(np.array(bias or [0] * DIM, np.float32), "bias"),
    ]
    model_input = helper.make_tensor_value_info("chips", TensorProto.FLOAT, [batch, 3, SIZE, SIZE])
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [batch, DIM])]
    if length:
        nodes.append(helper.make_node("ReduceSumSquare", ["embedding", "across"], ["square"], keepdims=0))
        nodes.append(helper.make_node("Sqrt", ["square"], ["length"]))
        constants.append(numpy_helper.from_array(np.array([1]), "across"))
        outputs.append(helper.make_tensor_value_info("length", TensorProto.FLOAT, [batch]))
    graph = helper.make_graph(nodes, "linear", [model_input], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    if spec:
        entry = model.metadata_props.add()
        entry.key, entry.value = "chip_spec", msgspec.json.encode(spec).decode()
    onnx.save(model, path)
    return path


def chips(count: int, seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (count, SIZE, SIZE, 3), np.uint8)


def expected(batch: Image, color: str) -> Float32:
    means = batch.mean(axis=(1, 2))[:, :: 1 if color == "BGR" else -1] - 127.5
    rows = np.concatenate([means, -means], axis=1)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("color", ["RGB", "BGR"])
@pytest.mark.parametrize("count", [0, 1, 3, MAX_BATCH, MAX_BATCH + 1, 500])
def test_unit_vectors_in_the_models_colour_order(tmp_path: Path, color: str, count: int) -> None:
    recognizer = load_recognizer(
        write_linear(tmp_path / "m.onnx", spec=ChipSpec(size=SIZE, color=color)), runtime=Runtime()
    )
    vectors = recognizer.embed(chips(count))
    assert vectors.shape == (count, DIM)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected(chips(count), color), atol=1e-5)


def test_mean_and_std_follow_the_channel_order_of_color(tmp_path: Path) -> None:
    spec = ChipSpec(size=SIZE, color="RGB", mean=(10, 20, 30), std=(1, 2, 4))
    recognizer = load_recognizer(write_linear(tmp_path / "m.onnx"), spec=spec, runtime=Runtime())
    blue_green_red = np.broadcast_to(np.array([46, 26, 13], np.uint8), (1, SIZE, SIZE, 3))
    values = np.array([3, 3, 4, -3, -3, -4]) / np.linalg.norm([3, 3, 4, 3, 3, 4])
    np.testing.assert_allclose(recognizer.embed(blue_green_red)[0], values, atol=1e-6)


def test_a_row_does_not_depend_on_its_batch(tmp_path: Path) -> None:
    recognizer = load_recognizer(write_linear(tmp_path / "m.onnx", spec=ChipSpec(size=SIZE)), runtime=Runtime())
    alone = recognizer.embed(chips(1))
    for count in (2, 5, 64, 130):
        batch = np.concatenate([chips(1), chips(count, seed=count)])
        np.testing.assert_allclose(recognizer.embed(batch)[:1], alone, atol=1e-5)


@pytest.mark.parametrize("batch", [1, 4])
def test_models_with_a_fixed_batch_size_work(tmp_path: Path, batch: int) -> None:
    path = write_linear(tmp_path / "m.onnx", batch=batch, spec=ChipSpec(size=SIZE))
    np.testing.assert_allclose(
        load_recognizer(path, runtime=Runtime()).embed(chips(6)), expected(chips(6), "RGB"), atol=1e-5
    )


@pytest.mark.parametrize("bias", [np.nan, np.inf])
def test_vectors_that_are_not_finite_become_zero(tmp_path: Path, bias: float) -> None:
    path = write_linear(tmp_path / "m.onnx", spec=ChipSpec(size=SIZE), bias=[bias, 0, 0, 0, 0, 0])
    assert not load_recognizer(path, runtime=Runtime()).embed(chips(3)).any()


def test_a_chip_without_direction_becomes_zero_and_leaves_other_chips_intact(tmp_path: Path) -> None:
    spec = ChipSpec(size=SIZE, mean=(100, 100, 100))
    recognizer = load_recognizer(write_linear(tmp_path / "m.onnx", spec=spec), runtime=Runtime())
    batch = chips(2)
    batch[0] = 100
    vectors = recognizer.embed(batch)
    assert not vectors[0].any()
    assert np.linalg.norm(vectors[1]) == pytest.approx(1, abs=1e-5)


def test_the_length_is_the_second_output_and_nan_without_one(tmp_path: Path) -> None:
    spec = ChipSpec(size=SIZE, std=(1, 1, 1))
    batch = chips(MAX_BATCH + 1)
    plain, two = (
        load_recognizer(write_linear(tmp_path / f"{name}.onnx", spec=spec, length=name == "two"), runtime=Runtime())
        for name in ("plain", "two")
    )
    assert np.isnan(plain.read(batch).lengths).all()
    means = batch.mean(axis=(1, 2)) - 127.5
    np.testing.assert_allclose(two.read(batch).lengths, np.sqrt(2) * np.linalg.norm(means, axis=1), rtol=1e-4)
    assert np.array_equal(two.read(batch).vectors, two.embed(batch))


def test_an_error_without_a_spec_says_how_to_supply_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"(?s)m\.onnx.*--chip-spec.*configs/recognizers"):
        load_recognizer(write_linear(tmp_path / "m.onnx"), runtime=Runtime())


def test_a_spec_that_does_not_fit_the_model_is_refused(tmp_path: Path) -> None:
    path = write_linear(tmp_path / "m.onnx")
    with pytest.raises(ValueError, match="expected one input n,3,16,16"):
        load_recognizer(path, spec=ChipSpec(size=16), runtime=Runtime())
    with pytest.raises(ValueError, match=r"chip_spec\.dim: expected the model's 6, got 512"):
        load_recognizer(path, spec=ChipSpec(size=SIZE, dim=512), runtime=Runtime())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.onnx"):
        load_recognizer(tmp_path / "nowhere.onnx", runtime=Runtime())


@pytest.mark.parametrize("shape", [(2, 16, 16, 3), (SIZE, SIZE, 3), (1, 3, SIZE, SIZE)])
def test_chips_of_another_shape_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    recognizer = load_recognizer(write_linear(tmp_path / "m.onnx", spec=ChipSpec(size=SIZE)), runtime=Runtime())
    with pytest.raises(ValueError, match="chips: expected"):
        recognizer.embed(np.zeros(shape, np.uint8))


def test_the_model_id_depends_on_file_and_preprocessing(tmp_path: Path) -> None:
    path = write_linear(tmp_path / "m.onnx")
    names = {make_model_id(path, ChipSpec(size=SIZE, color=color)) for color in ("RGB", "BGR")}
    assert len(names) == 2
    assert all(name.startswith("m-") for name in names)
    assert make_model_id(path, ChipSpec(size=SIZE)) == make_model_id(path, ChipSpec(size=SIZE, dim=DIM))
    assert load_recognizer(path, spec=ChipSpec(size=SIZE, model_id="x"), runtime=Runtime()).model_id == "x"


def test_padded_batch_sizes_are_powers_of_two() -> None:
    assert [padded_batch_size(count) for count in (1, 2, 3, 4, 5, 33, 64)] == [1, 2, 4, 4, 8, 64, 64]


@pytest.mark.parametrize("text", ["", "chip_spec:", "chip_spec: {size: 4}", "chip_spec: {sise: 16}", "[", "other: 1"])
def test_malformed_spec_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"s\.yaml: expected a chip_spec section"):
        load_chip_spec(tmp_path / "s.yaml")


@pytest.mark.shared
@pytest.mark.parametrize("name", ["edgeface_xs", "omz_reid_0095"])
def test_shipped_specs_fit_their_models(shared: Path, name: str) -> None:
    spec = load_chip_spec(CONFIGS / f"{name}.yaml")
    recognizer = load_recognizer(shared / "models" / f"{name}.onnx", spec=spec, runtime=Runtime())
    batch = np.random.default_rng(0).integers(0, 256, (3, spec.size, spec.size, 3), np.uint8)
    vectors = recognizer.embed(batch)
    assert vectors.shape == (3, spec.dim)
    np.testing.assert_allclose(recognizer.embed(batch[1:2]), vectors[1:2], atol=1e-5)

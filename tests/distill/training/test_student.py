"""The layers of the students, and what flip TTA adds."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from detectors.runtime import Runtime, open_session
from distill.config import Settings, read_settings
from distill.export.quantise import quantise
from distill.export.stage import add_chip_spec, check_agreement, to_onnx
from distill.teacher.model import Teacher
from distill.training.from_onnx import load_onnx_weights
from distill.training.student import (
    FlipTTA,
    Shape,
    Stage,
    Student,
    count_multiplications,
    count_parameters,
)
from distill.training.students import student_shape
from recognizer.preprocess import to_planes
from recognizer.spec import ChipSpec

SHIPPED = Path(__file__).parents[3] / "configs" / "distill.yaml"


@pytest.mark.parametrize("name", ["s16", "s32", "s64"])
def test_shipped_students_have_plain_layers_and_few_parameters(name: str) -> None:
    settings = read_settings(SHIPPED, Settings).students[name]
    student = Student(student_shape(settings, 128)).eval()
    assert count_parameters(student) <= 215_000
    assert student(torch.zeros(2, 3, settings.size, settings.size)).shape == (2, 128)
    kinds = {type(module) for module in student.modules() if not list(module.children())}
    plain = {torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.ReLU, torch.nn.Linear, torch.nn.Sequential}
    assert kinds <= plain | {torch.nn.Identity}
    assert all(module.groups == 1 for module in student.modules() if isinstance(module, torch.nn.Conv2d))


def test_count_multiplications_agrees_with_torch() -> None:
    for shape in (
        Shape(16, (Stage(8, 1, 1), Stage(12, 2), Stage(16)), rank=24),
        Shape(32, (Stage(8), Stage(12), Stage(16, 1))),
    ):
        with FlopCounterMode(display=False) as counter:
            Student(shape).eval()(torch.zeros(1, 3, shape.size, shape.size))
        assert 2 * count_multiplications(shape) == counter.get_total_flops()


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_flip_tta_gives_a_face_and_its_mirror_image_the_same_vector(tmp_path: Path) -> None:
    torch.manual_seed(0)
    plain = Student(Shape(16, (Stage(8), Stage(16, 1)), bottleneck=4, dim=8, rank=6))
    plain(torch.randn(64, 3, 16, 16))  # layers with equal biases would share one in the file
    student = FlipTTA(plain).eval()
    spec = ChipSpec(size=16, dim=8, model_id="m", lineage="l")
    model = add_chip_spec(to_onnx(student, 16), spec)
    chips = np.random.default_rng(1).integers(0, 255, (5, 16, 16, 3)).astype(np.uint8)
    assert check_agreement(student, model, spec, chips) < 1e-4
    read = Teacher(model, spec, Runtime())
    turned = np.ascontiguousarray(chips[:, :, ::-1])
    assert np.allclose(read.embed_chips(chips), read.embed_chips(turned), atol=1e-5)
    one, other = (torch.from_numpy(to_planes(each, spec)) for each in (chips, turned))
    assert torch.allclose(student(one), plain(one) + plain(other), atol=1e-5)
    (tmp_path / "old.onnx").write_bytes(model)
    again = Student(plain.shape)
    load_onnx_weights(again, tmp_path / "old.onnx", one)  # every layer stands in the file once
    assert torch.allclose(again.eval()(one), plain(one), atol=1e-4)
    small = add_chip_spec(quantise(model, to_planes(chips, spec)), spec)
    assert (Teacher(small, spec, Runtime()).embed_chips(chips) * read.embed_chips(chips)).sum(axis=1).min() > 0.9


def test_a_rank_that_saves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="rank: expected less than 8"):
        Shape(16, (Stage(8), Stage(16)), bottleneck=4, dim=8, rank=8)


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_the_exported_file_has_the_length_of_the_raw_feature_as_its_second_output() -> None:
    torch.manual_seed(0)
    student = Student(Shape(16, (Stage(8), Stage(16)), bottleneck=4, dim=8)).eval()
    session = open_session(to_onnx(student, 16), Runtime())
    chips = torch.randn(3, 3, 16, 16)
    features, length = session.run(["features", "length"], {"chips": chips.numpy()})
    assert np.allclose(features * length[:, None], student(chips).detach().numpy(), atol=1e-5)

"""The parts training stands on: shapes, schedule, shards, pool, checkpoint, settings, export."""

import dataclasses
from pathlib import Path
from typing import cast

import numpy as np
import onnx
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from detectors.arrays import Float32, Image
from detectors.runtime import Runtime
from distill.adapt.head import Head
from distill.config import DegradeSettings, LabelSettings, Settings, StageSettings, StudentSettings, read_settings
from distill.data.shards import Shard, find_shards, read_shard, write_shard
from distill.data.store import face_rows, write_array
from distill.errors import DistillError
from distill.export.card import describe_data
from distill.export.quantise import find_float_nodes, quantise
from distill.export.stage import check_agreement, to_onnx, with_spec
from distill.label.stage import label
from distill.metrics.plots import plot_training
from distill.metrics.tables import format_tables
from distill.progress import Log, read_log
from distill.teacher.model import Ensemble, Teacher, template_warp
from distill.training.checkpoint import environment, load_checkpoint, save_checkpoint
from distill.training.dataset import DegradedBatches, FaceDataset, normalise_pixels, to_tensor
from distill.training.distributed import Process
from distill.training.from_onnx import load_onnx_weights
from distill.training.optimiser import learning_rate_factor
from distill.training.student import (
    FlipTTA,
    Shape,
    Stage,
    Student,
    UnitNormStudent,
    count_multiplications,
    count_parameters,
)
from distill.training.students import matching_layers, student_shape
from distill.work_folder import WorkFolder
from recognizer.onnx import read_spec
from recognizer.preprocess import l2_normalise, to_planes
from recognizer.spec import ChipSpec

SHIPPED = Path(__file__).parents[2] / "configs" / "distill.yaml"


@pytest.mark.parametrize("name", ["s16", "s32", "s64"])
def test_shipped_students_are_plain_and_small(name: str) -> None:
    settings = read_settings(SHIPPED, Settings).students[name]
    student = Student(student_shape(settings, 128)).eval()
    assert count_parameters(student) <= 215_000
    assert student(torch.zeros(2, 3, settings.size, settings.size)).shape == (2, 128)
    kinds = {type(module) for module in student.modules() if not list(module.children())}
    assert kinds <= {torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.ReLU, torch.nn.Linear, torch.nn.Sequential}
    assert all(module.groups == 1 for module in student.modules() if isinstance(module, torch.nn.Conv2d))


def test_a_student_that_does_not_fit_its_size_or_is_too_large_is_refused() -> None:
    small = (StageSettings(8), StageSettings(16))
    with pytest.raises(DistillError, match="expected strides that make 4 of 32 px, got a product of 4"):
        student_shape(StudentSettings(32, small), 128)
    with pytest.raises(DistillError, match=r"expected a stride of 2 after the first, got \[2, 2, 1\]"):
        student_shape(StudentSettings(16, (*small, StageSettings(16, stride=1))), 128)
    with pytest.raises(DistillError, match="expected at most 215,000 parameters"):
        student_shape(StudentSettings(16, (StageSettings(64), StageSettings(128, 1))), 128)


def test_multiplications_are_those_that_torch_counts() -> None:
    for shape in (Shape(16, (Stage(8, 1, 1), Stage(12, 2), Stage(16))), Shape(32, (Stage(8), Stage(12), Stage(16, 1)))):
        with FlopCounterMode(display=False) as counter:
            Student(shape).eval()(torch.zeros(1, 3, shape.size, shape.size))
        assert 2 * count_multiplications(shape) == counter.get_total_flops()


def test_the_learning_rate_rises_holds_and_falls() -> None:
    rates = [learning_rate_factor(seen, total=100, warmup=10, flat_fraction=0.6) for seen in (0, 4, 10, 59, 80, 100)]
    assert rates == pytest.approx([0.1, 0.5, 1.0, 1.0, 0.5, 0.0])


def shard(count: int, *, sharp: bool, value: int = 0) -> Shard:
    views = np.full((count, 80, 80, 3), value, np.uint8)
    low = np.tile(np.float16([1, 0, 0, 0]), (count, 1))
    return Shard(views, low, np.tile(np.float16([0, 1, 0, 0]), (count, 1)) if sharp else None, np.arange(count) * 0 - 1)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkFolder:
    monkeypatch.setattr("distill.training.dataset.load_classes", lambda work: np.array([-1, 0, 0], np.int64))
    write_shard(WorkFolder(tmp_path).shard("mixed", 0), shard(6, sharp=False, value=1))
    write_shard(WorkFolder(tmp_path).shard("real", 0), shard(4, sharp=True, value=2))
    return WorkFolder(tmp_path)


HEAD = Head(np.zeros(4, np.float32), np.zeros(4, np.float32), np.eye(4, 2, dtype=np.float32))


def test_shards_stand_whole_and_real_ones_come_first(work: WorkFolder) -> None:
    work.shard("mixed", 1).with_suffix(".partial").mkdir()
    assert [path.name for path in find_shards(work)] == ["real-00000", "mixed-00000"]
    again = read_shard(work.shard("mixed", 0))
    assert again.sharp is None
    assert again.images.shape == (6, 80, 80, 3)


def test_the_pool_gives_the_target_that_was_asked_for(work: WorkFolder) -> None:
    pool = FaceDataset(work, HEAD, sharp_only=False)
    assert pool.refresh() == 10
    rng = np.random.default_rng(0)
    _, low, _ = pool.sample(50, 1.0, rng)
    assert (low == [1, 0]).all()
    views, sharp, people = pool.sample(50, 0.0, rng)
    real = views[:, 0, 0, 0] == 2
    assert (sharp[real] == [0, 1]).all()
    assert (sharp[~real] == [1, 0]).all()  # no sharp label there: the low one stands in
    assert (people == -1).all()


def test_a_sharp_pool_leaves_out_what_has_no_sharp_label(work: WorkFolder) -> None:
    assert FaceDataset(work, HEAD, sharp_only=True).refresh() == 4


def test_a_shard_without_low_labels_gives_sharp_ones(tmp_path: Path, work: WorkFolder) -> None:
    alone = dataclasses.replace(shard(5, sharp=True), low=None)
    write_shard(WorkFolder(tmp_path / "alone").shard("real", 0), alone)
    assert read_shard(WorkFolder(tmp_path / "alone").shard("real", 0)).low is None
    pool = FaceDataset(WorkFolder(tmp_path / "alone"), HEAD, sharp_only=False)
    assert pool.refresh() == 5
    assert not pool.has_low_targets
    assert (pool.sample(50, 1.0, np.random.default_rng(0))[1] == [0, 1]).all()


class Reader:
    """An ensemble that answers with the mean grey, and counts what it was asked."""

    dim, asked = 2, 0

    def embed(self, faces: Image) -> Float32:
        self.asked += len(faces)
        return l2_normalise(np.stack([faces.mean((1, 2, 3)), np.ones(len(faces))], axis=1))


def test_labels_of_the_sharp_view_alone_ask_once_a_face(tmp_path: Path) -> None:
    face_rows(WorkFolder(tmp_path)).append(np.full((6, 112, 112, 3), 90, np.uint8))
    write_array(WorkFolder(tmp_path).usable, np.ones(6, bool))
    reader = Reader()
    asked = LabelSettings(synthetic_faces=8, shard_faces=4, low_targets=False, sharp_target_share=1.0)
    label(asked, WorkFolder(tmp_path), cast(Ensemble, reader), seed=0)
    found = [read_shard(path) for path in find_shards(WorkFolder(tmp_path))]
    assert [len(one) for one in found] == [4, 2, 4, 4]
    assert all(one.low is None and one.sharp is not None for one in found)
    assert reader.asked == 14
    with pytest.raises(
        DistillError, match=r"label.sharp_target_share: expected 1.0 where label.low_targets is false, got 0.25"
    ):
        label(LabelSettings(synthetic_faces=8, low_targets=False), tmp_path, cast(Ensemble, reader), seed=0)


def test_the_pool_grows(work: WorkFolder) -> None:
    pool = FaceDataset(work, HEAD, sharp_only=False)
    pool.refresh()
    write_shard(work.shard("mixed", 1), shard(6, sharp=False))
    assert pool.refresh() == 16
    assert pool.class_count == 1


def test_an_empty_pool_says_which_command_fills_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill.training.dataset.load_classes", lambda work: np.zeros(0, np.int64))
    with pytest.raises(DistillError, match="python -m distill label"):
        FaceDataset(WorkFolder(tmp_path), HEAD, sharp_only=False).refresh()


def test_a_resumed_run_meets_the_very_batch_that_was_interrupted(work: WorkFolder) -> None:
    settings = StudentSettings(16, (StageSettings(8), StageSettings(16)), batch=8, degrade=DegradeSettings(noise=1.0))

    def batches(step: int, count: int) -> list[torch.Tensor]:
        pool = FaceDataset(work, HEAD, sharp_only=False)
        views = iter(DegradedBatches(pool, settings, alone(0), seed=3, step=step, samples=8 * step))
        return [next(views)[0] for _ in range(count)]

    straight, resumed = batches(0, 4), batches(2, 2)
    assert torch.equal(straight[2], resumed[0])
    assert torch.equal(straight[3], resumed[1])
    pool = FaceDataset(work, HEAD, sharp_only=False)
    other = next(iter(DegradedBatches(pool, settings, alone(1), seed=3, step=2, samples=16)))[0]
    assert not torch.equal(other, resumed[0])


def test_targets_move_with_the_views_that_all_processes_have_seen(work: WorkFolder) -> None:
    settings = StudentSettings(
        16, (StageSettings(8), StageSettings(16)), batch=100, samples=400, low_target_share=(0.0, 1.0)
    )
    pool = FaceDataset(work, HEAD, sharp_only=True)

    def low_shares(world: int, step: int, samples: int) -> list[float]:
        ranks = Process(0, world, torch.device("cpu"))
        views = iter(DegradedBatches(pool, settings, ranks, seed=3, step=step, samples=samples))
        return [float(next(views)[1][:, 0].mean()) for _ in range(3)]  # low targets here are (1, 0), sharp ones (0, 1)

    assert low_shares(1, 0, 0) == pytest.approx([0, 0.25, 0.5], abs=0.15)
    assert low_shares(2, 0, 0) == pytest.approx([0, 0.5, 1], abs=0.15)  # two processes are there after two steps
    assert low_shares(1, 2, 400) == [1, 1, 1]  # and one that goes on from them still is
    assert low_shares(2, 1, 200)[:2] == pytest.approx([0.5, 1], abs=0.15)


def alone(rank: int) -> Process:
    return Process(rank, 1, torch.device("cpu"))


def test_layers_are_taken_over_whole_or_not_at_all() -> None:
    giver = Student(Shape(16, (Stage(16), Stage(24, 1)), bottleneck=4, dim=8))
    taker = Student(Shape(32, (Stage(8), Stage(16), Stage(24, 1)), bottleneck=4, dim=8))
    taken = matching_layers(taker.state_dict(), giver.state_dict())
    layers = {key.rpartition(".")[0] for key in taken}
    assert "stages.at4.0.1" in layers
    assert "stages.at8.0.1" not in layers  # 16 channels in both, but after another convolution
    assert {"narrow.0", "narrow.1", "out", "stages.at4.1.second.1"} <= layers
    assert all(torch.equal(value, giver.state_dict()[key]) for key, value in taken.items())


def test_a_checkpoint_is_replaced_whole_and_names_no_folder(tmp_path: Path, toy: Path) -> None:
    from distill.training.checkpoint import plain_settings

    settings = read_settings(toy / "toy.yaml", Settings)
    content = {"weights": torch.ones(2), "settings": plain_settings(settings), "environment": environment()}
    save_checkpoint(tmp_path / "a" / "checkpoint.pt", content)
    again = load_checkpoint(tmp_path / "a" / "checkpoint.pt")
    assert again is not None
    assert str(toy) not in str(again)
    assert again["settings"]["teachers"][0]["model"] == "teacher.onnx"
    assert again["environment"]["torch"]
    assert load_checkpoint(tmp_path / "none.pt") is None


def test_serving_and_training_see_the_same_numbers() -> None:
    chips = np.random.default_rng(0).integers(0, 255, (3, 16, 16, 3)).astype(np.uint8)
    spec, training = ChipSpec(size=16), normalise_pixels(to_tensor(chips)).numpy()
    np.testing.assert_array_equal(training, to_planes(chips, spec, exact=True))
    np.testing.assert_allclose(training, to_planes(chips, spec), atol=1e-6)


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_export_reads_back_what_torch_says(tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = Student(Shape(16, (Stage(8), Stage(16, 1)), bottleneck=4, dim=8)).eval()
    spec = ChipSpec(size=16, dim=8, model_id="m", lineage="l")
    model = with_spec(to_onnx(student, 16), spec)
    (tmp_path / "student.onnx").write_bytes(model)
    assert read_spec(tmp_path / "student.onnx") == spec
    chips = np.random.default_rng(1).integers(0, 255, (70, 16, 16, 3)).astype(np.uint8)
    assert check_agreement(student, model, spec, chips) < 1e-4
    rows = UnitNormStudent(student)(torch.from_numpy(to_planes(chips, spec))).norm(dim=1)
    assert torch.allclose(rows, torch.ones(70), atol=1e-5)
    other = Student(student.shape).eval()
    with pytest.raises(DistillError, match="torch and ONNX Runtime must agree"):
        check_agreement(other, model, spec, chips)
    small = quantise(model, to_planes(chips, spec))
    kinds = {node.op_type for node in onnx.load_from_string(small).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    cosines = (
        Teacher(with_spec(small, spec), spec, Runtime()).embed_chips(chips)
        * Teacher(model, spec, Runtime()).embed_chips(chips)
    ).sum(1)
    assert cosines.mean() > 0.97


def test_teachers_of_other_templates_look_at_the_same_face() -> None:
    assert template_warp(ChipSpec(size=112)) is None
    points = tuple((x + 10, y - 5) for x, y in ChipSpec(size=112).template)
    warp = template_warp(ChipSpec(size=112, landmarks=points))
    assert warp is not None
    assert np.allclose(warp, [[1, 0, 10], [0, 1, -5]], atol=1e-6)


def test_an_ensemble_needs_a_weight_for_each_teacher() -> None:
    with pytest.raises(ValueError, match="expected one weight each, got 0 and 0"):
        Ensemble([], [])


def test_logs_survive_a_torn_line_and_are_drawn(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = Log(path)
    log.write("train", samples=10, loss=1.0, regression=1.0)
    with path.open("a") as file:
        file.write('{"stage": "tra')
    log.write("check", samples=20, low_low=60.0, high_low=55.0, tar_1e2=5.0)
    assert [line["stage"] for line in read_log(path)] == ["train", "check"]
    plot_training(path, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_tables_leave_a_gap_where_nothing_was_measured() -> None:
    from distill.metrics.tables import Row

    rows = [Row("a", 16, "low-low", 81.25, {"0.01": 40.0}, {}), Row("b", 32, "low-low", 90.0, {"0.01": 60.0}, {})]
    assert "| a |  | 81.2 |" in format_tables(rows)
    assert "| b | 90.0 |  |" in format_tables(rows)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("adapt.dim=0", r"adapt.dim: Expected `int` >= 1 \(got 0\)"),
        ("students.s16.los={}", r"unknown key 'los' in students.s16; did you mean 'loss'"),
        ("nonsense", "expected key=value"),
        ("students.s16.most=1", r"unknown key 'most' in students.*did you mean 'max_parameters'"),
        ("students.s16.loss.others=1", r"unknown key 'others' in .*did you mean 'queue_size'"),
        ("export.calibration=1", r"unknown key 'calibration' in export; did you mean 'int8_calibration_faces'"),
        ("landmarks.save=1", r"unknown key 'save' in landmarks; did you mean 'checkpoint_seconds'"),
        ("adapt.start=steady", r"adapt.start: expected random or pca or lda \(got 'steady'\)"),
        ("label.mix.blend=2", r"label.mix.blend: Expected `float` <= 1.0 \(got 2\)"),
    ],
)
def test_settings_point_at_mistakes(override: str, message: str) -> None:
    with pytest.raises(DistillError, match=message):
        read_settings(SHIPPED, Settings, [override])


def test_an_empty_override_empties_a_path() -> None:
    assert read_settings(SHIPPED, Settings, ["adapt.head="]).adapt.head == ""


def test_a_card_is_not_written_from_a_log_that_says_nothing(tmp_path: Path) -> None:
    settings = read_settings(SHIPPED, Settings, [f"work={tmp_path}"])
    with pytest.raises(DistillError, match="expected a log of `python -m distill prepare`"):
        describe_data(settings)


def test_paths_are_read_from_the_files_folder() -> None:
    settings = read_settings(SHIPPED, Settings)
    assert Path(settings.teachers[0].chip_spec) == SHIPPED.parent / "recognizers" / "edgeface_xs.yaml"


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_training_goes_on_from_an_exported_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    shape = Shape(16, (Stage(8), Stage(16, 1)), bottleneck=4, dim=8)
    chips = torch.randn(64, 3, 16, 16)
    old, new = Student(shape), Student(shape)
    for _ in range(20):
        old(chips)  # moves the means away from what they begin with
    (tmp_path / "old.onnx").write_bytes(to_onnx(old.eval(), 16))
    load_onnx_weights(new, tmp_path / "old.onnx", chips)
    expected = old.eval()(chips)
    assert torch.allclose(new.eval()(chips), expected, atol=1e-4)
    assert torch.allclose(new.train()(chips), expected, atol=1e-2)  # by the mean and spread of the batch at hand
    with pytest.raises(DistillError, match=r"expected weights \(4, 3, 3, 3\), got \(8, 3, 3, 3\)"):
        load_onnx_weights(Student(Shape(16, (Stage(4), Stage(16, 1)), 4, 8)), tmp_path / "old.onnx", chips)
    with pytest.raises(DistillError, match="expected 3 convolutions and a last layer, got 6 layers"):
        load_onnx_weights(Student(Shape(16, (Stage(8), Stage(16)), 4, 8)), tmp_path / "old.onnx", chips)


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_a_mirrored_student_says_the_same_of_a_face_and_its_mirror_image(tmp_path: Path) -> None:
    torch.manual_seed(0)
    plain = Student(Shape(16, (Stage(8), Stage(16, 1)), bottleneck=4, dim=8))
    plain(torch.randn(64, 3, 16, 16))  # layers with equal biases would share one in the file
    student = FlipTTA(plain).eval()
    spec = ChipSpec(size=16, dim=8, model_id="m", lineage="l")
    model = with_spec(to_onnx(student, 16), spec)
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
    small = with_spec(quantise(model, to_planes(chips, spec)), spec)
    assert (Teacher(small, spec, Runtime()).embed_chips(chips) * read.embed_chips(chips)).sum(axis=1).min() > 0.9


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_the_first_stage_and_what_follows_the_last_layer_stay_in_float(tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = Student(Shape(16, (Stage(4, 1), Stage(8, 1)), bottleneck=4, dim=8)).eval()
    path = tmp_path / "student.onnx"
    path.write_bytes(to_onnx(FlipTTA(student).eval(), 16))
    kinds = {node.name: node.op_type for node in onnx.load(path).graph.node}
    assert [kinds[name] for name in find_float_nodes(path, 1)] == ["Conv", "Conv", "Conv", "Add", "Add"]
    assert [kinds[name] for name in find_float_nodes(path, 0)] == ["Conv", "Add"]

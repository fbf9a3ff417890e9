"""The settings of distill: former names, and paths of the shipped configurations."""

from pathlib import Path

import msgspec
import pytest
import yaml

from configs.fields import Formerly, field_types, marks_of
from distill.config import Settings, StudentSettings, read_settings
from distill.detector.config import DetectorSettings
from distill.errors import DistillError
from tests.distill.test_schema import structs

ROOT = Path(__file__).parents[2]
DISTILL, DETECTOR = ROOT / "configs" / "distill.yaml", ROOT / "configs" / "detector.yaml"


@pytest.mark.parametrize(
    ("override", "place", "now"),
    [
        ("students.s16.hold=0.5", "'hold' in students.s16", "flat_fraction"),
        ("students.s16.check=10", "'check' in students.s16", "eval_every"),
        ("students.s16.kinds=[real]", "'kinds' in students.s16", "sources"),
        ("students.s16.mirror=true", "'mirror' in students.s16", "flip_tta"),
        ("students.s16.loss.alike=0.5", "'alike' in students.s16.loss", "same_person_cosine"),
        ("students.s16.degrade.rotate=1", "'rotate' in students.s16.degrade", "rotate_degrees"),
        ("adapt.damping=1", "'damping' in adapt", "noise_weight"),
        ("label.faces=1", "'faces' in label", "synthetic_faces"),
        ("export.loss=1", "'loss' in export", "max_int8_drop"),
        ("landmarks.turn=1", "'turn' in landmarks", "rotate_degrees"),
    ],
)
def test_a_former_name_is_refused_with_the_name_of_today(override: str, place: str, now: str) -> None:
    with pytest.raises(DistillError) as caught:
        read_settings(DISTILL, Settings, [override])
    assert str(caught.value).endswith(f"unknown key {place}; did you mean '{now}'?")


@pytest.mark.parametrize(
    ("override", "now"),
    [("views.small=1", "pictures"), ("pictures.small=1", "small_bias"), ("train.points=1", "landmark_weight")],
)
def test_a_former_name_in_the_detectors_settings_is_refused_too(override: str, now: str) -> None:
    with pytest.raises(DistillError, match=f"did you mean '{now}'"):
        read_settings(DETECTOR, DetectorSettings, [override])


@pytest.mark.parametrize("root", [Settings, DetectorSettings])
def test_no_former_name_is_a_name_of_today_or_of_two_settings(root: type[msgspec.Struct]) -> None:
    for struct in set(structs(root)):
        types = field_types(struct)
        former = [mark.name for kind in types.values() for mark in marks_of(kind, Formerly)]
        assert len(former) == len(set(former))
        assert not set(former) & set(types)


@pytest.mark.parametrize("name", ["distill", "ablation", "scaling", "scaling_s32"])
def test_paths_of_the_shipped_configurations_start_at_their_folder(name: str) -> None:
    path = ROOT / "configs" / f"{name}.yaml"
    settings = read_settings(path, Settings)
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert settings.work == str(path.parent / raw["work"])
    assert all(Path(teacher.model).is_absolute() for teacher in settings.teachers)


def test_paths_of_the_detectors_configuration_start_at_its_folder() -> None:
    settings = read_settings(DETECTOR, DetectorSettings)
    paths = [settings.work, settings.export, settings.label.yunet, settings.label.retinaface, *settings.evaluate.peers]
    paths += [source.path for source in (*settings.scenes, *settings.faces)]
    assert all(Path(path).is_absolute() for path in paths)
    assert {source.boxes for source in settings.scenes} == {"boxes.json", ""}  # a name in the zip, no path


def test_empty_names_of_weights_mean_random_weights() -> None:
    assert StudentSettings(16).starting_weights == ()
    assert StudentSettings(16, start_from=("a.onnx", "", "s32")).starting_weights == ("a.onnx", "s32")
    assert StudentSettings(16, start_from="a.onnx").starting_weights == ("a.onnx",)


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
def test_an_error_names_key_value_and_expectation(override: str, message: str) -> None:
    with pytest.raises(DistillError, match=message):
        read_settings(DISTILL, Settings, [override])


def test_an_empty_override_clears_a_path() -> None:
    assert read_settings(DISTILL, Settings, ["adapt.head="]).adapt.head == ""


def test_relative_paths_start_at_the_folder_of_the_file() -> None:
    settings = read_settings(DISTILL, Settings)
    assert Path(settings.teachers[0].chip_spec) == DISTILL.parent / "recognizers" / "edgeface_xs.yaml"


def test_the_configuration_for_a_gpu_is_read_and_its_students_fit() -> None:
    from distill.training.students import student_shape

    settings = read_settings(ROOT / "configs" / "distill_gpu.yaml", Settings)
    assert settings.device == "cuda"
    for options in settings.students.values():
        student_shape(options, settings.adapt.dim)  # raises for stages or parameters that do not fit
        assert options.degrade.area_only + options.degrade.enlarged <= 1

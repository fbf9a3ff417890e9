"""Teachers: one ensemble for one work folder, whatever the number of faces asked about."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from detectors.runtime import Runtime
from distill.config import FacesSettings, Settings, TeacherSettings
from distill.errors import DistillError
from distill.teacher.ensemble import find_chip_spec, find_model, model_key, open_ensemble, open_teacher
from recognizer.spec import ChipSpec
from tests.synthetic.networks import write_recognizer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name, size in (("one", 32), ("two", 48)):
        write_recognizer(tmp_path / f"{name}.onnx", size=size)
    named = (TeacherSettings(model=str(tmp_path / "one.onnx")), TeacherSettings(model=str(tmp_path / "two.onnx")))
    return Settings(work=str(tmp_path / "work"), faces=FacesSettings(()), teachers=named, students={})


def test_an_ensemble_reads_a_face_the_same_alone_and_among_others(settings: Settings) -> None:
    teacher = open_ensemble(settings)
    faces = np.random.default_rng(0).integers(0, 255, (9, 112, 112, 3)).astype(np.uint8)
    together, alone = teacher.embed(faces), np.concatenate([teacher.embed(face[None]) for face in faces])
    assert together.shape == (9, teacher.dim)
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    halves = np.split(together, 2, axis=1)
    assert np.allclose([np.linalg.norm(half, axis=1) for half in halves], 0.5**0.5, atol=1e-5)  # equal weights


def test_a_work_folder_keeps_the_features_of_one_ensemble(settings: Settings) -> None:
    open_ensemble(settings)
    open_ensemble(settings)  # the same ones go on
    one, two = settings.teachers
    for other in ((one,), (two, one), (one, msgspec.structs.replace(two, weight=2.0))):
        with pytest.raises(
            DistillError, match=r"holds features of one-\w{12} \(weight 1.0\) and two-.* another `work`"
        ):
            open_ensemble(msgspec.structs.replace(settings, teachers=other))


def test_a_teacher_may_be_the_recogniser_of_a_pack(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    write_recognizer(tmp_path / "pack" / "a_small.onnx", size=96)
    file = write_recognizer(tmp_path / "pack" / "b_face.onnx", size=112)
    pack = TeacherSettings(model=f"pack:{tmp_path / 'pack'}")
    assert find_model(pack) == file
    assert find_chip_spec(pack).color == "RGB"  # as every pack wants it, whatever a file's metadata say
    teacher = open_ensemble(msgspec.structs.replace(settings, teachers=(pack,), work=str(tmp_path / "packed")))
    assert teacher.embed(np.zeros((2, 112, 112, 3), np.uint8)).shape == (2, 32)
    with pytest.raises(DistillError, match=r"teachers.model: .*nowhere: no such folder of a model pack"):
        find_model(TeacherSettings(model="pack:/nowhere"))


def test_a_damaged_teacher_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    spec = tmp_path / "spec.yaml"
    spec.write_text("chip_spec: {size: 32, color: BGR, mean: [0, 0, 0], std: [1, 1, 1], dim: 8}\n")
    with pytest.raises(DistillError, match=r"teachers.model: .*broken.onnx"):
        open_teacher(TeacherSettings(model=str(broken), chip_spec=str(spec)), Runtime())


def test_a_key_tells_models_and_crops_apart(settings: Settings, tmp_path: Path) -> None:
    one, two = settings.teachers
    copied = tmp_path / "copied" / "one.onnx"
    copied.parent.mkdir()
    copied.write_bytes(Path(one.model).read_bytes())
    assert model_key(one) == model_key(msgspec.structs.replace(one, model=str(copied)))
    assert model_key(one) != model_key(two)
    cut = tmp_path / "cut.yaml"
    cut.write_text("chip_spec: {size: 32, color: BGR, mean: [0, 0, 0], std: [1, 1, 1], dim: 8}\n")
    assert model_key(one) != model_key(msgspec.structs.replace(one, chip_spec=str(cut)))


def test_fields_that_do_not_change_features_leave_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.onnx").write_bytes(b"model")
    settings = TeacherSettings(str(tmp_path / "model.onnx"))
    keys = []
    for spec in (ChipSpec(size=112), ChipSpec(size=112, max_face_px=28), ChipSpec(size=112, color="BGR")):
        monkeypatch.setattr("distill.teacher.ensemble.find_chip_spec", lambda _, spec=spec: spec)
        keys.append(model_key(settings))
    assert keys[0] == keys[1] == "model-e481d4c6fa01" != keys[2]

"""`embedded` loads the students in the folder of weights: one alone, several as a family."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import yaml

from detectors.runtime import Runtime
from recognizer import load
from recognizer.calibration import uncalibrated
from recognizer.family import RecognizerFamily, hash_weights
from recognizer.load import family_name, load_recognizer, open_calibration, open_scoring, shipped_calibration
from recognizer.normalisation import Cohort
from recognizer.spec import ChipSpec
from tests.synthetic.networks import write_recognizer


def test_the_shipped_recogniser_embeds_faces() -> None:
    recognizer = load_recognizer("embedded", runtime=Runtime())
    size = recognizer.spec_for(16).size
    vectors = recognizer.embed(np.random.default_rng(0).integers(0, 255, (2, size, size, 3), np.uint8))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_several_students_are_a_family_and_float_copies_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (16, 32):
        write_recognizer(tmp_path / f"glimpse_s{size}.onnx", size)
    shutil.copy(tmp_path / "glimpse_s16.onnx", tmp_path / "glimpse_s16_fp32.onnx")
    monkeypatch.setattr(load, "WEIGHTS", tmp_path)
    family = load_recognizer("embedded", runtime=Runtime())
    assert isinstance(family, RecognizerFamily)
    assert [family.spec_for(px).size for px in (10, 18, 30, 90)] == [16, 16, 32, 32]


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of weights."""
    monkeypatch.setattr(load, "WEIGHTS", tmp_path)
    return tmp_path


def test_a_family_that_does_not_ship_is_refused_by_name(weights: Path) -> None:
    for name in ("tiny", "base", "large"):
        with pytest.raises(FileNotFoundError, match=rf"the family '{name}' needs glimpse_.\*\.onnx"):
            load_recognizer(name, runtime=Runtime())
    write_recognizer(weights / "glimpse_b32.onnx", 32)
    with pytest.raises(FileNotFoundError, match=r"the family 'large' needs glimpse_l\*\.onnx"):
        load_recognizer("large", runtime=Runtime())


def test_embedded_is_base_once_its_files_ship(weights: Path) -> None:
    write_recognizer(weights / "glimpse_s16.onnx", 16)
    assert (family_name("embedded"), load_recognizer("embedded", runtime=Runtime()).spec_for(9).size) == ("tiny", 16)
    write_recognizer(weights / "glimpse_b32.onnx", 32)
    assert (family_name("embedded"), load_recognizer("embedded", runtime=Runtime()).spec_for(9).size) == ("base", 32)
    assert family_name("own.onnx") == ""


def test_embedded_is_large_once_its_file_ships(weights: Path) -> None:
    write_recognizer(weights / "glimpse_b32.onnx", 32)
    write_recognizer(weights / "glimpse_l96.onnx", 96)
    assert (family_name("embedded"), load_recognizer("embedded", runtime=Runtime()).spec_for(99).size) == ("large", 96)


def test_the_large_student_takes_faces_from_56_px_and_counts_among_the_weights(weights: Path) -> None:
    files = [write_recognizer(weights / f"glimpse_{name}.onnx", int(name[1:])) for name in ("b32", "b64", "l96")]
    large, base = (load_recognizer(name, runtime=Runtime()) for name in ("large", "base"))
    assert [large.spec_for(px).size for px in (36, 37, 56, 57, 300)] == [32, 64, 64, 96, 96]
    assert [base.spec_for(px).size for px in (36, 57, 300)] == [32, 64, 64]
    assert (base.weights, large.weights) == (hash_weights(files[:2]), hash_weights(files))


def test_any_other_model_is_a_path(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.onnx"):
        load_recognizer(tmp_path / "nothing.onnx", runtime=Runtime())
    assert load_recognizer(write_recognizer(tmp_path / "own.onnx"), runtime=Runtime()).model_id == "synthetic"


@pytest.mark.parametrize("model", ["embedded", "tiny"])
def test_a_shipped_family_has_a_calibration_of_its_very_weights(model: str) -> None:
    calibration = open_calibration(load_recognizer(model, runtime=Runtime()), model=model)
    assert calibration.measured
    assert calibration.threshold(16, 1, 1e-3) < calibration.threshold(16, 1, 1e-5) < 1
    assert shipped_calibration("own.onnx") == ""


def test_a_file_without_a_calibration_gets_cautious_thresholds(tmp_path: Path) -> None:
    recognizer = load_recognizer(write_recognizer(tmp_path / "own.onnx"), runtime=Runtime())
    assert not open_calibration(recognizer, model="own.onnx").measured


def write_folder(folder: Path) -> Path:
    folder.mkdir()
    for size in (16, 64):
        write_recognizer(folder / f"student_{size}.onnx", size)
    return folder


def test_a_folder_is_the_family_of_its_files(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "site")
    family = load_recognizer(folder, runtime=Runtime())
    assert isinstance(family, RecognizerFamily)
    assert [family.spec_for(px).size for px in (10, 18, 30)] == [16, 16, 64]
    assert family.weights == hash_weights([folder / "student_16.onnx", folder / "student_64.onnx"])
    (folder / "student_64.onnx").unlink()
    assert load_recognizer(folder, runtime=Runtime()).spec_for(90).size == 16


def test_a_folder_without_files_and_a_spec_for_a_folder_are_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "site")
    with pytest.raises(ValueError, match=r"recognizer.chip_spec: expected none for a folder of students"):
        load_recognizer(folder, spec=ChipSpec(size=16), runtime=Runtime())
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"expected ONNX files in .*empty, found none"):
        load_recognizer(tmp_path / "empty", runtime=Runtime())


def test_a_folder_has_its_own_calibration_and_cohort(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "site")
    family = load_recognizer(folder, runtime=Runtime())
    assert shipped_calibration(str(folder)) == ""
    assert not open_scoring(family, model=str(folder)).calibration.measured
    cohort = Cohort(np.random.default_rng(0).normal(size=(20, 32)).astype(np.float32), weights=family.weights)
    cohort.save(folder / "cohort.npz")
    own = msgspec.structs.replace(uncalibrated(family.model_id), weights=family.weights, cohort=cohort.digest)
    (folder / "calibration.yaml").write_text(yaml.safe_dump({"calibration": msgspec.to_builtins(own)}))
    scoring = open_scoring(family, model=str(folder))
    assert scoring.calibration.cohort == cohort.digest
    assert scoring.cohort is not None
    Cohort(cohort.vectors, weights="others").save(folder / "cohort.npz")
    with pytest.raises(ValueError, match="was made with other weights"):
        open_scoring(family, model=str(folder))


def test_a_calibration_of_another_cohort_is_refused_with_both_remedies(tmp_path: Path) -> None:
    tiny = load_recognizer("tiny", runtime=Runtime())
    own = msgspec.structs.replace(uncalibrated(tiny.model_id), weights=tiny.weights, cohort="0123")
    (tmp_path / "old.yaml").write_text(yaml.safe_dump(msgspec.to_builtins(own)))
    (tmp_path / "site").mkdir()
    with pytest.raises(ValueError, match="another cohort than that of tiny") as refused:
        open_scoring(tiny, model="tiny", file=tmp_path / "site" / ".." / "old.yaml")
    assert str(refused.value).startswith(f"calibration {tmp_path / 'old.yaml'} was")
    assert str(refused.value).endswith("calibrate, or leave recognizer.calibration out to take the one that ships")


@pytest.mark.parametrize("change", [{"weights": "0123"}, {"model_id": "another"}])
def test_a_calibration_of_another_recogniser_is_refused_with_both_remedies(
    tmp_path: Path, change: dict[str, str]
) -> None:
    tiny = load_recognizer("tiny", runtime=Runtime())
    own = msgspec.structs.replace(uncalibrated(tiny.model_id), **({"weights": tiny.weights} | change))  # type: ignore[arg-type]
    (tmp_path / "old.yaml").write_text(yaml.safe_dump(msgspec.to_builtins(own)))
    (tmp_path / "site").mkdir()
    with pytest.raises(ValueError, match=r"to take the one that ships$") as refused:
        open_calibration(tiny, model="tiny", file=tmp_path / "site" / ".." / "old.yaml")
    assert str(refused.value).startswith(f"calibration {tmp_path / 'old.yaml'}")


def test_nothing_is_said_of_a_calibration_that_is_not_there_to_take(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "site")
    family = load_recognizer(folder, runtime=Runtime())
    body = yaml.safe_dump(msgspec.to_builtins(msgspec.structs.replace(uncalibrated(family.model_id), weights="0123")))
    (tmp_path / "old.yaml").write_text(body)
    with pytest.raises(ValueError, match=r"old\.yaml$"):
        open_calibration(family, model=str(folder), file=tmp_path / "old.yaml")
    (folder / "calibration.yaml").write_text(body)
    with pytest.raises(ValueError, match=r"to take the one in .*site$"):
        open_calibration(family, model=str(folder), file=tmp_path / "old.yaml")
    with pytest.raises(ValueError, match=r"calibration\.yaml$"):
        open_calibration(family, model=str(folder))


def test_no_model_has_no_file_of_the_folder_that_a_run_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "calibration.yaml").write_text("another file\n")
    monkeypatch.chdir(tmp_path)
    assert shipped_calibration("") == ""

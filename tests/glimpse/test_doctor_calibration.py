"""What is said of a site's calibration: one that holds, and each that a run refuses."""

from pathlib import Path

import msgspec
import pytest

from detectors.runtime import Runtime
from glimpse.command.site_settings import read_site
from glimpse.doctor import Finding, Health
from glimpse.doctor_calibration import SETTING, examine_calibration
from glimpse.doctor_site import examine_site
from recognizer.calibration import Calibration, uncalibrated
from recognizer.load import load_recognizer, shipped_calibration
from tests.synthetic.networks import write_recognizer


def of_tiny(**changes: str) -> Calibration:
    tiny = load_recognizer("tiny", runtime=Runtime())
    plain = {"model_id": tiny.model_id, "weights": tiny.weights}
    return msgspec.structs.replace(uncalibrated(""), **(plain | changes))


def site(folder: Path, recognizer: str) -> Path:
    (folder / "site").mkdir()
    config = folder / "site" / "site.yaml"
    config.write_text(f"node: shop\nrecognizer: {recognizer}\n")
    return config


def look(config: Path) -> list[Finding]:
    return list(examine_calibration(read_site(config)))


def test_a_calibration_of_the_recogniser_is_good(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_bytes(msgspec.yaml.encode(of_tiny()))
    [found] = look(site(tmp_path, "{model: tiny, calibration: ../own.yaml}"))
    assert (found.part, found.health, found.advice) == (SETTING, Health.GOOD, "")
    assert found.found.startswith(f"{tmp_path / 'own.yaml'}, model glimpse-")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cohort": "0123"}, "another cohort than that of tiny"),
        ({"weights": "0123"}, "other weights than"),
        ({"model_id": "another"}, "expected one of model"),
    ],
)
def test_what_a_run_refuses_is_broken_with_its_sentence(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    (tmp_path / "old.yaml").write_bytes(msgspec.yaml.encode(of_tiny(**changes)))
    config = site(tmp_path, "{model: tiny, calibration: ../old.yaml}")
    [found] = [one for one in examine_site(read_site(config), config, dial=False) if one.part == SETTING]
    assert found.health is Health.BROKEN
    assert found.found == str(tmp_path / "old.yaml")
    assert said in found.advice
    assert found.advice.endswith("or leave recognizer.calibration out to take the one that ships")


def test_a_missing_or_malformed_file_and_a_missing_model_are_broken(tmp_path: Path) -> None:
    config = site(tmp_path, "{model: tiny, calibration: none.yaml}")
    assert look(config)[0].advice.endswith("none.yaml: no such file")
    (config.parent / "none.yaml").write_text("rates: many\n")
    assert "none.yaml" in look(config)[0].advice
    config.write_text("recognizer: {model: none.onnx}\n")
    assert "no such file" in look(config)[0].advice


def test_own_models_are_opened_and_families_that_ship_are_not(tmp_path: Path) -> None:
    config = site(tmp_path, "{model: tiny}")
    assert look(config) == []
    folder = config.parent / "students"
    folder.mkdir()
    write_recognizer(folder / "student_16.onnx")
    config.write_text("recognizer: {model: students}\n")
    assert [one.found for one in look(config)] == ["none: cautious built-in thresholds, model synthetic"]
    (folder / "calibration.yaml").write_text(Path(shipped_calibration("tiny")).read_text(encoding="utf-8"))
    assert look(config)[0].health is Health.BROKEN
    broken = [one.part for one in examine_site(read_site(config), config, dial=False) if one.health is Health.BROKEN]
    assert broken == [SETTING]  # a folder is a model that is there

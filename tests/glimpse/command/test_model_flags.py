"""The flags that choose models."""

from pathlib import Path

import pytest

from glimpse.command.model_flags import SHIPPED, ModelFlags
from glimpse.errors import ModelError, ModelMissingError, SettingsError


def test_without_flags_the_shipped_models_are_opened() -> None:
    models = SHIPPED.open()
    assert models.recognizer.model_id.startswith("glimpse")
    assert models.decider.rule.false_alarm == 0.001


def test_the_flags_reach_the_models() -> None:
    models = ModelFlags(recognizer="tiny", false_alarm=0.01, threads=2).open()
    assert models.decider.rule.false_alarm == 0.01
    assert (models.detector.threads, models.recognizer.threads) == (2, 2)
    assert models.recognizer.model == "tiny"


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (ModelFlags(detector="none.onnx"), ModelMissingError),
        (ModelFlags(recognizer="none.onnx"), ModelMissingError),
        (ModelFlags(calibration="none.yaml"), ModelMissingError),
        (ModelFlags(device="abacus"), ModelError),
        (ModelFlags(false_alarm=2.0), SettingsError),
        (ModelFlags(chip_spec="none.yaml"), ModelError),
    ],
)
def test_what_cannot_be_opened_is_an_error_of_the_library(flags: ModelFlags, error: type[Exception]) -> None:
    with pytest.raises(error):
        flags.open()


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelError, match=r"text\.onnx"):
        ModelFlags(detector=str(tmp_path / "text.onnx")).open()

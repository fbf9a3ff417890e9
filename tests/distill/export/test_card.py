"""Model cards."""

from pathlib import Path
from typing import Any

import pytest

from distill.config import FacesSettings, Settings, StudentSettings, TeacherSettings, read_settings
from distill.errors import DistillError
from distill.export.card import describe_data, make_card
from distill.progress import Log

SHIPPED = Path(__file__).parents[3] / "configs" / "distill.yaml"


def test_a_log_without_preparation_makes_no_card(tmp_path: Path) -> None:
    settings = read_settings(SHIPPED, Settings, [f"work={tmp_path}"])
    with pytest.raises(DistillError, match="expected a log of `python -m distill prepare`"):
        describe_data(settings)


def write_log(work: Path, *, excluded: bool = False) -> None:
    log = Log(work / "log.jsonl")
    log.write("prepare", faces=1200, sources={"casia": 1000, "own": 200})
    if excluded:
        log.write("exclude", by_name=3, by_similarity=4)
    log.write("usable", faces=1193)


PLAIN = StudentSettings(16)


def card(
    work: Path,
    *,
    int8: dict[str, float],
    name: str = "s16",
    options: StudentSettings = PLAIN,
    **checkpoint: Any,
) -> str:
    settings = Settings(
        str(work),
        FacesSettings(()),
        (TeacherSettings("/models/r50.onnx", licence="MIT"),),
        {name: options},
    )
    recorded = {"samples": 6400, "step": 100, "environment": {"torch": "2.4"}} | checkpoint
    accuracies = {"fp32": {"low_low": 99.0, "high_low": 99.0}, "int8": int8}
    return make_card(settings, name, recorded, {"accuracies": accuracies, "cosine": 0.9876, "difference": 2e-6})


def test_a_log_without_exclusions_counts_none(tmp_path: Path) -> None:
    settings = Settings(str(tmp_path), FacesSettings(()), (), {})
    write_log(tmp_path)
    text = describe_data(settings)
    assert "1,200 aligned faces (casia 1,000, own 200), of which 1,193 were used" in text
    assert "Excluded: 0 faces with the name of a test person, and 0 more" in text
    write_log(tmp_path, excluded=True)
    assert "Excluded: 3 faces with the name of a test person, and 4 more" in describe_data(settings)


@pytest.mark.parametrize(
    ("name", "int8", "missed"),
    [
        ("s16", {"low_low": 90.8}, False),
        ("s16", {"low_low": 90.79}, True),
        ("s16", {}, True),  # not measured
        ("b64", {"low_low": 97.7}, True),
        ("own", {"low_low": 0.0}, False),  # nothing is required of it
    ],
)
def test_a_card_says_whether_required_figures_are_missed(
    tmp_path: Path, name: str, int8: dict[str, float], missed: bool
) -> None:
    write_log(tmp_path)
    assert ("**The required figures are not reached yet.**" in card(tmp_path, name=name, int8=int8)) is missed


def test_a_card_tells_the_history_of_its_start_weights(tmp_path: Path) -> None:
    write_log(tmp_path)
    options = StudentSettings(16, history="Trained on one GPU.", ridge_views=1000)
    text = card(tmp_path, int8={}, options=options)
    assert "Trained on one GPU. The last layer was first fitted by ridge regression on 1,000 views." in text
    assert "ridge" not in card(tmp_path, int8={})


def test_figures_that_were_not_measured_stay_empty(tmp_path: Path) -> None:
    write_log(tmp_path)
    text = card(tmp_path, int8={"low_low": 88.5})
    assert "| low-low at 16 px, % | 99.00 | 88.50 | 90.80 |" in text
    assert "| high-low at 16 px, % | 99.00 |  |  |" in text
    assert "| TAR at FAR 1 %, low-low, % |  |  |  |" in text


def test_the_training_is_described_without_folders(tmp_path: Path) -> None:
    write_log(tmp_path)
    text = card(tmp_path, int8={}, step=0)
    assert "`command not recorded`, seed 1; student `s16`, 6,400 training samples in steps of 6400." in text
    assert "r50.onnx (MIT)" in text
    assert "/models" not in text
    assert "in 8 processes" in card(tmp_path, int8={}, processes=8)
    assert "processes" not in card(tmp_path, int8={}, processes=1)


def test_the_overrides_of_the_training_count_and_no_folder_is_named(tmp_path: Path) -> None:
    write_log(tmp_path)
    command = "python -m distill train c.yaml work=/home/me/work students.s16.start_from=/data/old.pt"
    trained = {"students": {"s16": {"start_from": "old.pt", "ridge_views": 777}}}
    options = StudentSettings(16, start_from="glimpse_s16_fp32.onnx", ridge_views=1000)
    text = card(tmp_path, int8={}, options=options, command=command, settings=trained)
    assert "`python -m distill train c.yaml work=work students.s16.start_from=old.pt`" in text
    assert "ridge regression on 777 views" in text
    assert "starting from the layers of `old.pt`" in text
    assert "previous version" not in text

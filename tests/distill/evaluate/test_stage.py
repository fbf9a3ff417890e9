"""Stage `evaluate`: which sides are compared, what a small test leaves out, and which models are opened."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float32
from detectors.runtime import Runtime
from distill.adapt.head import Head
from distill.config import (
    EvaluateSettings,
    ExportSettings,
    FacesSettings,
    Settings,
    StudentSettings,
    TeacherSettings,
)
from distill.errors import DistillError
from distill.evaluate.stage import LfwTest, evaluate, measure, open_models
from distill.metrics.lfw import read_faces, read_pairs
from distill.progress import Log, read_log
from distill.work_folder import WorkFolder
from tests.synthetic.coloured_faces import ColourEnsemble, write_coloured_faces


@pytest.fixture
def lfw(tmp_path: Path) -> LfwTest:
    settings = write_coloured_faces(tmp_path)
    faces = read_faces(Path(settings.images))
    return LfwTest(faces, read_pairs(Path(settings.pairs), faces), settings.gallery_people)


@dataclass
class ColourFeatures:
    """Embeds the test's faces by their colour; below `blind_below` pixels all alike."""

    test: LfwTest
    blind_below: int

    def __call__(self, pixels: int) -> Float32:
        return ColourEnsemble(self.blind_below).embed(self.test.faces.images, pixels)


def test_small_faces_are_also_compared_with_sharp_ones(lfw: LfwTest) -> None:
    low, high = measure("model", ColourFeatures(lfw, 0), 16, lfw)
    assert (low.sides, high.sides) == ("low-low", "high-low")
    assert (low.accuracy, high.accuracy) == (100, 100)
    assert low.tar == {"0.1": 100, "0.01": 100, "0.001": 100}


def test_sharp_faces_have_no_second_side(lfw: LfwTest) -> None:
    (row,) = measure("model", ColourFeatures(lfw, 0), 112, lfw)
    assert (row.model, row.pixels, row.sides) == ("model", 112, "low-low")


def test_a_model_that_is_blind_at_a_size_fails_there_on_both_sides(lfw: LfwTest) -> None:
    rows = measure("model", ColourFeatures(lfw, 17), 16, lfw)
    assert [row.accuracy for row in rows] == [50, 50]
    assert [row.tar["0.1"] for row in rows] == [0, 0]


def test_identification_leaves_out_templates_that_the_test_is_too_small_for(lfw: LfwTest) -> None:
    (row,) = measure("model", ColourFeatures(lfw, 0), 112, lfw)
    assert row.identification == {"rank_1@1": 100, "tpir_0.01@1": 100, "tpir_0.1@1": 100}  # two pictures each: no @5


@pytest.mark.parametrize("test", [EvaluateSettings(), EvaluateSettings(images="faces"), EvaluateSettings(pairs="list")])
def test_an_incomplete_test_is_refused(tmp_path: Path, test: EvaluateSettings) -> None:
    settings = Settings(str(tmp_path), FacesSettings(()), (), {}, evaluate=test)
    with pytest.raises(DistillError, match=r"evaluate\.images, evaluate\.pairs: expected"):
        evaluate(settings, Log(tmp_path / "log.jsonl"))


def test_the_tables_hold_every_model_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill.evaluate.stage.open_models", lambda settings: [ColourEnsemble()])
    monkeypatch.setattr("distill.evaluate.stage.plot_sizes", lambda rows, path: None)  # matplotlib takes seconds
    monkeypatch.setattr("distill.evaluate.stage.plot_roc", lambda curves, path: None)
    settings = Settings(str(tmp_path), FacesSettings(()), (), {}, evaluate=write_coloured_faces(tmp_path))
    rows = evaluate(settings, Log(tmp_path / "log.jsonl"))
    assert [(row.model, row.pixels, row.sides) for row in rows] == [
        ("colours", 112, "low-low"),
        ("colours", 16, "low-low"),
        ("colours", 16, "high-low"),
    ]
    written = json.loads((tmp_path / "evaluate" / "table.json").read_bytes())
    assert [row["pixels"] for row in written] == [112, 16, 16]
    assert "colours" in (tmp_path / "evaluate" / "table.md").read_text()
    line = read_log(tmp_path / "log.jsonl")[-1]
    assert (line["stage"], line["models"], line["rows"]) == ("evaluate", ["colours"], 3)


@dataclass
class OpenedModel:
    """A model that was asked for, and not opened."""

    name: str


def open_fake(model: TeacherSettings, runtime: Runtime, cache: Path) -> OpenedModel:
    return OpenedModel(Path(model.model).stem)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((), ["peer"]),
        (("glimpse_a.onnx",), ["glimpse_a", "peer"]),
        (("glimpse_a.onnx", "glimpse_b.onnx"), ["glimpse_a", "glimpse_b", "family int8", "peer"]),
        (("glimpse_a.onnx", "glimpse_a_fp32.onnx"), ["glimpse_a", "glimpse_a_fp32", "peer"]),
    ],
)
def test_exported_students_are_opened_and_form_a_family_from_two_of_a_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...], expected: list[str]
) -> None:
    monkeypatch.setattr("distill.evaluate.stage.open_cached_model", open_fake)
    for file in files:
        (tmp_path / file).touch()
    settings = Settings(
        str(tmp_path / "work"),
        FacesSettings(()),
        (),
        {name: StudentSettings(16) for name in ("a", "b")},
        evaluate=EvaluateSettings(peers=(TeacherSettings("peer.onnx"),)),
        export=ExportSettings(folder=str(tmp_path)),
    )
    assert [model.name for model in open_models(settings)] == expected


def test_the_adapted_teacher_is_tested_only_with_a_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill.evaluate.stage.open_cached_ensemble", lambda settings: ColourEnsemble())
    settings = Settings(str(tmp_path), FacesSettings(()), (), {})
    assert open_models(settings) == []
    Head(*np.zeros((2, 3), np.float32), np.eye(3, dtype=np.float32)).save(WorkFolder(tmp_path).head)
    assert [model.name for model in open_models(settings)] == ["teacher, adapted"]

"""The test during a training: its metrics at the edges, and what embedding does to the student."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from distill.adapt.head import Head
from distill.config import EvaluateSettings, FacesSettings, Settings
from distill.training.student import Shape, Stage, Student
from distill.training.validation import Validation, embed, extract_features
from tests.synthetic.coloured_faces import ColourEnsemble, write_coloured_faces

HEAD = Head(np.zeros(3, np.float32), np.zeros(3, np.float32), np.eye(3, dtype=np.float32))


@pytest.fixture
def validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Validation:
    monkeypatch.setattr("distill.training.validation.open_cached_ensemble", lambda settings: ColourEnsemble())
    test = write_coloured_faces(tmp_path)
    return Validation(Settings("work", FacesSettings(()), (), {}, evaluate=test), 16, HEAD)


@pytest.mark.parametrize("test", [EvaluateSettings(), EvaluateSettings(images="faces"), EvaluateSettings(pairs="list")])
def test_without_a_complete_test_nothing_is_measured(test: EvaluateSettings) -> None:
    validation = Validation(Settings("work", FacesSettings(()), (), {}, evaluate=test), 16, HEAD)
    assert validation.chips.shape == (0, 16, 16, 3)
    assert validation.evaluate(Student(Shape(16, (Stage(4), Stage(4)), bottleneck=2, dim=3))) == {}
    assert validation.metrics(np.zeros((0, 3), np.float32)) == {}


def test_features_that_tell_people_apart_reach_100_per_cent(validation: Validation) -> None:
    assert validation.chips.shape == (6, 16, 16, 3)
    low = ColourEnsemble().embed(validation.chips, 16)
    assert validation.metrics(low) == {"low_low": 100, "tar_1e2": 100, "high_low": 100, "strict": 100}


def test_equal_features_of_all_faces_are_no_better_than_chance(validation: Validation) -> None:
    low = ColourEnsemble(blind_below=112).embed(validation.chips, 16)
    assert validation.metrics(low) == {"low_low": 50, "tar_1e2": 0, "high_low": 50, "strict": 0}


def test_low_features_in_a_space_of_their_own_fail_only_against_sharp_ones(validation: Validation) -> None:
    low = ColourEnsemble().embed(validation.chips, 16)[:, [1, 2, 0]]  # Ann's sharp vector is now Cy's low one
    metrics = validation.metrics(low)
    assert metrics["low_low"] == 100
    assert metrics["high_low"] < 100


class MeanColour(nn.Module):
    """Gives the mean colour of each chip, and records batch sizes and whether it was in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.calls: list[tuple[int, bool]] = []

    def forward(self, chips: Tensor) -> Tensor:
        self.calls.append((len(chips), self.training))
        return self.weight * chips.mean(dim=(2, 3))


@pytest.mark.parametrize("training", [True, False])
def test_the_student_is_evaluated_in_batches_and_returns_to_its_mode(training: bool) -> None:
    student = MeanColour().train(training)
    chips = np.array([0, 255, 51], np.uint8).reshape(3, 1, 1, 1) * np.ones((1, 4, 4, 3), np.uint8)
    features = extract_features(cast(Student, student), chips, batch=2)
    np.testing.assert_allclose(features, np.outer([-1, 1, -0.6], np.ones(3)), rtol=1e-6)
    assert student.calls == [(2, False), (1, False)]
    assert student.training is training


def test_embedded_rows_have_length_one_in_the_order_rgb() -> None:
    chips = np.full((1, 4, 4, 3), (255, 127, 128), np.uint8)  # BGR
    rows = embed(cast(Student, MeanColour()), chips)
    assert np.linalg.norm(rows) == pytest.approx(1)
    assert int(rows.argmax()) == 2  # blue comes last

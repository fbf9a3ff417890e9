"""Stage `adapt`: where the head comes from, which faces it is computed from, and what is embedded again."""

from pathlib import Path
from typing import Literal, cast

import numpy as np
import pytest

from detectors.arrays import Chips, Float32
from distill.adapt.head import lda_head, pca_head, random_head
from distill.adapt.stage import adapt, closed_form_head, load_given_head, read_head, sample_features
from distill.config import AdaptSettings
from distill.data.store import face_rows, write_array
from distill.errors import DistillError
from distill.progress import Log, read_log
from distill.teacher.model import Ensemble
from distill.work_folder import WorkFolder


def make_features() -> Float32:
    rng = np.random.default_rng(3)
    return (rng.normal(size=(400, 3)) * [1.0, 2.0, 3.0] + 3).astype(np.float32)


class PixelTeacher:
    """Embeds a face as its first pixel over 255, and counts the faces."""

    dim = 3

    def __init__(self) -> None:
        self.count = 0

    def embed(self, faces: Chips) -> Float32:
        self.count += len(faces)
        return (faces[:, 0, 0] / np.float32(255)).astype(np.float32)


def write_prepared_faces(work: WorkFolder, usable: list[bool]) -> None:
    """Noisy faces whose mean grows with their row."""
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 100, (len(usable), 112, 112, 3)) + 10 * np.arange(len(usable)).reshape(-1, 1, 1, 1)
    face_rows(work).append(faces.astype(np.uint8))
    write_array(work.usable, np.array(usable))


def test_a_configured_head_is_copied_as_it_is(tmp_path: Path) -> None:
    sharp = make_features()
    head = pca_head(sharp, sharp + 1, 2, whiten=0.5)
    head.save(tmp_path / "glimpse_head.npz")
    settings = AdaptSettings(dim=2, head=str(tmp_path / "glimpse_head.npz"))
    teacher, log = cast(Ensemble, PixelTeacher()), Log(tmp_path / "log.jsonl")
    head_in_use = adapt(settings, WorkFolder(tmp_path / "work"), teacher, seed=0, log=log)
    assert np.array_equal(head_in_use.matrix, head.matrix)
    assert np.array_equal(read_head(WorkFolder(tmp_path / "work")).project_low(sharp), head.project_low(sharp))
    adapt(settings, WorkFolder(tmp_path / "work"), teacher, seed=0, log=log)  # does nothing
    pca_head(sharp, sharp, 2, whiten=0.0).save(tmp_path / "glimpse_head.npz")
    with pytest.raises(DistillError, match=r"holds another head than .*glimpse_head.npz; name another `work`"):
        adapt(settings, WorkFolder(tmp_path / "work"), teacher, seed=0, log=log)


def test_a_head_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    sharp = make_features()
    pca_head(sharp, sharp, 2, whiten=0.5).save(tmp_path / "head.npz")
    with pytest.raises(DistillError, match=r"from 5 dimensions to 128 \(adapt.dim\), got 3 to 2: head.npz"):
        load_given_head(tmp_path / "head.npz", AdaptSettings(), 5)
    (tmp_path / "text.npz").write_text("no head")
    with pytest.raises(DistillError, match=r"adapt.head: expected a head that .* wrote, got .*text.npz"):
        load_given_head(tmp_path / "text.npz", AdaptSettings(), 5)
    with pytest.raises(DistillError, match=r"adapt.head: no such file: .*none.npz"):
        load_given_head(tmp_path / "none.npz", AdaptSettings(), 5)


@pytest.mark.parametrize("head", ["", "given.npz"])
def test_a_fitted_head_is_not_fitted_again(tmp_path: Path, head: str) -> None:
    work, teacher, log = WorkFolder(tmp_path), PixelTeacher(), Log(tmp_path / "log.jsonl")
    sharp = make_features()
    saved = pca_head(sharp, sharp, 2, whiten=0.5)
    saved.save(work.head)
    saved.save(tmp_path / "given.npz")
    settings = AdaptSettings(dim=2, head=head and str(tmp_path / head))
    assert adapt(settings, work, cast(Ensemble, teacher), seed=0, log=log).same_as(saved)
    assert teacher.count == 0
    assert read_log(log.path) == []


def test_a_new_head_is_saved_and_logged(tmp_path: Path) -> None:
    work, log = WorkFolder(tmp_path), Log(tmp_path / "log.jsonl")
    write_prepared_faces(work, [True] * 6)
    head = adapt(AdaptSettings(dim=2, faces=5), work, cast(Ensemble, PixelTeacher()), seed=0, log=log)
    assert read_head(work).same_as(head)
    line = read_log(log.path)[-1]
    assert (line["stage"], line["faces"], line["start"], line["dim"]) == ("adapt", 5, "lda", 2)


def test_a_work_folder_without_a_head_names_the_missing_stage(tmp_path: Path) -> None:
    with pytest.raises(DistillError, match="run `python -m distill adapt` first"):
        read_head(WorkFolder(tmp_path))


def test_excluded_faces_are_not_sampled(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path)
    write_prepared_faces(work, [False, True, True, False, True])
    sharp, low = sample_features(AdaptSettings(dim=2), work, cast(Ensemble, PixelTeacher()), seed=0)
    expected = face_rows(work).array()[[1, 2, 4], 0, 0] / 255
    np.testing.assert_allclose(sharp, expected, atol=1e-3)  # kept as float16
    assert low.shape == (3, 3)
    assert not np.allclose(low, sharp, atol=0.01)


def test_features_are_embedded_once_also_after_a_torn_row(tmp_path: Path) -> None:
    work, teacher, settings = WorkFolder(tmp_path), PixelTeacher(), AdaptSettings(dim=2)
    write_prepared_faces(work, [True] * 4)
    _, low = sample_features(settings, work, cast(Ensemble, teacher), seed=0)
    assert teacher.count == 8  # sharp and low
    (cached,) = work.head.parent.glob("low-16-4-*.f16")
    cached.write_bytes(cached.read_bytes()[:-1])
    _, again = sample_features(settings, work, cast(Ensemble, teacher), seed=0)
    assert teacher.count == 9
    np.testing.assert_array_equal(again, low)


def test_as_many_dimensions_as_faces_are_too_many(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path)
    write_prepared_faces(work, [True, True, True, False])
    with pytest.raises(DistillError, match=r"adapt\.dim: expected fewer than the 3 usable faces, got 3"):
        sample_features(AdaptSettings(dim=3), work, cast(Ensemble, PixelTeacher()), seed=0)


@pytest.mark.parametrize("start", ["random", "pca", "lda"])
def test_the_closed_form_is_the_one_that_the_settings_name(start: Literal["random", "pca", "lda"]) -> None:
    sharp = make_features()
    low = sharp + np.random.default_rng(1).normal(size=sharp.shape).astype(np.float32)
    expected = {
        "random": random_head(sharp, low, 2, seed=5),
        "pca": pca_head(sharp, low, 2, whiten=0.25),
        "lda": lda_head(sharp, low, 2, noise_weight=0.7, whiten=0.25),
    }
    settings = AdaptSettings(dim=2, start=start, noise_weight=0.7, whiten=0.25)
    assert closed_form_head(sharp, low, settings, seed=5).same_as(expected[start])

"""The folder of a fitted family."""

from pathlib import Path

import numpy as np
import pytest

from detectors.runtime import Runtime
from distill.errors import DistillError
from distill.site.model_folder import find_members, make_private, write_members, write_scoring
from recognizer.calibration import uncalibrated
from recognizer.load import load_recognizer, open_scoring, shipped_cohort
from recognizer.normalisation import Cohort
from tests.synthetic.made_site import write_family


def fitted(folder: Path, source: str, size: int, change: bytes | None = None) -> Path:
    recognizer = load_recognizer(source, runtime=Runtime())
    members = find_members(recognizer, source)
    data = next(member.path for member in members if member.spec.size == size).read_bytes()
    write_members(folder / "fitted", members, {size: change or data}, recognizer.model_id)
    return folder / "fitted"


@pytest.mark.parametrize("name", ["tiny", "base", "large"])
def test_a_fitted_family_sends_each_face_to_the_same_member(tmp_path: Path, name: str) -> None:
    shipped = load_recognizer(name, runtime=Runtime())
    opened = load_recognizer(fitted(tmp_path, name, find_members(shipped, name)[0].spec.size), runtime=Runtime())
    heights = range(8, 130)
    assert [opened.spec_for(px).size for px in heights] == [shipped.spec_for(px).size for px in heights]
    chips = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3)).astype(np.uint8)
    if name != "tiny":
        np.testing.assert_allclose(opened.embed(chips), shipped.embed(chips), atol=1e-5)


def test_its_space_has_a_name_of_its_own_which_follows_the_weights(tmp_path: Path) -> None:
    shipped = load_recognizer("base", runtime=Runtime())
    one = load_recognizer(fitted(tmp_path / "a", "base", 32), runtime=Runtime())
    assert one.model_id.startswith(f"{shipped.model_id}-site-")
    assert one.weights != shipped.weights
    other = (find_members(shipped, "base")[0].path).with_name("glimpse_b32_fp32.onnx").read_bytes()
    assert load_recognizer(fitted(tmp_path / "b", "base", 32, other), runtime=Runtime()).model_id != one.model_id


def test_a_family_that_is_fitted_again_keeps_one_mark(tmp_path: Path) -> None:
    first = fitted(tmp_path, str(write_family(tmp_path / "own")), 16)
    again = load_recognizer(fitted(tmp_path / "again", str(first), 16), runtime=Runtime())
    assert again.model_id.count("-site-") == 1


def test_serving_finds_calibration_and_cohort(tmp_path: Path) -> None:
    folder = fitted(tmp_path, "tiny", 16)
    opened = load_recognizer(folder, runtime=Runtime())
    shipped = load_recognizer("tiny", runtime=Runtime())
    cohort = shipped_cohort(shipped, model="tiny")
    assert cohort is not None
    own = open_scoring(shipped, model="tiny").calibration
    calibration = type(own)(
        model_id=opened.model_id,
        weights=opened.weights,
        cohort=own.cohort,
        command="",
        data="",
        date="",
        rates=own.rates,
        bands=own.bands,
    )
    write_scoring(folder, calibration, cohort, "card")
    scoring = open_scoring(opened, model=str(folder))
    assert isinstance(scoring.cohort, Cohort)
    assert scoring.cohort.digest == cohort.digest  # stored twice, and still the same strangers
    assert (folder / "README.md").read_text() == "card"


def test_a_family_without_a_cohort_has_none(tmp_path: Path) -> None:
    folder = fitted(tmp_path, str(write_family(tmp_path / "own")), 16)
    write_scoring(folder, uncalibrated("m"), None, "card")
    assert not (folder / "cohort.npz").exists()


def test_a_folder_that_is_there_is_told(tmp_path: Path) -> None:
    make_private(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    with pytest.raises(DistillError, match="expected a folder that does not exist yet"):
        make_private(tmp_path / "new")

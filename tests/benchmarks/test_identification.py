"""Who counts as named right, named wrong and not named."""

import numpy as np

from benchmarks.identification import CROP_CHOICES, Outcome, Trial, count_names, readme_table
from detectors.arrays import Chips, Float32
from recognizer.calibration import uncalibrated
from recognizer.gallery.index import GalleryIndex
from recognizer.spec import ChipSpec
from tests.synthetic.recognizers import VectorsOnly


class ColourRecognizer(VectorsOnly):
    """Tells people apart by the colour of their picture."""

    model_id = "colours"
    dim = 3

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=16)

    def embed(self, chips: Chips) -> Float32:
        means = chips[:, 4:-4, 4:-4].astype(np.float32).mean(axis=(1, 2)) - 60
        return means / np.linalg.norm(means, axis=1, keepdims=True)


def picture(*colour: int) -> np.ndarray:
    return np.full((112, 112, 3), colour, np.uint8)


BLUE, GREEN, RED = picture(250, 60, 60), picture(60, 250, 60), picture(60, 60, 250)


def trial(*, enrolled: list[list[np.ndarray]]) -> Trial:
    index = GalleryIndex("colours", np.eye(3, dtype=np.float32)[:2], ["Ada", "Ben"])
    return Trial(ColourRecognizer(), uncalibrated("colours"), index, ["Ada", "Ben"], enrolled, [[RED]], [[RED], [RED]])


def test_right_wrong_and_unnamed_people_add_up() -> None:
    found = {outcome.crops: outcome for outcome in count_names(trial(enrolled=[[BLUE], [BLUE]]), 24)}
    assert list(found) == [label for label, _, _ in CROP_CHOICES]
    assert (found["1"].right, found["1"].wrong, found["1"].known) == (1, 1, 2)  # Ben's picture shows Ada
    assert found["1"].cells()[2:5] == ["50.0 % (1/2)", "50.0 % (1/2)", "0.0 % (0/2)"]
    assert found["1"].cells()[5:] == ["0.0 % (0/1)", "0.0 % (0/2)"]


def test_people_who_resemble_nobody_are_not_named() -> None:
    (first, *_) = count_names(trial(enrolled=[[RED], [RED]]), 24)
    assert first.cells()[2:5] == ["0.0 % (0/2)", "0.0 % (0/2)", "100.0 % (2/2)"]


def test_the_short_table_has_a_row_for_each_size() -> None:
    outcomes = [Outcome(px, label, 3, 1, 8, 1, 10, 0, 20) for px in (12, 16) for label, _, _ in CROP_CHOICES]
    *_, last = readme_table(outcomes).splitlines()
    assert last == "| 16 px | 38 / 12 / 50 | 38 / 12 / 50 | 38 / 12 / 50 | 3 of 90 |"

"""The benchmark of crop weights."""

import numpy as np

from benchmarks.crop_weights import CROPS, WEIGHTS, rank_1
from detectors.arrays import Chips, Float32
from recognizer.preprocess import l2_normalise
from recognizer.spec import ChipSpec
from tests.synthetic.recognizers import VectorsOnly


class Colours(VectorsOnly):
    """Embeds a chip as its mean colour, or every chip alike."""

    model_id, dim = "colours", 3

    def __init__(self, *, blind: bool) -> None:
        self.blind = blind

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=16)

    def embed(self, chips: Chips) -> Float32:
        colours = np.ones((len(chips), 3)) if self.blind else chips.mean(axis=(1, 2))
        return l2_normalise(colours)


def test_only_people_with_enough_photographs_are_searched() -> None:
    stripes = np.tile(np.array([60, 200], np.uint8), 56)[None, :, None]
    people = {
        name: [np.tile(stripes * np.array(mask, np.uint8), (112, 1, 1))] * count
        for name, mask, count in (("Ann", (1, 0, 0), CROPS + 1), ("Bo", (0, 1, 0), CROPS), ("Cy", (0, 0, 1), CROPS + 1))
    }
    np.testing.assert_array_equal(rank_1(Colours(blind=False), people), [100] * len(WEIGHTS))
    np.testing.assert_array_equal(rank_1(Colours(blind=True), people), [50] * len(WEIGHTS))  # all are Ann, of two

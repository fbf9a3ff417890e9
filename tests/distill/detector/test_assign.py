"""Which cell learns which face."""

import itertools

import torch

from distill.detector.assign import BACKGROUND, IGNORED, SIZES, assign
from distill.detector.network import STRIDES

NONE = torch.full((1, 1, 4), torch.nan)


def owners(box: tuple[float, float, float, float], stride: int, ignore: torch.Tensor = NONE) -> torch.Tensor:
    """The owners of a 64-pixel picture's cells, as a grid."""
    side = 64 // stride
    return assign(torch.tensor([[box]]), ignore, (side, side), stride).reshape(side, side)


def test_the_sizes_of_the_strides_overlap() -> None:
    ends = [SIZES[stride] for stride in STRIDES]
    assert ends[0][0] == 0
    assert all(one[1] > two[0] for one, two in itertools.pairwise(ends))


def test_the_four_cells_around_its_centre_learn_a_face_of_8_px() -> None:
    grid = owners((20, 20, 28, 28), 4)
    assert (grid == 0).nonzero().tolist() == [[5, 5], [5, 6], [6, 5], [6, 6]]
    assert (grid == BACKGROUND).sum() == 256 - 4


def test_a_face_smaller_than_a_cell_gets_one_cell() -> None:
    assert (owners((21, 21, 22, 22), 4) == 0).nonzero().tolist() == [[5, 5]]


def test_a_face_of_nearly_the_right_size_is_ignored() -> None:
    grid = owners((16, 16, 32, 32), 4)  # 16 px: stride 8 learns it
    assert (grid == 0).sum() == 0
    assert (grid == IGNORED).any()
    assert (owners((16, 16, 32, 32), 8) == 0).any()
    assert (owners((4, 4, 60, 60), 4) == BACKGROUND).all()  # 56 px: stride 4 shall not see it


def test_cells_in_an_ignored_box_are_ignored() -> None:
    grid = owners((2, 2, 10, 10), 4, torch.tensor([[[32.0, 32, 64, 64]]]))
    assert (grid[8:, 8:] == IGNORED).all()
    assert (grid == 0).sum() == 1  # its middle is a cell's, whose neighbours lie on its edge


def test_a_cell_learns_the_nearer_of_two_faces() -> None:
    boxes = torch.tensor([[[16.0, 16, 24, 24], [22, 16, 30, 24], [torch.nan] * 4]])
    grid = assign(boxes, NONE, (16, 16), 4).reshape(16, 16)
    assert grid[4, 4] == 0
    assert grid[4, 6] == 1
    assert set(grid.unique().tolist()) == {BACKGROUND, 0, 1}


def test_a_picture_without_faces_is_background() -> None:
    assert (assign(NONE, NONE, (4, 6), 16) == BACKGROUND).all()

"""Which cell learns which face, and that what is learnt is what serving reads."""

import itertools

import numpy as np
import pytest
import torch

from detectors.network import Outputs
from detectors.tiny import _decode
from distill.detector.assign import BACKGROUND, BANDS, NOTHING, assign, middles
from distill.detector.losses import decoded, losses
from distill.detector.network import CHANNELS, STRIDES, FaceNet, Served
from distill.detector.score_calibration import shift

NONE = torch.full((1, 1, 4), torch.nan)


def owners(box: tuple[float, float, float, float], stride: int, ignore: torch.Tensor = NONE) -> torch.Tensor:
    """The owners of a 64-pixel picture's cells, as a grid."""
    side = 64 // stride
    return assign(torch.tensor([[box]]), ignore, (side, side), stride).reshape(side, side)


def test_bands_leave_no_gap() -> None:
    ends = [BANDS[stride] for stride in STRIDES]
    assert ends[0][0] == 0
    assert all(one[1] > two[0] for one, two in itertools.pairwise(ends))


def test_a_face_of_8_px_is_learnt_by_the_four_cells_round_its_middle() -> None:
    grid = owners((20, 20, 28, 28), 4)
    assert (grid == 0).nonzero().tolist() == [[5, 5], [5, 6], [6, 5], [6, 6]]
    assert (grid == BACKGROUND).sum() == 256 - 4


def test_a_face_smaller_than_a_cell_still_has_one() -> None:
    assert (owners((21, 21, 22, 22), 4) == 0).nonzero().tolist() == [[5, 5]]


def test_a_face_near_a_band_is_neither_right_nor_wrong_there() -> None:
    grid = owners((16, 16, 32, 32), 4)  # 16 px: stride 8 learns it
    assert (grid == 0).sum() == 0
    assert (grid == NOTHING).any()
    assert (owners((16, 16, 32, 32), 8) == 0).any()
    assert (owners((4, 4, 60, 60), 4) == BACKGROUND).all()  # 56 px: stride 4 shall not see it


def test_nothing_is_learnt_where_a_face_may_be() -> None:
    grid = owners((2, 2, 10, 10), 4, torch.tensor([[[32.0, 32, 64, 64]]]))
    assert (grid[8:, 8:] == NOTHING).all()
    assert (grid == 0).sum() == 1  # its middle is a cell's, whose neighbours lie on its edge


def test_of_two_faces_the_nearer_owns_a_cell() -> None:
    boxes = torch.tensor([[[16.0, 16, 24, 24], [22, 16, 30, 24], [torch.nan] * 4]])
    grid = assign(boxes, NONE, (16, 16), 4).reshape(16, 16)
    assert grid[4, 4] == 0
    assert grid[4, 6] == 1
    assert set(grid.unique().tolist()) == {BACKGROUND, 0, 1}


def test_a_picture_without_faces_is_background() -> None:
    assert (assign(NONE, NONE, (4, 6), 16) == BACKGROUND).all()


def test_training_reads_cells_as_serving_does() -> None:
    rng = np.random.default_rng(2)
    cells = torch.from_numpy(rng.normal(0, 1, (4 * 6, CHANNELS)).astype(np.float32))
    boxes, points = decoded(cells, middles(4, 6, 8), 8)
    arrays = {"score_8": cells[:, :1].numpy(), "box_8": cells[:, 1:5].numpy(), "points_8": cells[:, 5:].numpy()}
    served = _decode(Outputs(arrays, 32, 48, 1.0), 8, np.float32(-np.inf))
    np.testing.assert_allclose(served.boxes, boxes, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(np.asarray(served.landmarks), points, rtol=1e-5, atol=1e-4)


def test_a_perfect_answer_costs_nothing_but_a_little_doubt() -> None:
    box = torch.tensor([[[20.0, 20, 28, 28]]])
    points = torch.tensor([[[[22.0, 23], [26, 23], [24, 25], [22, 27], [26, 27]]]])
    levels = [torch.zeros(1, CHANNELS, 64 // stride, 64 // stride) for stride in STRIDES]
    for level in levels:
        level[:, 0] = -12
    owner = assign(box, NONE, (16, 16), 4).reshape(16, 16)
    centres = middles(16, 16, 4).reshape(16, 16, 2)
    for y, x in (owner == 0).nonzero().tolist():
        levels[0][0, 0, y, x] = 12
        levels[0][0, 1:3, y, x] = (torch.tensor([24.0, 24]) - centres[y, x]) / 4
        levels[0][0, 3:5, y, x] = np.log(2)
        levels[0][0, 5:, y, x] = ((points[0, 0] - centres[y, x]) / 4).reshape(-1)
    terms = losses(levels, box, points, NONE)
    assert terms["score"] == pytest.approx(0, abs=1e-3)
    assert terms["box"] == pytest.approx(0, abs=1e-4)
    assert terms["points"] == pytest.approx(0, abs=1e-4)
    levels[0][0, 1] += 0.5  # two pixels to the right: IoU 6/10, centres 2 px apart, hull 10 x 8
    moved = losses(levels, box, points, NONE)
    assert moved["box"] == pytest.approx(1 - 6 / 10 + 4 / (10**2 + 8**2), abs=1e-4)


def test_pictures_without_faces_still_have_a_loss() -> None:
    levels = [torch.zeros(1, CHANNELS, 4, 4, requires_grad=True) for _ in STRIDES]
    terms = losses(levels, NONE, torch.full((1, 1, 5, 2), torch.nan), NONE)
    torch.stack(list(terms.values())).sum().backward()
    assert terms["score"] > 0
    assert terms["box"] == terms["points"] == 0


def test_scores_are_moved_and_nothing_else() -> None:
    torch.manual_seed(0)
    net, picture = FaceNet((8, 8), 8, 8).eval(), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        for head in net.heads:
            torch.nn.init.normal_(head.weight)
        before = net(picture)
        shift(net, 1.5, -0.5)
        after = net(picture)
    for old, new in zip(before, after, strict=True):
        torch.testing.assert_close(new[:, 0], old[:, 0] * 1.5 - 0.5, rtol=1e-4, atol=1e-3)
        torch.testing.assert_close(new[:, 1:], old[:, 1:])


def test_cells_of_the_finest_stride_lie_where_they_say() -> None:
    """What stride 4 says is shuffled out of stride 8: a bright corner must move its own cell most."""
    torch.manual_seed(0)
    net = FaceNet((8, 8), 8, 8).eval()
    with torch.no_grad():
        for head in net.heads:
            torch.nn.init.normal_(head.weight)
    picture = torch.zeros(1, 3, 64, 96)
    changed = picture.clone()
    changed[0, :, 40:48, 64:72] = 1
    differences = [(one - two).abs().sum(1)[0] for one, two in zip(net(picture), net(changed), strict=True)]
    for stride, difference in zip(STRIDES, differences, strict=True):
        assert difference.shape == (64 // stride, 96 // stride)
        y, x = divmod(int(difference.argmax()), difference.shape[1])
        assert abs((y + 0.5) * stride - 44) <= 24
        assert abs((x + 0.5) * stride - 68) <= 24
    scores, boxes, points = Served(net)(picture)[:3]
    assert (scores.shape, boxes.shape, points.shape) == ((1, 384, 1), (1, 384, 4), (1, 384, 10))

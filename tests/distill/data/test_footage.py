"""Views of footage: sizes, misalignment, and a coder that loses what libx264 loses."""

import numpy as np
import pytest
import torch

from distill.config import DegradeSettings
from distill.data.codec import compress_h264
from distill.data.footage import BlockCoder, Footage, misalign
from distill.data.resample import shrink
from tests.synthetic.distill_world import painted

SETTINGS = DegradeSettings(from_px=8, to_px=24)


def faces(count: int) -> torch.Tensor:
    rng = np.random.default_rng(1)
    images = np.stack([painted(number, rng) for number in range(count)])
    return torch.from_numpy(np.ascontiguousarray(images[..., ::-1].transpose(0, 3, 1, 2)))


def test_views_resemble_their_faces_and_repeat_with_the_generator() -> None:
    sharp = faces(24)
    footage = Footage(16, 112, SETTINGS, seed=1, device="cpu", entries=64)
    views = footage(sharp, torch.Generator().manual_seed(1))
    assert views.shape == (24, 3, 16, 16)
    assert torch.equal(views, views.round())
    assert 0 <= views.min() <= views.max() <= 255
    assert torch.equal(views, footage(sharp, torch.Generator().manual_seed(1)))
    own = (views - sharp.float().mean((2, 3), keepdim=True)).square().mean()
    other = (views - sharp.float().mean((2, 3), keepdim=True).roll(1, 0)).square().mean()
    assert own < other


def test_misalignment_moves_grows_and_turns_the_face() -> None:
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    # 12 px above the middle
    dot = torch.exp(-((x - 31.5) ** 2 + (y - 19.5) ** 2) / 8)[None, None].expand(64, 3, -1, -1)

    def middle(error: list[float]) -> tuple[float, float]:
        light = misalign(
            dot, torch.tensor([error], dtype=torch.float32).expand(64, -1), torch.Generator().manual_seed(1)
        ).mean((0, 1))
        return float((light * x).sum() / light.sum()), float((light * y).sum() / light.sum())

    assert middle([0.125, 0.0, 0.0, 0.0]) == pytest.approx((39.5, 19.5), abs=0.3)  # right
    assert middle([0.0, 0.125, 0.0, 0.0]) == pytest.approx((31.5, 27.5), abs=0.3)  # down
    assert middle([0.0, 0.0, 0.4055, 0.0]) == pytest.approx((31.5, 13.5), abs=0.3)  # larger: farther out
    assert middle([0.0, 0.0, 0.0, 90.0]) == pytest.approx((43.5, 31.5), abs=0.3)  # clockwise: from above to the right


@pytest.mark.parametrize("quantiser", [22, 30])
def test_the_coder_loses_what_libx264_loses(quantiser: int) -> None:
    rng = np.random.default_rng(3)
    chips = shrink(np.stack([painted(number, rng) for number in range(16)]), 32)
    real = np.square(compress_h264(chips, quality=quantiser).astype(float) - chips).mean() ** 0.5
    images = torch.from_numpy(np.ascontiguousarray(chips[..., ::-1].transpose(0, 3, 1, 2))).float()
    coded = BlockCoder("cpu")(images, torch.full((16, 1, 1, 1), float(quantiser)))
    ours = float((coded - images).square().mean().sqrt())
    assert 0.5 < ours / real < 1.5

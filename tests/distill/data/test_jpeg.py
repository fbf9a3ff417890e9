"""JPEG's loss by cosine transforms against a real encoder."""

import numpy as np
import pytest
import torch

from distill.data.degrade import compress_jpeg
from distill.data.jpeg import JpegLoss
from tests.distill.data.test_degrade import face


@pytest.mark.parametrize("quality", [35, 60, 90])
def test_it_loses_what_a_real_encoder_loses(quality: int) -> None:
    rng = np.random.default_rng(quality)
    noise = [rng.normal(0, 12, (64, 64, 3)) for _ in range(6)]
    pictures = [np.clip(face(64, seed=k) + noise[k], 0, 255).astype(np.uint8) for k in range(6)]
    batch = torch.from_numpy(np.stack(pictures)[..., ::-1].transpose(0, 3, 1, 2).copy()).float()
    ours = JpegLoss(torch.device("cpu"))(batch, torch.full((6,), float(quality)))
    ours = ours.clamp(0, 255).numpy().transpose(0, 2, 3, 1)[..., ::-1]
    theirs = np.stack([compress_jpeg(picture, quality=quality) for picture in pictures])
    lost = np.abs(theirs.astype(float) - np.stack(pictures)).mean()
    assert np.abs(ours - np.stack(pictures)).mean() == pytest.approx(lost, rel=0.1)
    assert np.abs(ours - theirs).mean() < 0.25 * lost

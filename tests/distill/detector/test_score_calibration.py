"""Scaling logits by the weights of the last layer."""

import torch

from distill.detector.network import FaceNet
from distill.detector.score_calibration import scale_logits


def test_only_logits_are_scaled() -> None:
    torch.manual_seed(0)
    net, picture = FaceNet((8, 8), 8, 8).eval(), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        for head in net.heads:
            torch.nn.init.normal_(head.weight)
        before = net(picture)
        scale_logits(net, 1.5, -0.5)
        after = net(picture)
    for old, new in zip(before, after, strict=True):
        torch.testing.assert_close(new[:, 0], old[:, 0] * 1.5 - 0.5, rtol=1e-4, atol=1e-3)
        torch.testing.assert_close(new[:, 1:], old[:, 1:])

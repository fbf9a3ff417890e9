"""Where the cells of the network lie."""

import torch

from distill.detector.network import STRIDES, FaceNet, MapOutputs


def test_cells_lie_where_their_position_says() -> None:
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
    assert [tuple(one.shape) for one in MapOutputs(net)(picture)] == [(1, 60, 8, 12), (1, 15, 8, 12), (1, 15, 4, 6)]

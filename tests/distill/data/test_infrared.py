"""Grey and infrared looks."""

import torch

from distill.data.infrared import grey_some, infrared, infrared_some


def test_grey_has_the_brightness_of_the_colour() -> None:
    red = torch.zeros(2, 3, 16, 16)
    red[:, 0] = 100.0
    grey = grey_some(red, 1.0)
    assert torch.allclose(grey, torch.full_like(grey, 29.9))
    assert grey_some(red, 0.0) is red


def test_infrared_brightens_skin_and_has_no_colour() -> None:
    skin = torch.tensor([180.0, 120.0, 90.0])[None, :, None, None].expand(64, 3, 16, 16)
    view = infrared(skin, torch.Generator().manual_seed(1))
    assert torch.equal(view[:, 0], view[:, 2])
    assert view[:, :, 6:10, 6:10].mean() > 150  # its grey is 135
    assert 0 <= view.min() <= view.max() <= 255


def test_a_share_of_faces_is_changed() -> None:
    faces = torch.full((200, 3, 8, 8), 90.0)
    changed = (infrared_some(faces, 0.3, torch.Generator().manual_seed(2)) != faces).flatten(1).any(1)
    assert 30 <= int(changed.sum()) <= 95

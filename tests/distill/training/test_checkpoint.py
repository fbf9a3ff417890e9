"""Checkpoints."""

from pathlib import Path

import torch

from distill.config import Settings, read_settings
from distill.training.checkpoint import environment, load_checkpoint, save_checkpoint


def test_a_checkpoint_holds_settings_without_their_folders(tmp_path: Path, toy: Path) -> None:
    from distill.training.checkpoint import plain_settings

    settings = read_settings(toy / "toy.yaml", Settings)
    content = {"weights": torch.ones(2), "settings": plain_settings(settings), "environment": environment()}
    save_checkpoint(tmp_path / "a" / "checkpoint.pt", content)
    again = load_checkpoint(tmp_path / "a" / "checkpoint.pt")
    assert again is not None
    assert str(toy) not in str(again)
    assert again["settings"]["teachers"][0]["model"] == "teacher.onnx"
    assert again["environment"]["torch"]
    assert load_checkpoint(tmp_path / "none.pt") is None

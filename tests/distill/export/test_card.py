"""Model cards."""

from pathlib import Path

import pytest

from distill.config import Settings, read_settings
from distill.errors import DistillError
from distill.export.card import describe_data

SHIPPED = Path(__file__).parents[3] / "configs" / "distill.yaml"


def test_a_log_without_preparation_makes_no_card(tmp_path: Path) -> None:
    settings = read_settings(SHIPPED, Settings, [f"work={tmp_path}"])
    with pytest.raises(DistillError, match="expected a log of `python -m distill prepare`"):
        describe_data(settings)

"""A file of a newer format is refused before its keys are looked at."""

from typing import Any

import pytest

from configs.file_format import check_format
from configs.read import ConfigurationError


@pytest.mark.parametrize("raw", [{}, {"format": 1}, {"format": 2}])
def test_known_formats_are_read(raw: dict[str, Any]) -> None:
    check_format(raw, 2)


def test_a_newer_one_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match="format: expected 2 or less, got 3; update Glimpse: a newer one wrote"
    ):
        check_format({"format": 3}, 2)


@pytest.mark.parametrize("value", [0, -1, True, "2", 1.0, None, [1]])
def test_what_is_no_number_of_a_format_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError, match="format: expected a whole number from 1 to 2"):
        check_format({"format": value}, 2)

"""Names of unknown people are read as they are written."""

import pytest

from pipeline.history.groups.group_name import group_name, group_number


@pytest.mark.parametrize("number", [1, 17, 10**17])
def test_a_name_is_read_back(number: int) -> None:
    assert group_number(group_name(number)) == group_number(str(number)) == number


@pytest.mark.parametrize(
    "name", ["", "unknown-", "unknown-0", "unknown-017", "unknown--1", "Ada", "\u0661\u0667", "1" * 30]
)
def test_another_text_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected a name such as unknown-17"):
        group_number(name)

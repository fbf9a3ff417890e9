"""What a browser sends is read as it was meant, or named."""

import pytest
from starlette.exceptions import HTTPException

from pipeline.web.pages.forms import moment, number, text


def test_what_is_empty_or_missing_is_nothing() -> None:
    for query in ({}, {"a": ""}, {"a": "  "}):
        assert (text(query, "a"), number(query, "a"), moment(query, "a")) == (None, None, None)


def test_values() -> None:
    assert text({"a": " Ada "}, "a") == "Ada"
    assert number({"a": "1e3"}, "a") == 1000
    assert moment({"a": "2026-11-27T08:30"}, "a") == moment({"a": "2026-11-27T08:30:00"}, "a")
    assert (moment({"a": "2026-11-28"}, "a") or 0) - (moment({"a": "2026-11-27"}, "a") or 0) == 86_400


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-0.1", "1e7", "1,5", "0x10", "1" * 201])
def test_numbers_that_are_none_or_out_of_range(value: str) -> None:
    with pytest.raises(HTTPException, match="a: expected"):
        number({"a": value}, "a")


@pytest.mark.parametrize("value", ["soon", "2026-13-01", "2026-11-27T99:00", "9" * 100])
def test_moments_that_are_none(value: str) -> None:
    with pytest.raises(HTTPException, match="a: expected"):
        moment({"a": value}, "a")

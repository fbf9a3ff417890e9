"""Times and places in addresses: Unix seconds, ISO 8601, and after which row a page begins."""

import math

from pipeline.site.site_time import LARGEST_SECONDS, parse
from pipeline.web.api.problems import bad_request

LARGEST_ID = 2**63 - 1


def moment(text: str | None, name: str) -> float | None:
    """Unix seconds of a number or an ISO 8601 time; without an offset, by the clock of the site. Raises ApiError."""
    if text is None:
        return None
    try:
        found = _seconds(text, name)
    except (ValueError, OverflowError, OSError):
        found = math.nan
    if not abs(found) <= LARGEST_SECONDS:
        raise bad_request(f"{name}: expected Unix seconds or a time such as 2026-11-27T08:30:00Z")
    return found


def place(text: str | None, name: str = "after") -> tuple[float, int] | None:
    """Time and number of a row, written as TIME_NUMBER. Raises ApiError."""
    if text is None:
        return None
    seconds, _, number = text.partition("_")
    found = whole(number, name)
    return moment(seconds, name) or 0.0, found


def whole(text: str, name: str) -> int:
    """A number that a database can hold. Raises ApiError."""
    number = number_of(text)
    if number is None:
        raise bad_request(f"{name}: expected where a page begins, as `next` of the page before has it")
    return number


def number_of(text: str) -> int | None:
    """A number that a database can hold; None for anything else."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_ID
    return int(text) if is_number else None


def _seconds(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        return parse(text, name, is_end=name == "before")

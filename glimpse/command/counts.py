"""Refuses counts and spans on the command line that mean nothing, and says where a command found nothing."""

import math

from glimpse.command.new_command import FAILED
from pipeline.logs.open_log import announce
from recognizer.gallery.names import printable


def at_least(flag: str, value: float | None, least: int = 1) -> None:
    """Raise ValueError for a number of so many things that is below `least`, or is none. value: None if not given."""
    if value is not None and not least <= value < math.inf:
        raise ValueError(f"{flag}: expected {least} or more, got {value}")


def more_than_nothing(flag: str, value: float | None) -> None:
    """Raise ValueError for a span or an amount that is not more than 0. value: None if not given."""
    if value is not None and not 0 < value < math.inf:
        raise ValueError(f"{flag}: expected more than 0, got {value:g}")


def nothing_found(sentence: str) -> int:
    """Say on standard error, also beside --json, what was looked for and not found; returns exit code 1."""
    announce(printable(sentence))
    return FAILED

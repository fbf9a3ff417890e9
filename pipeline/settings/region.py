"""The region of a camera's picture that is searched, and how a person writes it."""

import re
from typing import Annotated

from msgspec import Meta

from configs.read import ConfigurationError
from pipeline.settings.section import Share

Roi = tuple[tuple[Share, Share], ...]
Polygon = Annotated[tuple[tuple[Share, Share], ...], Meta(min_length=3)]


def parse_roi(text: str) -> Roi:
    """Points of a region: `x1,y1,x2,y2` is a rectangle, `x1,y1,x2,y2,x3,y3,...` a polygon; fractions of the frame.

    Raises ConfigurationError, which names the text and what was expected.
    """
    try:
        numbers = [float(part) for part in text.replace(" ", ",").split(",") if part]
    except ValueError:
        numbers = []
    if len(numbers) < 4 or len(numbers) % 2 or not all(0 <= number <= 1 for number in numbers):
        shown = repr(text) if re.fullmatch(r"[\w .,+-]*", text) else f"of {len(text)} characters"  # it may be a URL
        raise ConfigurationError(
            f"--roi {shown}: expected x1,y1,x2,y2 or three points and more, each number from 0 to 1"
        )
    if len(numbers) == 4:
        x1, y1, x2, y2 = numbers
        return ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))

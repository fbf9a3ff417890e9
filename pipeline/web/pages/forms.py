"""Reads what a browser put into a form or an address. What cannot be meant is an error that names the field."""

import math
from collections.abc import Mapping

from starlette.exceptions import HTTPException

from pipeline.site.site_time import parse


def text(query: Mapping[str, str], name: str, *, longest: int = 200) -> str | None:
    """A text; None where it is empty or missing. Raises HTTPException 400."""
    value = query.get(name, "").strip()
    if len(value) > longest or "\0" in value:
        raise HTTPException(400, f"{name}: expected at most {longest} characters.")
    return value or None


def number(query: Mapping[str, str], name: str, *, least: float = 0.0, most: float = 1e6) -> float | None:
    """A number within its limits; None where it is empty or missing. Raises HTTPException 400."""
    value = text(query, name)
    if value is None:
        return None
    try:
        found = float(value)
    except ValueError:
        found = math.nan
    if not least <= found <= most:
        raise HTTPException(400, f"{name}: expected a number from {least:g} to {most:g}.")
    return found


def moment(query: Mapping[str, str], name: str) -> float | None:
    """Unix seconds of a day or a time of the site; None where it is empty or missing. Raises HTTPException 400."""
    value = text(query, name)
    if value is None:
        return None
    try:
        return parse(value, name, is_end=name == "before")
    except ValueError as error:
        raise HTTPException(400, f"{error}.") from None

"""Refuses values that JSON cannot carry, so that no event leaves the schema: numbers that are not finite, and text that
is not Unicode. msgspec would write the first as null and fail on the second after the event was counted."""

import math
from collections.abc import Mapping, Sequence

import msgspec


def require_plain(struct: msgspec.Struct) -> None:
    """Check every field of an event. Raises ValueError that names the field, the value and what was expected."""
    for name, value in zip(struct.__struct_fields__, msgspec.structs.astuple(struct), strict=True):
        if fault := _fault(value):
            raise ValueError(f"{type(struct).__name__}.{name}: {fault}")


_ALWAYS_PLAIN = {int, bool, bytes, type(None)}


def _fault(value: object) -> str:
    """What is wrong with a value or its first bad item; empty for nothing. Structs inside have checked themselves."""
    if type(value) in _ALWAYS_PLAIN:
        return ""
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"expected a finite number, got {value}"
    if isinstance(value, str):
        return "" if _is_unicode(value) else f"expected Unicode text, got {value!r}"
    if isinstance(value, msgspec.Struct):
        return ""
    if isinstance(value, Mapping):
        return next(filter(None, map(_fault, (*value, *value.values()))), "")
    return next(filter(None, map(_fault, value)), "") if isinstance(value, Sequence) else ""


def _is_unicode(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False

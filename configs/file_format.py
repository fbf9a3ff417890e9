"""The key `format` of a YAML file: which version of its format it has."""

from typing import Any

from configs.read import ConfigurationError


def check_format(raw: dict[str, Any], newest: int) -> None:
    """Refuse a file of a newer format before its keys are looked at: these may be others.

    raw: plain data of the file; one without the key is of format 1. Raises ConfigurationError, which names no file.
    """
    found = raw.get("format", 1)
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise ConfigurationError(f"format: expected a whole number from 1 to {newest}")
    if found > newest:
        raise ConfigurationError(
            f"format: expected {newest} or less, got {found}; update Glimpse: a newer one wrote this"
        )

"""The name by which people know an unknown person: `unknown-17`."""

import re

_NAME = re.compile(r"unknown-([1-9][0-9]{0,17})")


def group_name(number: int) -> str:
    """The name of the group of this number."""
    return f"unknown-{number}"


def group_number(name: str) -> int:
    """The number in `unknown-17`, or in `17`. Raises ValueError for anything else."""
    found = _NAME.fullmatch(name if name.startswith("unknown-") else f"unknown-{name}")
    if not found:
        raise ValueError(f"group {name!r}: expected a name such as unknown-17")
    return int(found[1])

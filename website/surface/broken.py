"""What a program that was written for the last minor version would miss."""

import re
from collections.abc import Collection, Iterator, Sequence

LINE = re.compile(r"(?P<name>[\w.]+)(?:\((?P<parameters>.*)\))?")


def find_broken(recorded: Sequence[str], now: Sequence[str], old_names: Collection[str]) -> Iterator[str]:
    """A sentence for each promise that does not hold any more. old_names: that still work, with a warning."""
    there = dict(_parsed(line) for line in now)
    for name, parameters in map(_parsed, recorded):
        if name.partition(".")[0] in old_names:
            continue
        if name not in there:
            yield f"{name}: gone; keep it for one minor version (glimpse/deprecations.py)"
        elif fault := _fault(parameters, there[name]):
            yield f"{name}: {fault}"


def _fault(before: list[str], after: list[str]) -> str:
    """before, after: parameters as surface() writes them."""
    if gone := {_bare(each) for each in before} - {_bare(each) for each in after} - {"*"}:
        return f"no parameter {min(gone)} any more"
    if needed := [each for each in after if not _optional(each) and each not in before]:
        return f"needs {needed[0]} now"
    positional = [_bare(each) for each in _positional(before)]
    if positional != [_bare(each) for each in _positional(after)][: len(positional)]:
        return "its parameters are in another order"
    return ""


def _parsed(line: str) -> tuple[str, list[str]]:
    match = LINE.fullmatch(line)
    assert match is not None, line
    return match["name"], [each for each in (match["parameters"] or "").split(", ") if each]


def _positional(parameters: list[str]) -> list[str]:
    names = [each.startswith("*") for each in parameters]
    return parameters[: names.index(True)] if True in names else parameters


def _optional(parameter: str) -> bool:
    return parameter.endswith("=") or parameter.startswith("*")


def _bare(parameter: str) -> str:
    return parameter.removesuffix("=")

"""Which packages an installation takes, and what brings each: the program itself, one of its extras, or a lock file."""

import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from install.index import read_lock, release_needs

ROOT = Path(__file__).parents[1]
SERVING = "serving"
LOCKED = "locked"
OWN = "glimpse-faces"
Needs = list[str]
OwnExtra = Callable[[str], list[str]]  # the requirements of one of our own extras


def read_needs(root: Path = ROOT) -> dict[str, Needs]:
    """What brings each package, by its canonical name."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs: dict[str, Needs] = {}
    for group, wanted in _groups(project):
        for name in closure(wanted, partial(_extra_needs, project)):
            needs.setdefault(name, []).append(group)
    for pin in (pin for path in (root / "requirements").glob("*.txt") for pin in read_lock(path)):
        needs.setdefault(canonicalize_name(pin.name), [LOCKED])
    return needs


def closure(wanted: Iterable[str], own_extra: OwnExtra) -> set[str]:
    """Names of all packages that these requirements need on this machine."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [text for text in wanted if _holds(text, "")]
    while waiting:
        text = waiting.pop()
        if text in seen:
            continue
        seen.add(text)
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if name != OWN:
            found.add(name)
        waiting += _next(requirement, name, own_extra)
    return found


def _next(requirement: Requirement, name: str, own_extra: OwnExtra) -> Iterator[str]:
    """The requirements of one package that hold on this machine, with the extras that are asked for."""
    for extra in requirement.extras or {""}:
        needs = own_extra(extra) if name == OWN else requirements_of(name)
        yield from (text for text in needs if _holds(text, extra))


def requirements_of(name: str) -> list[str]:
    """The requirements in a package's metadata; those of its newest release where it is not installed."""
    try:
        return distribution(name).requires or []
    except PackageNotFoundError:
        return release_needs(name)


def _holds(text: str, extra: str) -> bool:
    marker = Requirement(text).marker
    return marker is None or any(marker.evaluate({"extra": each}) for each in {"", extra})


def _groups(project: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    yield SERVING, project["dependencies"]
    yield from project["optional-dependencies"].items()


def _extra_needs(project: dict[str, Any], extra: str) -> list[str]:
    needs: list[str] = project["optional-dependencies"].get(extra, [])
    return needs

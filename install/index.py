"""What the package index says of a release: its files and their sizes (https://docs.pypi.org/api/json/)."""

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

INDEX = "https://pypi.org/pypi"
TIMEOUT_SECONDS = 30
_PIN = re.compile(r"^([A-Za-z0-9_.\[\]-]+)==([^ ;\\]+)(?: *; *([^\\]+?))? *\\?$")


@dataclass(frozen=True, slots=True)
class Pin:
    """One locked package. marker: the environments that take it, empty for all."""

    name: str
    version: str
    marker: str


@dataclass(frozen=True, slots=True)
class File:
    """A file of a release. size: bytes."""

    name: str
    size: int


def read_lock(path: Path) -> Iterator[Pin]:
    """The packages of a file that install/lock.sh wrote."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := _PIN.match(line):
            yield Pin(found[1], found[2], found[3] or "")


def release_files(pin: Pin) -> list[File]:
    """The files of one release. Raises OSError where the index does not answer, KeyError for an unknown release."""
    return [File(entry["filename"], entry["size"]) for entry in _releases(pin.name)[pin.version]]


def newest_release(name: str) -> dict[str, Any]:
    """What the index says of the newest release: `info`. Raises OSError where the index does not answer."""
    info: dict[str, Any] = _project(name)["info"]
    return info


def release_needs(name: str) -> list[str]:
    """The requirements of the newest release. Raises OSError where the index does not answer."""
    return newest_release(name).get("requires_dist") or []


def _releases(name: str) -> Any:
    return _project(name)["releases"]


@cache
def _project(name: str) -> Any:
    with urllib.request.urlopen(f"{INDEX}/{name}/json", timeout=TIMEOUT_SECONDS) as answer:
        return json.load(answer)

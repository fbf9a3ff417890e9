"""The manifest of a bundle: what is in it, and which configuration it belongs to."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from distill.bundle.parts import Part
from distill.errors import DistillError
from distill.work_folder import WorkFolder

MANIFEST = "bundle.json"
# Settings of a student that may differ between a bundle and the configuration that collects: they say how long and how
# fast to train, not what.
FREE_SETTINGS = frozenset(
    (
        "samples",
        "warmup_samples",
        "batch",
        "workers",
        "precision",
        "eval_every",
        "checkpoint_seconds",
        "max_parameters",
        "history",
    )
)


class Manifest(msgspec.Struct, frozen=True):
    """What a bundle holds. head: SHA-256 of the adaptation head. teachers: as in the work folder's teachers.json."""

    students: list[str]
    head: str
    teachers: list[Any]
    faces: int
    parts: list[Part]


def read_manifest(folder: Path) -> Manifest:
    """Read `bundle.json`. Raises DistillError if there is none or it is damaged."""
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise DistillError(f"{path}: expected the manifest of a bundle, found none") from None
    except msgspec.MsgspecError as error:
        raise DistillError(f"{path}: expected the manifest of a bundle: {error}") from None


def head_hash(work: WorkFolder) -> str:
    """SHA-256 of the adaptation head of a work folder. Raises DistillError if it has none."""
    if not work.head.is_file():
        raise DistillError(f"{work.head}: expected an adaptation head; run `python -m distill adapt` first")
    return hashlib.sha256(work.head.read_bytes()).hexdigest()


def find_difference(wanted: dict[str, Any], found: dict[str, Any]) -> str:
    """Name the first setting of a student that matters and differs, with both values; empty if there is none."""
    for key in sorted(wanted.keys() | found.keys()):
        if key not in FREE_SETTINGS and key in wanted and key in found and wanted[key] != found[key]:
            return f"{key}: expected {wanted[key]!r}, got {found[key]!r}"
    return ""

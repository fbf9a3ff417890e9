"""A folder with all that serving needs of a family with a fitted student: files, cohort, calibration and card.

The family gets a lineage of its own, so galleries, templates and calibrations of the shipped one are refused with it.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import yaml

from distill.data.store import write_atomic
from distill.errors import DistillError
from distill.export.onnx_file import set_metadata
from recognizer.base import Recognizer
from recognizer.calibration import Calibration
from recognizer.family import RecognizerFamily
from recognizer.load import CALIBRATION, COHORT, FAMILIES, family_files, family_name
from recognizer.normalisation import Cohort
from recognizer.onnx import read_chip_spec
from recognizer.spec import ChipSpec

CARD = "README.md"
MARK = "-site-"  # in the names of spaces of fitted families


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a family, with the spec that the family uses it with."""

    path: Path
    spec: ChipSpec


def find_members(recognizer: Recognizer, model: str) -> list[Member]:
    """The files of an open recogniser, in order of chip size."""
    if model in FAMILIES:
        files = family_files(family_name(model))
    else:
        files = sorted(Path(model).glob("*.onnx")) if Path(model).is_dir() else [Path(model)]
    by_size = {read_chip_spec(path).size: path for path in files}
    specs = recognizer.specs if isinstance(recognizer, RecognizerFamily) else [recognizer.spec_for(1)]
    return sorted((Member(by_size[spec.size], spec) for spec in specs), key=lambda member: member.spec.size)


def write_members(folder: Path, members: list[Member], fitted: Mapping[int, bytes], space: str) -> None:
    """Write the files of a family into a new folder. fitted: the students that were fitted, by chip size.

    space: name of the family's embedding space before.
    """
    digest = hashlib.sha256(b"".join(fitted[size] for size in sorted(fitted))).hexdigest()[:8]
    lineage = f"{space.partition(MARK)[0]}{MARK}{digest}"
    make_private(folder)
    for member in members:
        data = fitted.get(member.spec.size) or member.path.read_bytes()
        spec = msgspec.structs.replace(member.spec, lineage=lineage, model_id=f"{lineage}-{member.spec.size}")
        named = set_metadata(data, "chip_spec", msgspec.json.encode(spec).decode())
        write_atomic(folder / f"student_{member.spec.size}.onnx", named)


def write_scoring(folder: Path, calibration: Calibration, cohort: Cohort | None, card: str) -> None:
    """Write what belongs to the files: calibration, cohort and card."""
    body = yaml.safe_dump({"calibration": msgspec.to_builtins(calibration)}, sort_keys=False, default_flow_style=None)
    write_atomic(folder / CALIBRATION, body.encode())
    write_atomic(folder / CARD, card.encode())
    if cohort is not None:
        Cohort(cohort.vectors, weights=calibration.weights, share=cohort.share).save(folder / COHORT)


def make_private(folder: Path) -> None:
    """Make a folder that its owner alone may read. Raises DistillError for one that is there."""
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise DistillError(f"{folder}: expected a folder that does not exist yet") from None


def install(partial: Path, folder: Path) -> None:
    """Put a complete folder in its place: it is there as a whole or not at all."""
    os.rename(partial, folder)


def discard(folder: Path) -> None:
    """Delete a folder, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)

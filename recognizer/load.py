"""Opens the recogniser that a configuration names: a family that ships with Glimpse, an ONNX file, or a folder of them.

`tiny`, `base` and `large` are the student files in recognizer/weights. `embedded` is the default family. A folder is
the family of the ONNX files in it, with its own calibration and cohort (`python -m distill site` writes one).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path

import msgspec

from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.calibration import Calibration, load_calibration, uncalibrated
from recognizer.family import RecognizerFamily, hash_weights
from recognizer.normalisation import Cohort, load_cohort
from recognizer.onnx import OnnxRecognizer, read_chip_spec
from recognizer.spec import ChipSpec

__all__ = [
    "Scoring",
    "family_files",
    "family_name",
    "load_recognizer",
    "open_calibration",
    "open_scoring",
    "shipped_calibration",
    "shipped_cohort",
]

EMBEDDED, TINY, BASE, LARGE = "embedded", "tiny", "base", "large"
FAMILIES = (EMBEDDED, TINY, BASE, LARGE)
LARGE_FROM_PX = 56.0  # face height from which the large student reads a face
WEIGHTS = Path(__file__).parent / "weights"
CALIBRATION, COHORT = "calibration.yaml", "cohort.npz"  # in a folder of students
_LETTERS = {TINY: "s", BASE: "b", LARGE: "l"}  # glimpse_s16.onnx is a student of tiny
_FLOAT = "_fp32"  # ends the name of the float version of a student


def load_recognizer(model: str | Path, *, spec: ChipSpec | None = None, runtime: Runtime) -> Recognizer:
    """Open a family by its name, an ONNX file, or a folder of them. spec: replaces the `chip_spec` of a file.

    Raises FileNotFoundError for a missing file or family, ValueError for a file without a chip_spec, and for a spec
    that is given for a folder.
    """
    if str(model) in FAMILIES:
        return _load_family(family_name(str(model)), runtime)
    path = Path(model)
    if path.is_dir():
        return _load_folder(path, spec, runtime)
    if not path.is_file():
        raise FileNotFoundError(f"recognizer.model: no such file: {path}")
    return OnnxRecognizer(path, spec or read_chip_spec(path), runtime)


def family_name(model: str) -> str:
    """`tiny`, `base` or `large` for these and for `embedded`, the best of them whose files ship; empty otherwise."""
    if model == EMBEDDED:
        return next((name for name in (LARGE, BASE) if _students(name, WEIGHTS)), TINY)
    return model if model in FAMILIES else ""


def family_files(name: str) -> list[Path]:
    """The ONNX files of `tiny`, `base` or `large`. Raises FileNotFoundError where one is missing."""
    parts = (BASE, LARGE) if name == LARGE else (name,)
    files = [_students(part, WEIGHTS) for part in parts]
    for part, found in zip(parts, files, strict=True):
        if not found:
            raise FileNotFoundError(
                f"recognizer.model: the family {name!r} needs glimpse_{_LETTERS[part]}*.onnx in {WEIGHTS}, and none"
                " ships; give embedded, or an ONNX file"
            )
    return [path for found in files for path in found]


def open_calibration(recognizer: Recognizer, *, model: str, file: str | Path = "") -> Calibration:
    """The calibration in `file`; without one, that which ships with the family `model`; otherwise cautious thresholds.

    Raises FileNotFoundError, and ValueError for a malformed file or the calibration of other weights.
    """
    path = file or shipped_calibration(model)
    if not path:
        return uncalibrated(recognizer.model_id)
    path = normpath(path)
    return load_calibration(path, recognizer.model_id, weights=recognizer.weights, otherwise=_otherwise(model, file))


@dataclass(frozen=True, slots=True)
class Scoring:
    """How scores become decisions: the calibration, and the cohort that the scores it speaks of are normalised by."""

    calibration: Calibration
    cohort: Cohort | None


def open_scoring(recognizer: Recognizer, *, model: str, file: str | Path = "") -> Scoring:
    """The calibration that `open_calibration` gives, and its cohort.

    Raises what `open_calibration` raises, and ValueError where the cohort is missing or another one.
    """
    calibration = open_calibration(recognizer, model=model, file=file)
    if not calibration.cohort:
        return Scoring(calibration, None)
    cohort = shipped_cohort(recognizer, model=model)
    if cohort is None or cohort.digest != calibration.cohort:
        path, otherwise = normpath(file or shipped_calibration(model)), _otherwise(model, file)
        raise ValueError(
            f"calibration {path} was measured with another cohort than that of {model}; make one with"
            f" glimpse calibrate{otherwise}"
        )
    return Scoring(calibration, cohort)


def shipped_cohort(recognizer: Recognizer, *, model: str) -> Cohort | None:
    """The cohort that ships with a family or lies in a folder of students; None for any other model.

    Raises ValueError for one of other weights.
    """
    path = _beside(model, COHORT)
    if path is None:
        return None
    cohort = load_cohort(path)
    if cohort.weights != recognizer.weights:
        raise ValueError(
            f"cohort {path} was made with other weights than {recognizer.weights}, those of {model}; make one with"
            f" python -m recognizer.cohort --recognizer {family_name(model) or model} --data FACES --out {path}"
        )
    return cohort


def shipped_calibration(model: str) -> str:
    """The calibration file of a family, or in a folder of students; empty for any other model, and where none is."""
    return str(_beside(model, CALIBRATION) or "")


def _otherwise(model: str, file: str | Path) -> str:
    """What else than a new calibration helps: nothing where `file` is not given, or nothing would stand for it."""
    if not file or not shipped_calibration(model):
        return ""
    origin = "that ships" if family_name(model) else f"in {normpath(model)}"
    return f", or leave recognizer.calibration out to take the one {origin}"


def _beside(model: str, own: str) -> Path | None:
    """A file of a family among the weights, or of that name in a folder of students; None where there is none."""
    name, (stem, _, suffix) = family_name(model), own.partition(".")
    path = WEIGHTS / f"{stem}_{name}.{suffix}" if name else Path(model) / own
    return path if model and path.is_file() else None


def _load_family(name: str, runtime: Runtime) -> Recognizer:
    members = [(path, read_chip_spec(path)) for path in family_files(name)]
    members.sort(key=lambda member: member[1].size)
    if name == LARGE:
        members[:-1] = [(path, _limited(spec)) for path, spec in members[:-1]]
    return _join(members, runtime)


def _load_folder(folder: Path, spec: ChipSpec | None, runtime: Runtime) -> Recognizer:
    if spec is not None:
        raise ValueError(f"recognizer.chip_spec: expected none for a folder of students, whose files say it: {folder}")
    files = sorted(folder.glob("*.onnx"))
    if not files:
        raise FileNotFoundError(f"recognizer.model: expected ONNX files in {folder}, found none")
    members = [(path, read_chip_spec(path)) for path in files]
    return _join(sorted(members, key=lambda member: member[1].size), runtime)


def _join(members: Sequence[tuple[Path, ChipSpec]], runtime: Runtime) -> Recognizer:
    """One recogniser of these files, in order of chip size."""
    students = [OnnxRecognizer(path, spec, runtime) for path, spec in members]
    if len(students) == 1:
        return students[0]
    return RecognizerFamily(students, weights=hash_weights(path for path, _ in members))


def _limited(spec: ChipSpec) -> ChipSpec:
    """The spec of a member that leaves larger faces to the large student."""
    return msgspec.structs.replace(spec, max_face_px=min(spec.largest_face_px, LARGE_FROM_PX))


def _students(name: str, folder: Path) -> list[Path]:
    """The student files of one family: float copies left out."""
    files = sorted(folder.glob(f"glimpse_{_LETTERS[name]}[0-9]*.onnx"))
    return [path for path in files if not path.stem.endswith(_FLOAT)]

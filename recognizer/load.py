"""From the words of the configuration to a recogniser: a file, or the students that come with Glimpse.

The surprising decision: `embedded` is whatever students lie beside this file, not a list of names. One student alone
serves as it is; of several, each face goes to the one of its size.
"""

from pathlib import Path

from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.family import RecognizerFamily
from recognizer.onnx import OnnxRecognizer, read_chip_spec
from recognizer.spec import ChipSpec

EMBEDDED = "embedded"  # the recogniser that comes with Glimpse
WEIGHTS = Path(__file__).parent / "weights"
CALIBRATION = WEIGHTS / "calibration.yaml"
_FLOAT = "_fp32"  # ends the name of a student that was kept beside its int8 version


def load_recognizer(model: str | Path, *, spec: ChipSpec | None = None, runtime: Runtime) -> Recognizer:
    """Open `embedded`, or an ONNX file; `spec` overrules a file's own `chip_spec` metadata.

    Raises FileNotFoundError where there is no such file, ValueError where nothing tells how its chips are cut.
    """
    if str(model) != EMBEDDED:
        path = Path(model)
        if not path.is_file():
            raise FileNotFoundError(f"recognizer.model: no such file: {path}")
        return OnnxRecognizer(path, spec or read_chip_spec(path), runtime)
    students = [OnnxRecognizer(path, read_chip_spec(path), runtime) for path in students_in(WEIGHTS)]
    return students[0] if len(students) == 1 else RecognizerFamily(students)


def shipped_calibration(model: str) -> str:
    """The error rates that come with `embedded`; empty for any other model, whose user brings its own."""
    return str(CALIBRATION) if model == EMBEDDED and CALIBRATION.is_file() else ""


def students_in(folder: Path) -> list[Path]:
    """The student files to serve, one of each size. Raises FileNotFoundError where there is none."""
    files = [path for path in sorted(folder.glob("glimpse_s*.onnx")) if not path.stem.endswith(_FLOAT)]
    if not files:
        raise FileNotFoundError(f"recognizer.model: no glimpse_s*.onnx in {folder}")
    return files

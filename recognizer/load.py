"""Opens the recogniser that a configuration names: an ONNX file, or `embedded`.

`embedded` is the student files in recognizer/weights; several of them form a family.
"""

from pathlib import Path

from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.family import RecognizerFamily
from recognizer.onnx import OnnxRecognizer, read_chip_spec
from recognizer.spec import ChipSpec

EMBEDDED = "embedded"
WEIGHTS = Path(__file__).parent / "weights"
CALIBRATION = WEIGHTS / "calibration.yaml"
_FLOAT = "_fp32"  # ends the name of the float version of a student


def load_recognizer(model: str | Path, *, spec: ChipSpec | None = None, runtime: Runtime) -> Recognizer:
    """Open `embedded` or an ONNX file. spec: replaces the `chip_spec` in the file's metadata.

    Raises FileNotFoundError for a missing file, ValueError for a file without a chip_spec.
    """
    if str(model) != EMBEDDED:
        path = Path(model)
        if not path.is_file():
            raise FileNotFoundError(f"recognizer.model: no such file: {path}")
        return OnnxRecognizer(path, spec or read_chip_spec(path), runtime)
    students = [OnnxRecognizer(path, read_chip_spec(path), runtime) for path in students_in(WEIGHTS)]
    return students[0] if len(students) == 1 else RecognizerFamily(students)


def shipped_calibration(model: str) -> str:
    """The calibration file of `embedded`; empty for any other model."""
    return str(CALIBRATION) if model == EMBEDDED and CALIBRATION.is_file() else ""


def students_in(folder: Path) -> list[Path]:
    """The student files in a folder, one per size. Raises FileNotFoundError where there is none."""
    files = [path for path in sorted(folder.glob("glimpse_s*.onnx")) if not path.stem.endswith(_FLOAT)]
    if not files:
        raise FileNotFoundError(f"recognizer.model: no glimpse_s*.onnx in {folder}")
    return files

"""InsightFace's model packs (`pack:buffalo_s`): found on disk, or downloaded by the insightface package.

Only the download needs insightface: the detection model in a pack is SCRFD and runs with detectors/scrfd.py. The terms
are shown before the download.
"""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import onnxruntime as ort

from detectors.runtime import Runtime, open_session
from detectors.scrfd import is_scrfd

TERMS = (
    "The models in InsightFace's packs are for non-commercial research only, however they are downloaded\n"
    "(https://github.com/deepinsight/insightface#license). Commercial use needs a licence from InsightFace.\n"
)
PREFIX = "pack:"
_HOME = Path("~/.insightface")


def detection_model(pack: str, *, home: Path = _HOME) -> Path:
    """The SCRFD file of a pack: a folder, or a name, fetched into `home`/models on first use by insightface.

    Raises FileNotFoundError when it is not there and cannot be fetched, ValueError for a folder without an SCRFD model.
    """
    return _only(_folder(pack, home), _looks_like_scrfd, "an SCRFD face detector")


def recognition_model(pack: str, *, home: Path = _HOME) -> Path:
    """The ArcFace recogniser of a pack, which takes RGB chips of 112 pixels, (x - 127.5) / 127.5. Raises as above."""
    return _only(_folder(pack, home), _looks_like_arcface, "a recogniser of 112-pixel chips")


def _folder(pack: str, home: Path) -> Path:
    if not pack:
        raise ValueError("pack: expected pack:NAME or pack:/folder, got nothing after the colon")
    folder = Path(pack).expanduser()
    if folder.is_dir():
        return folder
    if folder.name != pack:
        raise FileNotFoundError(f"{pack}: no such folder of a model pack")
    return _named(pack, home.expanduser())


def _named(pack: str, home: Path) -> Path:
    folder = home / "models" / pack
    return folder if folder.is_dir() else _download(pack, home)


def _download(pack: str, home: Path) -> Path:
    try:
        from insightface.utils.storage import ensure_available
    except ImportError as error:
        raise FileNotFoundError(
            f"pack:{pack} is not in {home / 'models'}, and insightface, which would download it, cannot be imported "
            f"({error}); install it: pip install insightface"
        ) from error
    sys.stderr.write(f"Downloading InsightFace's model pack {pack}.\n{TERMS}")
    try:
        with redirect_stdout(sys.stderr):  # it prints, and our standard output may be events
            return Path(ensure_available("models", pack, root=str(home)))
    except Exception as error:  # it lets everything through: requests', zipfile's and its own RuntimeError
        raise FileNotFoundError(
            f"pack:{pack} could not be downloaded ({type(error).__name__}: {error}); "
            f"unpack it by hand into {home / 'models' / pack} or give pack:/folder"
        ) from error


def _only(folder: Path, wanted: Callable[[Path], bool], kind: str) -> Path:
    """The first such model below a folder (packs unzip into a folder of their own name or not)."""
    files = sorted(folder.rglob("*.onnx"))
    if not files:
        raise ValueError(f"{folder}: expected a model pack, found no .onnx file")
    found = [file for file in files if wanted(file)]
    if not found:
        names = ", ".join(file.name for file in files)
        raise ValueError(f"{folder}: expected {kind} among the pack's models, found {names}")
    return found[0]


def _looks_like_scrfd(file: Path) -> bool:
    try:
        session: ort.InferenceSession = open_session(file, Runtime())
    except ValueError:
        return False
    takes_floats = session.get_inputs()[0].type == "tensor(float)"
    return takes_floats and is_scrfd({output.name: output.shape for output in session.get_outputs()})


def _looks_like_arcface(file: Path) -> bool:
    try:
        session: ort.InferenceSession = open_session(file, Runtime())
    except ValueError:
        return False
    (given, *more), outputs = session.get_inputs(), session.get_outputs()
    alone = not more and len(outputs) == 1 and len(outputs[0].shape) == 2
    return alone and list(given.shape[1:]) == [3, 112, 112]  # what gives ages and poses takes other sizes

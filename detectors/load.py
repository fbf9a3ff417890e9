"""Opens the configured detector; its format is recognised from the model's outputs."""

from pathlib import Path

from detectors.base import FaceDetector
from detectors.pack import PREFIX, detection_model
from detectors.pyramid import PyramidDetector
from detectors.refine import REGRESSOR_FILE, LandmarkRegressor, RefinedDetector
from detectors.resize import ResizedDetector
from detectors.runtime import Runtime, open_session
from detectors.scrfd import ScrfdDetector, is_scrfd
from detectors.tiling import TiledDetector
from detectors.tiny import MAX_FACE_PX, METADATA, TinyDetector, read_tiny_spec
from detectors.yunet import OUTPUTS, YuNetDetector

__all__ = ["load_detector", "model_file"]

EMBEDDED = "embedded"  # the detector that comes with Glimpse
WEIGHTS = Path(__file__).parent / "weights" / "glimpse_face.onnx"


def load_detector(
    model: str,
    *,
    runtime: Runtime,
    score: float = 0.25,
    long_side: int = 0,
    tile: int = 0,
    every_size: bool = False,
    refine: bool = True,
) -> FaceDetector:
    """Open a detector: `embedded`, an ONNX file in a known format, `pack:NAME` or `pack:/folder` (InsightFace).

    score: weakest box to keep.  long_side: resize pictures first so that their longer side has this many pixels, then
    tile: search windows of this many pixels; 0 leaves either out.  every_size: let a detector for small faces find
    large ones too, in smaller copies of the picture; the other formats find them anyway.  refine: let `embedded` ask
    the landmark regressor where the landmarks of small faces are.

    Raises FileNotFoundError for a model that is not there, ValueError for one of another format or for bad settings.
    """
    if not 0 < score <= 1:
        raise ValueError(f"score: expected above 0 and at most 1, got {score}")
    detector = _of_format(model_file(model), runtime, score)
    if every_size and isinstance(detector, TinyDetector):
        detector = PyramidDetector(detector, MAX_FACE_PX)
    if tile:
        detector = TiledDetector(detector, tile)
    if long_side:
        detector = ResizedDetector(detector, long_side)
    if refine and model == EMBEDDED:
        detector = RefinedDetector(detector, LandmarkRegressor(REGRESSOR_FILE, runtime))
    return detector


def model_file(model: str) -> Path:
    """Path of the file of a configured detector; it need not exist."""
    if model == EMBEDDED:
        return WEIGHTS
    return detection_model(model.removeprefix(PREFIX)) if model.startswith(PREFIX) else Path(model).expanduser()


def _of_format(path: Path, runtime: Runtime, score: float) -> FaceDetector:
    session = open_session(path, runtime)
    if (spec := read_tiny_spec(session.get_modelmeta().custom_metadata_map)) is not None:
        return TinyDetector(path, spec, runtime=runtime, score=score)
    shapes = {output.name: output.shape for output in session.get_outputs()}
    if OUTPUTS.issubset(shapes):
        return YuNetDetector(path, runtime=runtime, score=score)
    if is_scrfd(shapes):
        return ScrfdDetector(path, runtime=runtime, score=score)
    raise ValueError(
        f"{path}: not a face detector known here; it has outputs {shapes}, no metadata {METADATA!r}; expected YuNet's "
        "(cls_8, obj_8, bbox_8, kps_8 and the same for 16 and 32) or SCRFD's (three each of 1, 4, maybe 10 channels)"
    )

"""The models and limits of enrolment, as flags of `glimpse enroll` and `glimpse people reembed`."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Group, Parameter

from configs.read import load_yaml
from detectors.load import EMBEDDED as EMBEDDED_DETECTOR
from detectors.load import load_detector
from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.gallery.enroll import (
    BLUR_PX,
    EMBEDDED_MAX_BLUR,
    EMBEDDED_MIN_MIRROR,
    EMBEDDED_MIN_SCORE,
    MAX_BLUR,
    MIN_SCORE,
    MIN_SHARPNESS,
    Enroller,
    usual_limits,
)
from recognizer.load import EMBEDDED as EMBEDDED_RECOGNIZER
from recognizer.load import FAMILIES, load_recognizer, open_scoring
from recognizer.onnx import load_chip_spec
from recognizer.spec import ChipSpec

MODELS, LIMITS = Group("Models", sort_key=1), Group("Limits of a picture", sort_key=2)


def _refuse_infinite(_: type, value: object) -> None:
    """`nan` would let every face pass a limit, or none."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"expected a finite number, got {value}")


def _limit(text: str) -> Parameter:
    return Parameter(group=LIMITS, help=text, validator=_refuse_infinite)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RecognizerFlags:
    """What reads the faces. config: a pipeline's configuration, which supplies what the flags leave out."""

    recognizer: Annotated[str, Parameter(group=MODELS, help="tiny, base, large, or an ONNX file (embedded)")] = ""
    chip_spec: Annotated[
        str, Parameter(group=MODELS, help="YAML profile of the recogniser with chip_spec and optional calibration")
    ] = ""
    config: Annotated[
        Path | None, Parameter(group=MODELS, help="pipeline configuration that supplies the models not set by a flag")
    ] = None
    threads: Annotated[int, Parameter(group=MODELS, help="CPU threads per model")] = 1

    @property
    def model(self) -> str:
        """The recogniser as a configuration names it."""
        return str(self.recognizer or self._section("recognizer").get("model") or EMBEDDED_RECOGNIZER)

    @property
    def profile(self) -> str:
        """The YAML file that says how chips are cut; empty for none."""
        return str(self.chip_spec or self._section("recognizer").get("profile") or "")

    @property
    def runtime(self) -> Runtime:
        return Runtime(threads=self.threads)

    def open(self) -> Recognizer:
        """Open the recogniser. Raises FileNotFoundError and ValueError for a model that cannot be used."""
        spec = load_chip_spec(self.profile) if self.profile else _inline_spec(self._section("recognizer"))
        return load_recognizer(self.model, spec=spec, runtime=self.runtime)

    def _section(self, name: str) -> dict[str, object]:
        """A section of the configuration with its paths resolved; empty without a configuration."""
        if self.config is None:
            return {}
        section = load_yaml(self.config).get(name) or {}
        return _resolve_paths(section, self.config.parent)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ModelFlags(RecognizerFlags):
    """What finds and reads the faces, and what decides when two are alike."""

    detector: Annotated[str, Parameter(group=MODELS, help="ONNX file or pack:NAME (embedded)")] = ""
    calibration: Annotated[
        Path | None,
        Parameter(group=MODELS, help="output of glimpse calibrate; sets when two people count as alike"),
    ] = None

    @property
    def detector_model(self) -> str:
        """The detector as a configuration names it."""
        return str(self.detector or self._section("detector").get("model") or EMBEDDED_DETECTOR)

    @property
    def calibration_file(self) -> str:
        """The calibration of the flags, of the configuration, or of the profile; empty for that which ships."""
        section = self._section("recognizer")
        profile = self.profile if self.profile and "calibration" in load_yaml(Path(self.profile)) else ""
        return str(self.calibration or section.get("calibration") or profile)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class LimitFlags:
    """What a picture must meet; None: what suits the models."""

    min_face_px: Annotated[float, _limit("smallest face height to enrol, in pixels")] = 24.0
    min_sharpness: Annotated[float, _limit("lowest contrast in the finest detail")] = MIN_SHARPNESS
    min_score: Annotated[
        float | None,
        _limit(f"lowest detector score of a face (embedded detector: {EMBEDDED_MIN_SCORE}, others: {MIN_SCORE})"),
    ] = None
    max_blur: Annotated[
        float | None,
        _limit(
            f"highest cosine of a face with its copy reduced to {BLUR_PX} px (embedded recogniser: {EMBEDDED_MAX_BLUR},"
            f" others: {MAX_BLUR})"
        ),
    ] = None
    min_mirror: Annotated[
        float | None,
        _limit(
            f"lowest cosine of a face with its mirror image (embedded recogniser: {EMBEDDED_MIN_MIRROR}, others: any)"
        ),
    ] = None
    min_length: Annotated[
        float | None,
        _limit("shortest feature of a face, 0 for any (what one face in a hundred of its size stays below)"),
    ] = None
    refuse_doubtful: Annotated[
        bool, _limit("refuse a face that looks like somebody else, or unlike its person's others, instead of warning")
    ] = False


NO_MODELS, NO_LIMITS = ModelFlags(), LimitFlags()


def open_enroller(models: ModelFlags, limits: LimitFlags, *, keep_chips: bool) -> Enroller:
    """Open the models. Raises FileNotFoundError and ValueError for those that cannot be used."""
    embedder = models.open()
    scoring = open_scoring(embedder, model=models.model, file=models.calibration_file)
    usual = usual_limits(models.detector_model, models.model)
    return Enroller(
        load_detector(models.detector_model, runtime=models.runtime, every_size=True),
        embedder,
        scoring.calibration,
        min_px=limits.min_face_px,
        min_sharpness=limits.min_sharpness,
        max_blur=limits.max_blur or usual.max_blur,
        min_length=limits.min_length,
        min_mirror=usual.min_mirror if limits.min_mirror is None else limits.min_mirror,
        min_score=limits.min_score or usual.min_score,
        cohort=scoring.cohort,
        keep_chips=keep_chips,
        refuse_doubtful=limits.refuse_doubtful,
    )


def _resolve_paths(section: dict[str, object], folder: Path) -> dict[str, object]:
    """Make the paths of a section relative to the configuration's folder, as the pipeline does."""
    paths = {key: value for key, value in section.items() if key in ("model", "profile", "calibration") and value}
    return {**section, **{key: _resolve_path(str(value), folder) for key, value in paths.items()}}


def _resolve_path(value: str, folder: Path) -> str:
    return value if value in FAMILIES or value.startswith("pack:") else str(folder / value)


def _inline_spec(recognizer: dict[str, object]) -> ChipSpec | None:
    section = recognizer.get("chip_spec")
    return msgspec.convert(section, ChipSpec) if section else None

"""Runs an ONNX recogniser on batches padded to 1, 2, 4, … or 64 chips.

ONNX Runtime plans memory for each input shape and keeps it. With free batch sizes a process grows for hours; always
padding to 64 would make a frame with one face cost 64.
"""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from configs.read import ConfigurationError, load_yaml, to_settings
from detectors.arrays import Chips, Float32
from detectors.runtime import Runtime, open_session
from recognizer.base import Readings
from recognizer.family import hash_weights
from recognizer.preprocess import l2_normalise, to_planes
from recognizer.spec import ChipSpec

MAX_BATCH = 64


class OnnxRecognizer:
    """One ONNX file with one chip size; implements `recognizer.base.Recognizer`."""

    def __init__(self, model: Path, spec: ChipSpec, runtime: Runtime) -> None:
        """Open the file. Raises FileNotFoundError, and ValueError where file and spec disagree."""
        self.model_id = spec.model_id or make_model_id(model, spec)
        self.spec = spec
        self._session = open_session(model, runtime)
        self.weights = hash_weights([model])
        self._input, self._fixed = _read_input(self._session, spec)
        self._length = _find_length(self._session)
        self.dim = self._measure_dim()

    def spec_for(self, face_px: float) -> ChipSpec:
        """The model's chip, for a face of any height."""
        return self.spec

    def embed(self, chips: Chips) -> Float32:
        """The vectors that `read` gives, float32 (N,dim)."""
        return self.read(chips).vectors

    def read(self, chips: Chips) -> Readings:
        """Read BGR uint8 (N,S,S,3); a row without a finite direction is zero.

        Raises ValueError for another shape or dtype.
        """
        size = self.spec.size
        if chips.ndim != 4 or chips.shape[1:] != (size, size, 3) or chips.dtype != np.uint8:
            raise ValueError(f"chips: expected BGR uint8 (N, {size}, {size}, 3), got {chips.dtype} {chips.shape}")
        step = self._fixed or MAX_BATCH
        parts = [self._run(chips[start : start + step]) for start in range(0, len(chips), step)]
        if not parts:
            return Readings.without_lengths(np.zeros((0, self.dim), np.float32))
        vectors, lengths = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return Readings(l2_normalise(vectors), lengths)

    def _run(self, chips: Chips) -> tuple[Float32, Float32]:
        """Features (N,dim) and lengths (N,). The rows of a padded batch are independent, so padding does not matter."""
        size = self.spec.size
        planes = np.zeros((self._fixed or padded_batch_size(len(chips)), 3, size, size), np.float32)
        planes[: len(chips)] = to_planes(chips, self.spec)
        outputs = self._session.run(None, {self._input: planes})
        features = np.asarray(outputs[0], np.float32).reshape(len(planes), -1)[: len(chips)]
        if self._length is None:
            return features, np.full(len(chips), np.nan, np.float32)
        return features, np.asarray(outputs[self._length], np.float32).reshape(-1)[: len(chips)]

    def _measure_dim(self) -> int:
        size = self.spec.size
        dim = self._run(np.zeros((1, size, size, 3), np.uint8))[0].shape[1]
        if self.spec.dim not in (0, dim):
            raise ValueError(f"chip_spec.dim: expected the model's {dim}, got {self.spec.dim}")
        return int(dim)


def read_chip_spec(model: Path) -> ChipSpec:
    """The `chip_spec` in an ONNX file's metadata. Raises ValueError where it is missing or malformed."""
    entry = open_session(model, Runtime()).get_modelmeta().custom_metadata_map.get("chip_spec")
    if entry is None:
        raise ValueError(
            f"{model.name}: expected a chip_spec in the file's metadata, found none. Say how its chips are cut with"
            " recognizer.chip_spec in the configuration or --chip-spec; configs/recognizers/ has examples"
        )
    try:
        return msgspec.json.decode(entry, type=ChipSpec)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{model.name}: chip_spec in the file's metadata: {error}") from error


def load_chip_spec(path: str | Path) -> ChipSpec:
    """Read the `chip_spec` section of a YAML file. Raises ConfigurationError that names what does not fit."""
    try:
        return to_settings(load_yaml(Path(path)).get("chip_spec"), ChipSpec)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: expected a chip_spec section ({error})") from error


def make_model_id(model: Path, spec: ChipSpec) -> str:
    """An id for a model without one: the file's stem and the first 8 hex digits of a SHA-256.

    The digest covers the file and the preprocessing: a network that gets RGB instead of BGR is another space.
    """
    cut = msgspec.json.encode((spec.size, spec.color, spec.mean, spec.std, spec.template))
    digest = hashlib.sha256(model.read_bytes() + cut).hexdigest()
    return f"{model.stem}-{digest[:8]}"


def padded_batch_size(count: int) -> int:
    """The smallest power of two that holds `count` chips."""
    return 1 << (count - 1).bit_length()


def _find_length(session: Any) -> int | None:
    """The position of the output `length`; None where the model has none."""
    names = [output.name for output in session.get_outputs()]
    return names.index("length") if "length" in names else None


def _read_input(session: Any, spec: ChipSpec) -> tuple[str, int]:
    """The input's name and fixed batch size, 0 for any. Raises ValueError for a shape that does not fit the spec."""
    (first, *others) = session.get_inputs()
    shape = first.shape
    fits = len(shape) == 4 and all(
        got == want or not isinstance(got, int) for got, want in zip(shape[1:], (3, spec.size, spec.size), strict=True)
    )
    if others or not fits:
        raise ValueError(
            f"recognizer.model: expected one input n,3,{spec.size},{spec.size} to fit its chip_spec, got {shape}"
        )
    return str(first.name), shape[0] if isinstance(shape[0], int) and shape[0] > 0 else 0

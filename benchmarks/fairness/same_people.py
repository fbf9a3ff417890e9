"""Pairs of pictures that show one person, found by a recogniser that is not measured.

UTKFace names nobody, and shows some people more than once, at several ages too. Such a pair is no false match.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.fairness.kept import Arrays, keep
from benchmarks.fairness.matches import Matches
from benchmarks.fairness.readings import digest_of
from detectors.arrays import Float32, Image, Mask
from detectors.runtime import Runtime
from recognizer.load import load_recognizer
from recognizer.onnx import load_chip_spec
from recognizer.reach_templates import read_once

PROFILES = Path(__file__).parents[2] / "configs" / "recognizers"


def read_sharp(model: Path, pictures: Sequence[Image], *, cache: Path | None) -> Float32:
    """Vectors of aligned pictures by a model with a profile in configs/recognizers, (P,D)."""

    def read() -> Arrays:
        spec = load_chip_spec(str(PROFILES / f"{model.stem}.yaml"))
        return {"vectors": read_once(load_recognizer(model, spec=spec, runtime=Runtime()), pictures)}

    vectors: Float32 = keep(cache, f"sharp-{model.stem}-{digest_of(pictures)}", read)["vectors"]
    return vectors


def are_same(matches: Matches, sharp: Float32, least: float) -> Mask:
    """Which matches (K,) show one person: their sharp pictures have a cosine of `least` or more."""
    cosines = np.einsum("kd,kd->k", sharp[matches.probes], sharp[matches.faces])
    return np.asarray(cosines >= least, np.bool_)


def set_aside(found: Mapping[int, Matches], sharp: Float32, least: float) -> dict[int, Matches]:
    """The matches of two people, by face height."""
    return {px: matches.of(~are_same(matches, sharp, least)) for px, matches in found.items()}

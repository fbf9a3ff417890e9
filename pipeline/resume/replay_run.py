"""Implements `--resume`: opens the cache of a run and takes detections and vectors from it.

Tracking, evidence and decisions depend only on detections, vectors and media time, so replaying those reproduces the
uninterrupted run. Only recordings have a cache. They run one at a time, so a batch of crops comes from one frame.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from configs.read import ConfigurationError
from detectors.base import Detections, Window
from pipeline.capture.sources import Source, SourceKind, list_images
from pipeline.resume.cache import InferenceCache, fingerprint
from pipeline.scan.schedule import DetectFn
from pipeline.secrets.private_files import make_private_folder
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import Settings
from pipeline.tracks.crops import Crop, Embed
from pipeline.types import Frame
from pipeline.version import VERSION
from recognizer.base import Readings

log = logging.getLogger(__name__)

CACHE_NAME = "journal.db"
ROW_FORMAT = "vectors with lengths"  # of the cache; keeps a new version from reading the rows of an old one


def open_cache(settings: Settings, sources: Sequence[Source], outputs: Outputs) -> InferenceCache | None:
    """Open the cache in the run's report folder; None for a run without a report.

    Raises ConfigurationError if there is nothing to resume because the run is complete, and ValueError if the cache was
    made with other sources, models or settings; the message says which.
    """
    path = cache_path(outputs)
    if path is None:
        return None
    make_private_folder(path.parent)
    if outputs.resume and not path.exists():
        if (path.parent / "index.html").exists():
            raise ConfigurationError(
                f"--resume: the run in {path.parent} is complete; leave --resume out for a new run"
            )
        log.info("nothing to resume in %s: starting from the first frame", path.parent)
    return InferenceCache.open(path, fingerprint=_fingerprint_parts(settings, sources), resume=outputs.resume)


def can_resume(outputs: Outputs) -> bool:
    """Whether this run resumes another: it is asked to, and there is a cache."""
    path = cache_path(outputs)
    return outputs.resume and path is not None and path.exists()


def cache_path(outputs: Outputs) -> Path | None:
    """Return where a run keeps its cache; None for a run without a report."""
    return outputs.report / CACHE_NAME if outputs.report else None


def delete_cache(path: Path) -> None:
    """Delete the cache of a complete run: it holds embeddings, and reports are made to be passed on."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def cached_detections(detect: DetectFn, cache: InferenceCache) -> DetectFn:
    """Wrap `detect` so that it runs only for frames that are not in the cache.

    The key has no windows: on replay the schedule asks for the same windows again.
    """

    def detect_or_load(frame: Frame, windows: list[Window] | None) -> Detections:
        detections = cache.get_detections(frame.camera, frame.index)
        if detections is None:
            detections = detect(frame, windows)
            cache.put_detections(frame.camera, frame.index, detections)
        return detections

    return detect_or_load


def cached_vectors(embed: Embed, cache: InferenceCache) -> Embed:
    """Wrap `embed` so that it runs only for frames whose crops are not in the cache.

    A stored row is a vector and, last, its length.
    """

    def embed_or_load(crops: Sequence[Crop]) -> Readings:
        frame = crops[0].track.frame
        rows = cache.get_vectors(frame.camera, frame.index)
        if rows is not None and len(rows) == len(crops):
            return Readings(rows[:, :-1], rows[:, -1])
        readings = embed(crops)
        cache.put_vectors(frame.camera, frame.index, np.column_stack((readings.vectors, readings.lengths)))
        return readings

    return embed_or_load


WITHOUT_EFFECT = frozenset({"model", "source", "workers", "decode", "sub_stream", "allow_redirect_hosts"})
"""Settings that change no result of a recording; of models and sources the content counts, not the path."""


def _fingerprint_parts(settings: Settings, sources: Sequence[Source]) -> dict[str, str]:
    """Return everything that detections and vectors depend on, by the name that an error message uses."""
    parts = {
        "version": VERSION,
        "journal": ROW_FORMAT,
        "detector": _model_fingerprint(settings.detector.model, "detectors"),
    }
    parts["recognizer"] = _model_fingerprint(settings.recognizer.model, "recognizer")
    plain = msgspec.to_builtins(settings)
    sections = {name: plain[name] for name in ("detector", "schedule", "recognizer", "tracking", "faces")}
    sections |= {f"cameras[{number}]": camera for number, camera in enumerate(plain["cameras"])}
    for section, values in sections.items():
        for key, value in values.items():
            if key not in WITHOUT_EFFECT:
                parts[f"{section}.{key}"] = msgspec.json.encode(value).decode()
    for source in sources:
        parts[f"source {source.name}"] = _source_fingerprint(source)
    return parts


def _model_fingerprint(model: str, package: str) -> str:
    """Fingerprint a model's file; for one that ships, the package's folder of weights."""
    ships = model in ("embedded", "tiny", "base", "large")
    path = Path(__file__).parents[2] / package / "weights" if ships else Path(model)
    return fingerprint(path) if model and path.exists() else model


def _source_fingerprint(source: Source) -> str:
    if not source.is_local_recording:
        return source.redacted_location
    if source.kind is SourceKind.VIDEO:
        return fingerprint(Path(source.location))
    images = (f"{path.name} {fingerprint(path)}" for path in list_images(source.location))
    return hashlib.sha256("\n".join(images).encode("utf-8", "surrogateescape")).hexdigest()

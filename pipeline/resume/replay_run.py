"""What makes `--resume` exact: the expensive answers come from the journal, the cheap rest is done again.

Tracking, evidence and decisions depend on nothing but detections, vectors and media time, so a run that replays those
is the uninterrupted run. Only recordings have a journal; they run one at a time, so a batch is always of one frame.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec

from configs.read import ConfigurationError
from detectors.arrays import Float32
from detectors.base import Detections, Window
from pipeline.capture.sources import Source, SourceKind, list_images
from pipeline.resume.cache import AnswerCache, fingerprint
from pipeline.scan.schedule import DetectFn
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import Settings
from pipeline.tracks.crops import Crop, Embed
from pipeline.types import Frame
from pipeline.version import VERSION

log = logging.getLogger(__name__)

JOURNAL = "journal.db"


def open_cache(settings: Settings, sources: Sequence[Source], outputs: Outputs) -> AnswerCache | None:
    """The journal of this run in its report folder; None without one.

    Raises ValueError when resuming is asked for and the journal was made from something else, naming what differs.
    """
    path = cache_path(outputs)
    if path is None:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    if outputs.resume and not path.exists() and (path.parent / "index.html").exists():
        raise ConfigurationError(
            f"--resume: the run in {path.parent} came to its end; leave --resume out to replace its report"
        )
    if outputs.resume and not path.exists():
        log.info("nothing to resume in %s: starting from the first frame", path.parent)
    return AnswerCache.open(path, fingerprint=_parts(settings, sources), resume=outputs.resume)


def cache_path(outputs: Outputs) -> Path | None:
    """Where a run keeps its journal; None without a report."""
    return outputs.report / JOURNAL if outputs.report else None


def delete_cache(path: Path) -> None:
    """Remove the journal of a run that came to its end: it holds embeddings, and a report is made to be handed on."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def cached_detections(detect: DetectFn, journal: AnswerCache) -> DetectFn:
    """Search, unless the journal knows what was found in this frame; a schedule asks for the same windows again."""

    def find(frame: Frame, windows: list[Window] | None) -> Detections:
        known = journal.detections(frame.camera, frame.index)
        if known is None:
            known = detect(frame, windows)
            journal.put_detections(frame.camera, frame.index, known)
        return known

    return find


def cached_vectors(embed: Embed, journal: AnswerCache) -> Embed:
    """Embed, unless the journal knows the vectors of this frame's crops."""

    def find(crops: Sequence[Crop]) -> Float32:
        frame = crops[0].track.frame
        known = journal.vectors(frame.camera, frame.index)
        if known is None or len(known) != len(crops):
            known = embed(crops)
            journal.put_vectors(frame.camera, frame.index, known)
        return known

    return find


def _parts(settings: Settings, sources: Sequence[Source]) -> dict[str, str]:
    """Everything detections and vectors depend on, by the names an error would use."""
    parts = {"version": VERSION, "detector": _model(settings.detector.model, "detectors")}
    parts["recognizer"] = _model(settings.recognizer.model, "recognizer")
    plain = msgspec.to_builtins(settings)
    sections = {name: plain[name] for name in ("detector", "schedule", "recognizer", "tracking", "faces")}
    sections |= {f"cameras[{number}]": camera for number, camera in enumerate(plain["cameras"])}
    for section, values in sections.items():
        for key, value in values.items():
            if key not in ("model", "source"):  # what is in them counts, not where they lie
                parts[f"{section}.{key}"] = msgspec.json.encode(value).decode()
    for source in sources:
        parts[f"source {source.name}"] = _content(source)
    return parts


def _model(model: str, package: str) -> str:
    """What is in a model's file; `embedded` is what lies in the package's folder of weights."""
    path = Path(__file__).parents[2] / package / "weights" if model == "embedded" else Path(model)
    return fingerprint(path) if model and path.exists() else model


def _content(source: Source) -> str:
    if not source.is_local_recording:
        return source.redacted_location
    if source.kind is SourceKind.VIDEO:
        return fingerprint(Path(source.location))
    prints = (f"{path.name} {fingerprint(path)}" for path in list_images(source.location))
    return hashlib.sha256("\n".join(prints).encode("utf-8", "surrogateescape")).hexdigest()

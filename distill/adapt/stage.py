"""Step one of the bridge: fit the adaptation head on sharp public faces and their small views."""

import zlib
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from detectors.arrays import Float32, Index
from distill.adapt.fit import train_head
from distill.adapt.head import Head, lda_head, load_head, pca_head, random_head
from distill.config import AdaptSettings
from distill.data.prepare import load_classes, load_usable_rows
from distill.data.resample import lower_resolution
from distill.data.store import RowFile, face_rows
from distill.errors import DistillError
from distill.progress import Log, Progress
from distill.teacher.features import embed_rows, feature_rows
from distill.teacher.model import Ensemble
from distill.work_folder import WorkFolder

PIECE = 256


def read_head(work: WorkFolder) -> Head:
    """The fitted head. Raises DistillError where there is none."""
    if not work.head.is_file():
        raise DistillError(f"{work.head}: expected an adaptation head; run `python -m distill adapt` first")
    return load_head(work.head)


def adapt(settings: AdaptSettings, work: WorkFolder, teacher: Ensemble, *, seed: int, log: Log) -> Head:
    """Fit the head, or take the one that is named, and save it; one that stands is kept. Raises DistillError."""
    if settings.head:
        return _taken(settings, work, teacher.dim, log)
    if work.head.is_file():
        return read_head(work)
    sharp, low = sample_features(settings, work, teacher, seed=seed)
    head = fit_head(sharp, low, settings, work, seed=seed)
    agreement = float((head(sharp) * head.project_low(low)).sum(axis=1).mean())
    log.write("adapt", faces=len(sharp), start=settings.start, dim=head.dim, cosine_sharp_low=round(agreement, 4))
    head.save(work.head)
    return head


def _taken(settings: AdaptSettings, work: WorkFolder, entry: int, log: Log) -> Head:
    head = load_given_head(Path(settings.head), settings, entry)
    if not work.head.is_file():
        log.write("adapt", head=Path(settings.head).name, dim=head.dim)
        head.save(work.head)
    elif not read_head(work).same_as(head):
        raise DistillError(f"adapt.head: {work.root} holds another head than {settings.head}; name another `work`")
    return head


def load_given_head(path: Path, settings: AdaptSettings, entry: int) -> Head:
    """A saved head for features of length `entry`. Raises DistillError for none, a damaged one or other lengths."""
    if not path.is_file():
        raise DistillError(f"adapt.head: no such file: {path}")
    try:
        head = load_head(path)
    except (ValueError, KeyError, EOFError, BadZipFile) as error:
        wanted = "a head that `python -m distill export` wrote"
        raise DistillError(f"adapt.head: expected {wanted}, got {path}") from error
    if head.matrix.shape != (entry, settings.dim):
        raise DistillError(
            f"adapt.head: expected one from {entry} dimensions to {settings.dim} (adapt.dim), "
            f"got {' to '.join(map(str, head.matrix.shape))}: {path.name}"
        )
    return head


def fit_head(sharp: Float32, low: Float32, settings: AdaptSettings, work: WorkFolder, *, seed: int) -> Head:
    """The head from features (N,D) of sharp faces and of their small views, trained on where `steps` says so."""
    head = closed_form_head(sharp, low, settings, seed=seed)
    if not settings.steps:
        return head
    usable = load_usable_rows(work)
    known = feature_rows(work, sharp.shape[1]).array()[usable]
    return train_head(head, known, load_classes(work)[usable], settings, seed=seed)


def sample_features(
    settings: AdaptSettings, work: WorkFolder, teacher: Ensemble, *, seed: int
) -> tuple[Float32, Float32]:
    """Teacher features (N,D) of some usable faces, sharp and small, the same ones for a seed. Raises DistillError."""
    usable = load_usable_rows(work)
    rows = np.sort(np.random.default_rng(seed).choice(usable, min(settings.faces, len(usable)), replace=False))
    if len(rows) <= settings.dim:
        raise DistillError(f"adapt.dim: expected fewer than the {len(rows)} usable faces, got {settings.dim}")
    sharp: Float32 = embed_rows(work, teacher).array()[rows].astype(np.float32)
    return sharp, embed_low(work, rows, teacher, round(settings.low_px))


def closed_form_head(sharp: Float32, low: Float32, settings: AdaptSettings, *, seed: int) -> Head:
    """The closed-form head from features (N,D) of sharp faces and of their small views."""
    if settings.start == "random":
        return random_head(sharp, low, settings.dim, seed=seed)
    if settings.start == "pca":
        return pca_head(sharp, low, settings.dim, whiten=settings.whiten)
    return lda_head(sharp, low, settings.dim, noise_weight=settings.noise_weight, whiten=settings.whiten)


def embed_low(work: WorkFolder, rows: Index, teacher: Ensemble, pixels: int) -> Float32:
    """Teacher features of the small views of these faces; resumes after the last whole piece."""
    faces = face_rows(work).array()
    mark = zlib.crc32(rows.tobytes())  # which faces these are
    kept = RowFile(work.low_features(pixels, len(rows), mark), np.float16, (teacher.dim,))
    kept.truncate(len(kept))
    with Progress("adapt", unit="faces", total=len(rows), done=len(kept)) as progress:
        while len(kept) < len(rows):
            part = rows[len(kept) : len(kept) + PIECE]
            kept.append(teacher.embed(lower_resolution(np.asarray(faces[part]), pixels)))
            progress.at(len(kept))
    return kept.array().astype(np.float32)

"""Stage `adapt`: fits the adaptation head to teacher features of faces, sharp and in low resolution."""

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

CHUNK = 256  # faces between two writes


def adapt(settings: AdaptSettings, work: WorkFolder, teacher: Ensemble, *, seed: int, log: Log) -> Head:
    """Fit the head, or copy the one that `adapt.head` names, unless the work folder has one. Raises DistillError."""
    if settings.head:
        return _copy_head(settings, work, teacher.dim, log)
    if work.head.is_file():
        return read_head(work)
    sharp, low = sample_features(settings, work, teacher, seed=seed)
    head = fit_head(sharp, low, settings, work, seed=seed)
    cosine = float((head(sharp) * head.project_low(low)).sum(axis=1).mean())
    log.write("adapt", faces=len(sharp), start=settings.start, dim=head.dim, cosine_sharp_low=round(cosine, 4))
    head.save(work.head)
    return head


def read_head(work: WorkFolder) -> Head:
    """Load the head of a work folder. Raises DistillError if it has none."""
    if not work.head.is_file():
        raise DistillError(f"{work.head}: expected an adaptation head; run `python -m distill adapt` first")
    return load_head(work.head)


def load_given_head(path: Path, settings: AdaptSettings, input_dim: int) -> Head:
    """Load a head for features of length `input_dim`. Raises DistillError if it is missing, damaged or does not fit."""
    if not path.is_file():
        raise DistillError(f"adapt.head: no such file: {path}")
    try:
        head = load_head(path)
    except (ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DistillError(f"adapt.head: expected a head that `python -m distill export` wrote, got {path}") from error
    if head.matrix.shape != (input_dim, settings.dim):
        raise DistillError(
            f"adapt.head: expected one from {input_dim} dimensions to {settings.dim} (adapt.dim), "
            f"got {' to '.join(map(str, head.matrix.shape))}: {path.name}"
        )
    return head


def sample_features(
    settings: AdaptSettings, work: WorkFolder, teacher: Ensemble, *, seed: int
) -> tuple[Float32, Float32]:
    """Return teacher features (N,D) of randomly chosen usable faces: sharp, and at `low_px`. Raises DistillError."""
    usable = load_usable_rows(work)
    rows = np.sort(np.random.default_rng(seed).choice(usable, min(settings.faces, len(usable)), replace=False))
    if len(rows) <= settings.dim:
        raise DistillError(f"adapt.dim: expected fewer than the {len(rows)} usable faces, got {settings.dim}")
    sharp: Float32 = embed_rows(work, teacher).array()[rows].astype(np.float32)
    return sharp, _embed_low(work, rows, teacher, round(settings.low_px))


def fit_head(sharp: Float32, low: Float32, settings: AdaptSettings, work: WorkFolder, *, seed: int) -> Head:
    """Fit the closed-form head to features (N,D), and train it further on all usable faces if `steps` is not 0."""
    head = closed_form_head(sharp, low, settings, seed=seed)
    if not settings.steps:
        return head
    usable = load_usable_rows(work)
    features = feature_rows(work, sharp.shape[1]).array()[usable]
    return train_head(head, features, load_classes(work)[usable], settings, seed=seed)


def closed_form_head(sharp: Float32, low: Float32, settings: AdaptSettings, *, seed: int) -> Head:
    """Compute the head that `adapt.start` names from features (N,D) of the same faces, sharp and at `low_px`."""
    if settings.start == "random":
        return random_head(sharp, low, settings.dim, seed=seed)
    if settings.start == "pca":
        return pca_head(sharp, low, settings.dim, whiten=settings.whiten)
    return lda_head(sharp, low, settings.dim, noise_weight=settings.noise_weight, whiten=settings.whiten)


def _copy_head(settings: AdaptSettings, work: WorkFolder, input_dim: int, log: Log) -> Head:
    head = load_given_head(Path(settings.head), settings, input_dim)
    if not work.head.is_file():
        log.write("adapt", head=Path(settings.head).name, dim=head.dim)
        head.save(work.head)
    elif not read_head(work).same_as(head):
        raise DistillError(f"adapt.head: {work.root} holds another head than {settings.head}; name another `work`")
    return head


def _embed_low(work: WorkFolder, rows: Index, teacher: Ensemble, pixels: int) -> Float32:
    """Embed the faces of `rows` at low resolution, cached on disk; resumes after the last whole row."""
    faces = face_rows(work).array()
    path = work.low_features(pixels, len(rows), zlib.crc32(rows.tobytes()))
    features = RowFile(path, np.float16, (teacher.dim,))
    features.truncate(len(features))  # drops a torn row
    with Progress("adapt", unit="faces", total=len(rows), done=len(features)) as progress:
        while len(features) < len(rows):
            chunk = rows[len(features) : len(features) + CHUNK]
            features.append(teacher.embed(lower_resolution(np.asarray(faces[chunk]), pixels)))
            progress.update(len(features))
    return features.array().astype(np.float32)

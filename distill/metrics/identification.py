"""Closed-set (rank one) and open-set identification, with templates of one or several crops."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import AnyFloat, Index


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of the test faces that are enrolled and searched.

    gallery: the enrolled row of each person. probes: the rows of each template. person: the position in `gallery` that
    each template belongs to, -1 for a stranger.
    """

    gallery: Index
    probes: tuple[Index, ...]
    person: Index


def split_gallery(people: Sequence[str], *, enrolled: int, crops: int) -> Split:
    """Enrol every second person who has enough pictures, at most `enrolled` people; all others are strangers.

    An enrolled person's first picture is the gallery row, the next `crops` pictures are the probe. The split depends
    only on the order of names, so all models get the same one. Raises ValueError if nobody has `crops` + 1 pictures.
    """
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(people):
        rows.setdefault(name, []).append(row)
    candidates = [own for own in rows.values() if len(own) > crops]
    if not candidates:
        raise ValueError(f"identification: expected people with {crops + 1} pictures, got none")
    inside = candidates[::2][:enrolled]  # every second one: strangers then have as many pictures as the enrolled
    gallery = [own[0] for own in inside]
    outside = [own for own in rows.values() if own[0] not in set(gallery) and len(own) >= crops]
    probes = [np.array(own[1 : 1 + crops]) for own in inside] + [np.array(own[:crops]) for own in outside]
    person = np.concatenate([np.arange(len(inside)), np.full(len(outside), -1)])
    return Split(np.array(gallery), tuple(probes), person)


def identify(gallery: AnyFloat, probes: AnyFloat, split: Split, *, rates: tuple[float, ...]) -> dict[str, float]:
    """Return the rank-one rate, and for each FPIR in `rates` the TPIR.

    FPIR: share of strangers who get a name. TPIR: share of enrolled people who get the right name at the threshold of
    that FPIR. gallery, probes: unit rows (N,D) of all faces, at the size of each side.
    """
    templates = np.asarray([probes[rows].mean(axis=0) for rows in split.probes])
    templates /= np.maximum(np.linalg.norm(templates, axis=1, keepdims=True), 1e-12)
    scores = templates @ gallery[split.gallery].T
    best, top = scores.argmax(axis=1), scores.max(axis=1)
    inside = split.person >= 0
    right = best[inside] == split.person[inside]
    strangers = np.sort(top[~inside])[::-1]
    found = {"rank_1": float(right.mean())}
    for rate in rates:
        threshold = strangers[min(int(np.floor(rate * len(strangers) + 1e-9)), len(strangers) - 1)]
        found[f"tpir_{rate:g}"] = float((right & (top[inside] > threshold)).mean())
    return found

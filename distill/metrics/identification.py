"""Who is it: closed-set rank one and open-set identification, for one crop and for several pooled ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import AnyFloat, Index


@dataclass(frozen=True, slots=True)
class Split:
    """gallery: one row per enrolled person. probes: rows pooled into one template each; person: which gallery row they
    belong to, -1 for a stranger."""

    gallery: Index
    probes: tuple[Index, ...]
    person: Index


def split_gallery(people: Sequence[str], *, enrolled: int, crops: int) -> Split:
    """Every other person with enough pictures is enrolled with the first and looked for with the next `crops`; all
    the others are strangers. Fixed by the order of the names, so every model gets the same.

    Raises ValueError where nobody has `crops` + 1 pictures.
    """
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(people):
        rows.setdefault(name, []).append(row)
    known = [own for own in rows.values() if len(own) > crops]
    if not known:
        raise ValueError(f"identification: expected people with {crops + 1} pictures, got none")
    inside = known[::2][:enrolled]  # every other one, so that strangers have as many pictures as the enrolled
    taken = {own[0] for own in inside}
    outside = [own for own in rows.values() if own[0] not in taken and len(own) >= crops]
    probes = [np.array(own[1 : 1 + crops]) for own in inside] + [np.array(own[:crops]) for own in outside]
    person = np.concatenate([np.arange(len(inside)), np.full(len(outside), -1)])
    return Split(np.array([own[0] for own in inside]), tuple(probes), person)


def identify(gallery: AnyFloat, probes: AnyFloat, split: Split, *, rates: tuple[float, ...]) -> dict[str, float]:
    """Rank-one rate of the enrolled, and TPIR at each FPIR: how many of the enrolled are named rightly when at most
    that share of strangers is given any name. gallery, probes: unit rows (N,D) of all faces, at each side's size."""
    templates = np.asarray([probes[rows].mean(axis=0) for rows in split.probes])
    templates /= np.maximum(np.linalg.norm(templates, axis=1, keepdims=True), 1e-12)
    scores = templates @ gallery[split.gallery].T
    best, top = scores.argmax(axis=1), scores.max(axis=1)
    inside = split.person >= 0
    right = best[inside] == split.person[inside]
    found = {"rank_1": float(right.mean())}
    strangers = np.sort(top[~inside])[::-1]
    for rate in rates:
        limit = strangers[min(int(np.floor(rate * len(strangers) + 1e-9)), len(strangers) - 1)]
        found[f"tpir_{rate:g}"] = float((right & (top[inside] > limit)).mean())
    return found

"""One track as journeys see it: what it looks like, at which camera, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pipeline.history.database import Database
from pipeline.history.groups.pool import Pool, pool_of


class CameraKey(NamedTuple):
    """A camera of a node: two nodes may call different cameras alike."""

    node: str
    camera: str

    def __str__(self) -> str:
        return f"{self.node}/{self.camera}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A track with a template. begin, end: Unix seconds.

    person: the name of somebody enrolled, with the chance that a stranger gets it (`false_alarm`); None: no name.
    """

    track: int
    camera: CameraKey
    begin: float
    end: float
    person: str | None
    false_alarm: float
    pool: Pool


def read_passages(
    database: Database, model_id: str, *, since: float | None = None, before: float | None = None, limit: int
) -> list[Passage]:
    """The newest tracks of a time that have a template of this model, by their begin. Raises like `Database`."""
    rows = database.rows(
        "SELECT tracks.id, node, camera, first_seen, last_seen, person, false_alarm, named, pooled_px, looks, weight,"
        " data FROM templates JOIN tracks ON tracks.id = templates.track JOIN epochs ON epochs.id = tracks.epoch"
        " WHERE model_id = ? AND last_seen >= ? AND first_seen < ? ORDER BY first_seen DESC LIMIT ?",
        (model_id, -1e18 if since is None else since, 1e18 if before is None else before, limit),
    )
    return sorted(_passages(database, rows), key=lambda passage: (passage.begin, passage.track))


def _passages(database: Database, rows: list[tuple[Any, ...]]) -> Iterator[Passage]:
    """The tracks of rows; one whose template is damaged is left out."""
    for track, node, camera, begin, end, person, false_alarm, named, px, looks, weight, data in rows:
        if (template := database.cipher.open_sound(bytes(data))) and _is_vector(template):
            pool = pool_of(template, px=px, looks=looks, weight=weight)
            name = person if named else None
            chance = 1.0 if false_alarm is None else false_alarm
            yield Passage(track, CameraKey(node, camera), begin, end, name, chance, pool)


def _is_vector(template: bytes) -> bool:
    """Whether it is float16 numbers that have a direction."""
    if len(template) % 2:
        return False
    length = float(np.linalg.norm(np.frombuffer(template, "<f2").astype(np.float32)))
    return 0 < length < float("inf")

"""Tracks of made-up strangers with templates, in a real history, for the tests of unknown people."""

from typing import Any

import numpy as np

from detectors.arrays import Float32
from pipeline.events import Event
from pipeline.history.database import Database
from recognizer.calibration import Band, Calibration
from recognizer.links import Links
from recognizer.normalisation import Cohort
from tests.synthetic.visits import visit

DIM = 64
MODEL = "m"


def links() -> Links:
    """Random directions are strangers: their cosines have a standard deviation of 1/8."""
    vectors = np.random.default_rng(99).normal(size=(200, DIM)).astype(np.float32)
    cohort = Cohort(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), weights="w")
    bands = tuple(Band(px=px, looks=1, mean=0.0, std=0.125, tail=(0.2, 0.35, 0.5, 0.6)) for px in (16.0, 64.0))
    rates = (0.1, 0.01, 1e-4, 1e-6)
    calibration = Calibration(
        model_id=MODEL, cohort=cohort.digest, command="", data="", date="", rates=rates, bands=bands
    )
    return Links(calibration, cohort)


def face(person: int, look: int = 0, *, spread: float = 0.3) -> Float32:
    """A look at a person: unit vector; two looks at one have a cosine of about 1 / (1 + spread²)."""
    own = _direction(1000 + person)
    vector = own + spread * _direction(100_000 + 1000 * person + look)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def pass_by(person: int, *, number: int, at: float | None = None, look: int | None = None, **more: Any) -> list[Event]:
    """The events of a stranger who walks past; each track comes a minute after the one before."""
    template = face(person, number if look is None else look).astype("<f2").tobytes()
    begin = 1000.0 + 60 * number if at is None else at
    return visit(
        None, number=number, first_seq=10 * number, at=begin, template=template, model_id=MODEL, looks=1.0, **more
    )


def groups_of(database: Database) -> dict[int, int]:
    """The group of each track, by the track's number."""
    query = (
        "SELECT number, grp FROM track_groups JOIN tracks ON tracks.id = track_groups.track WHERE grp IN"
        " (SELECT id FROM groups WHERE merged_into IS NULL)"
    )
    return dict(database.rows(query))


def _direction(seed: int) -> Float32:
    vector = np.random.default_rng(seed).normal(size=DIM)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)

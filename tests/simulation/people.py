"""The gallery of a simulation: a real file, real writes, and vectors that are damaged behind its back."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from detectors.arrays import Float32
from recognizer.gallery.store import Face, Gallery
from tests.simulation.script import PEOPLE

MODEL = "simulated"
DIM = 32
NOISE = 0.3  # length of what a crop adds to the person's vector


def vector_of(who: str) -> Float32:
    """A person's own direction, unit vector float32 (DIM,); all strangers share one that nobody else has."""
    number = PEOPLE.index(who) if who in PEOPLE else len(PEOPLE)
    vector: Float32 = np.eye(DIM, dtype=np.float32)[number]
    return vector


def crop_of(who: str, rng: np.random.Generator) -> Float32:
    """What a recogniser reads in one crop of this person, unit vector float32 (DIM,)."""
    noise = rng.standard_normal(DIM)
    vector = vector_of(who) + NOISE * noise / np.linalg.norm(noise)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


class SimulatedGallery:
    """Enrols, erases and damages people in the file that the node watches."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with Gallery(path, create=True):
            pass
        for person in PEOPLE:
            self.enrol(person)

    def enrol(self, person: str) -> None:
        """Enrol a person with a good vector, in place of whatever is there."""
        self.erase(person)
        with Gallery(self.path) as gallery:
            gallery.add(person, Face(vector_of(person), person, f"picture of {person}"), model_id=MODEL)

    def erase(self, person: str) -> None:
        """Erase a person, if enrolled. The node reads on meanwhile, so the bytes may stay until it has let go."""
        with Gallery(self.path) as gallery, suppress(KeyError, TimeoutError):
            gallery.erase(person)

    def damage(self, person: str, way: int) -> None:
        """Overwrite the vector of a person with one that is not finite or not of unit length."""
        bad = _damaged(vector_of(person), way).astype("<f4").tobytes()
        with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            query = "UPDATE faces SET vector = ? WHERE person IN (SELECT id FROM people WHERE name = ?)"
            db.execute(query, (bad, person))
            db.execute("UPDATE gallery SET revision = revision + 1")


def _damaged(vector: Float32, way: int) -> Float32:
    bits = vector.copy()
    match way % 5:
        case 0:
            bits[way % DIM] = np.nan
        case 1:
            bits[way % DIM] = np.inf
        case 2:
            bits[len(PEOPLE)] = 1e36  # the direction of strangers
        case 3:
            bits.view(np.uint32)[way % DIM] ^= 1 << 30  # one bit of an exponent
        case _:
            bits = np.zeros_like(bits)
    return bits

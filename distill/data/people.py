"""Who is on a picture: a person's name from its path, and class numbers for training."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Literal

import numpy as np

from detectors.arrays import Int64, Mask
from distill.data.store import FaceNote

MIN_FACES = 2  # a person with a single face makes no class


def person_from_path(source: str, name: str, where: Literal["none", "folder", "name"]) -> str:
    """Return an identity that is unique across sources, or an empty text if the path names nobody.

    folder: the name of the folder that holds the picture. name: the file name without suffix, digits and separators.
    """
    path = PurePosixPath(name)
    if where == "none":
        return ""
    label = path.parent.name if where == "folder" else normalise_name(path.stem)
    return f"{source}/{label}" if label else ""


def normalise_name(name: str) -> str:
    """Drop accents, digits, case and separators but keep the order of words: `Abbé_Noël-2` is `abbe noel`."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(char for char in letters if not unicodedata.combining(char))
    return " ".join(re.sub(r"[\W\d_]+", " ", bare).split())


def assign_classes(notes: Sequence[FaceNote], usable: Mask) -> Int64:
    """Return a class number for each face (N,); -1 if its person is unknown, has one usable face, or it is excluded."""
    counts = Counter(note.person for note, use in zip(notes, usable, strict=True) if use and note.person)
    people = sorted(person for person, count in counts.items() if count >= MIN_FACES)
    number = {person: index for index, person in enumerate(people)}
    classes = [number.get(note.person, -1) if use else -1 for note, use in zip(notes, usable, strict=True)]
    return np.array(classes, np.int64)

"""Faces of people whose group is told: UTKFace by its file names, and portraits of politicians of four countries."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path, PurePosixPath

import numpy as np

from detectors.arrays import Image, Mask
from detectors.pictures import PHOTO_SUFFIXES, decode_picture

ORIGINS = ("White", "Black", "Asian", "Indian", "Others")  # as the authors of UTKFace call them, in their order
SEXES = ("male", "female")
AGES = ((0, 9), (10, 19), (20, 39), (40, 59), (60, 200))
GROWN = 10  # years from which people of one origin or sex are compared: half of the younger ones are infants
COUNTRIES = {"uk": "United Kingdom", "thai": "Thailand", "korea": "South Korea", "ushouse": "United States"}


@dataclass(frozen=True, slots=True)
class Person:
    """One picture. country: of a portrait; origin, sex, age: of UTKFace; empty and -1 where nothing is told.

    number: who it is, where a set holds several pictures of one person.
    """

    name: str
    country: str = ""
    origin: str = ""
    sex: str = ""
    age: int = -1
    number: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the people, bool (P,). kind: what they have in common, such as `age`."""

    kind: str
    name: str
    members: Mask


def read_utk(source: Path, *, most: int) -> Iterator[tuple[Person, Image]]:
    """At most so many faces of each origin, drawn at random. A file whose name tells less than the others is left out.

    A name is age, sex, origin and date: `58_0_3_20170119211659305.webp`. Raises OSError.
    """
    people = {path: person for path in list_pictures(source) if (person := parse_utk(path))}
    random = np.random.default_rng(0)
    drawn: list[str] = []
    for origin in ORIGINS:
        own = [path for path, person in people.items() if person.origin == origin]
        drawn += [own[row] for row in sorted(random.permutation(len(own))[:most])]
    for path, picture in _decode(source, drawn):
        yield people[path], picture


def read_portraits(folder: Path, *, most: int) -> Iterator[tuple[Person, Image]]:
    """At most so many portraits of each of the four countries, drawn at random. Raises OSError for a missing zip.

    Those of the United Kingdom hold several of one person, whose number begins the name: `uk/10001_8f69586f.webp`.
    """
    for stem, country in COUNTRIES.items():
        source = folder / f"{stem}.zip"
        paths = list_pictures(source)
        drawn = sorted(np.random.default_rng(0).permutation(len(paths))[:most])
        for path, picture in _decode(source, [paths[row] for row in drawn]):
            yield Person(path, country=country, number=portrait_number(path)), picture


def list_groups(people: Sequence[Person]) -> list[Group]:
    """Everybody of UTKFace, by age, and by country; by origin and sex those who are grown. None without anybody."""
    origins, sexes = np.array([one.origin for one in people]), np.array([one.sex for one in people])
    ages, countries = np.array([one.age for one in people]), np.array([one.country for one in people])
    grown = ages >= GROWN
    found = [
        Group("everybody", "UTKFace", origins != ""),
        *(Group("origin", name, (origins == name) & grown) for name in ORIGINS),
        *(Group("sex", name, (sexes == name) & grown) for name in SEXES),
        *(Group("age", _say_ages(low, high), (ages >= low) & (ages <= high)) for low, high in AGES),
        *(
            Group("origin and sex", f"{origin}, {sex}", (origins == origin) & (sexes == sex) & grown)
            for origin, sex in product(ORIGINS, SEXES)
        ),
        *(Group("country", name, countries == name) for name in COUNTRIES.values()),
    ]
    return [group for group in found if group.members.any()]


def _say_ages(low: int, high: int) -> str:
    return f"{low} to {high} years" if high < AGES[-1][1] else f"{low} years and more"


def portrait_number(path: str) -> str:
    """The number of the person on a portrait, where its name begins with one; empty otherwise."""
    number, _, rest = PurePosixPath(path).stem.partition("_")
    return number if rest and number.isdigit() else ""


def parse_utk(path: str) -> Person | None:
    """None for a name that is not like the others."""
    parts = PurePosixPath(path).stem.split("_")
    if len(parts) != 4 or not all(part.isdigit() for part in parts[:3]):
        return None
    age, sex, origin = map(int, parts[:3])
    if sex >= len(SEXES) or origin >= len(ORIGINS):
        return None
    return Person(path, origin=ORIGINS[origin], sex=SEXES[sex], age=age)


def list_pictures(source: Path) -> list[str]:
    """The pictures of a zip, in order of their names. Raises OSError."""
    with zipfile.ZipFile(source) as archive:
        names = sorted(set(archive.namelist()))
    return [name for name in names if PurePosixPath(name).suffix.lower() in PHOTO_SUFFIXES]


def _decode(source: Path, paths: Sequence[str]) -> Iterator[tuple[str, Image]]:
    with zipfile.ZipFile(source) as archive:
        for path in paths:
            picture = decode_picture(archive.read(path))
            if picture is not None:
                yield path, picture

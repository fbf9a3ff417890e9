"""How often enrolling warns that a photograph does not look like its person's others: rightly, and wrongly.

Photographs of people who have several are enrolled twice: each under its own name, at most three of a person; and one
of each person with one of the next person under the same name. Photographs of somebody else that the data itself has
under a name count as wrong warnings.

    python -m benchmarks.unlike_portraits --data lfw-view2.zip --people 120
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from configs.markdown import table
from detectors.arrays import Image
from glimpse.enroller import enroller_of
from glimpse.models import shipped_models
from recognizer.gallery.enroll import Enroller, Verdict
from recognizer.gallery.folders import Photo
from recognizer.gallery.store import Gallery
from recognizer.population import read_people

PHOTOGRAPHS = 3  # of a person at most
UNLIKE = "does not look like"


def main() -> int:
    """Measure, and print a table."""
    options = _parser().parse_args()
    people = choose(read_people(options.data), options.people)
    enroller = enroller_of(shipped_models(), keep_chips=False)
    rows = [
        [who, f"{warned} of {later}"]
        for who, photos in (("of the same person", own(people)), ("of somebody else", swapped(people)))
        for warned, later in (count(enroller, photos),)
    ]
    sys.stdout.write(table(["later photographs", "warned of"], rows) + "\n")
    return 0


def choose(people: dict[str, list[Image]], count: int) -> dict[str, list[Image]]:
    """So many people with several photographs, drawn at random."""
    several = sorted(name for name, shown in people.items() if len(shown) > 1)
    drawn = np.random.default_rng(0).permutation(several)[:count].tolist()
    return {name: people[name][:PHOTOGRAPHS] for name in drawn}


def own(people: dict[str, list[Image]]) -> list[Photo]:
    """Every photograph under its own name."""
    return [_photo(name, name, number, one) for name, shown in people.items() for number, one in enumerate(shown)]


def swapped(people: dict[str, list[Image]]) -> list[Photo]:
    """One photograph of each person, and the second one of the next person under the same name."""
    names = list(people)
    following = [*names[1:], *names[:1]]
    pairs = zip(names, following, strict=True)
    return [
        photo
        for name, other in pairs
        for photo in (_photo(name, name, 0, people[name][0]), _photo(name, other, 1, people[other][1]))
    ]


def count(enroller: Enroller, photos: Sequence[Photo]) -> tuple[int, int]:
    """How many later photographs of a person were warned of, and how many there were."""
    warned, later, seen = 0, 0, set[str]()
    with tempfile.TemporaryDirectory() as folder, Gallery(Path(folder) / "people.db", create=True) as gallery:
        for outcome in enroller.enroll_photos(photos, gallery):
            if outcome.verdict is Verdict.TAKEN:
                later += outcome.person in seen
                warned += UNLIKE in outcome.warning
                seen.add(outcome.person)
    return warned, later


def _photo(person: str, shown: str, number: int, pixels: Image) -> Photo:
    return Photo(Path(), person, f"{shown} {number}", pixels=pixels)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder or zip of person/picture")
    parser.add_argument("--people", type=int, default=120, help="people with several photographs (120)")
    return parser


if __name__ == "__main__":
    sys.exit(main())

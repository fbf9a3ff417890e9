"""How often enrolment turns a portrait that is upright, and leaves one that lies on its side or its head.

python -m benchmarks.upright --pictures docs/faces [closeups.zip …] [--at-most 150]
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.section import print_markdown, provenance
from configs.markdown import table
from detectors.arrays import Image
from detectors.load import EMBEDDED, load_detector
from detectors.pictures import PICTURE_SUFFIXES, PictureError, decode_or_raise
from detectors.runtime import Runtime
from recognizer.gallery.enroll import usual_limits
from recognizer.gallery.only_face import FaceChoice, RefusedError
from recognizer.gallery.upright import find_upright
from recognizer.load import EMBEDDED as EMBEDDED_RECOGNIZER
from recognizer.load import load_recognizer, open_scoring


def main() -> None:
    """Turn each portrait that enrolment takes as it is, each way, and count how it lies afterwards."""
    options = _parser().parse_args()
    choice = _open_choice()
    rows = np.zeros((4, 3), int)  # by how it lay: upright at last, lying wrongly, refused
    for picture in track(list(_pictures(options.pictures, options.at_most)), console=Console(stderr=True)):
        try:
            choice.choose(picture)
        except RefusedError:
            continue  # also upright it has no only face
        for quarter in range(4):
            rows[quarter, _outcome(np.ascontiguousarray(np.rot90(picture, quarter)), quarter, choice)] += 1
    cells = [[f"{90 * quarter}°", *map(str, row)] for quarter, row in enumerate(rows)]
    heads = ["stored turned by", "upright at last", "lying wrongly", "refused"]
    print_markdown("\n\n".join([provenance("benchmarks.upright"), table(heads, cells)]))


def _outcome(picture: Image, quarter: int, choice: FaceChoice) -> int:
    try:
        _, turned, _ = find_upright(picture, choice)
    except RefusedError:
        return 2
    return int((turned // 90 + quarter) % 4 != 0)


def _open_choice() -> FaceChoice:
    recognizer = load_recognizer(EMBEDDED_RECOGNIZER, runtime=Runtime())
    calibration = open_scoring(recognizer, model=EMBEDDED_RECOGNIZER).calibration
    detector = load_detector(EMBEDDED, runtime=Runtime(), every_size=True)
    return FaceChoice(detector, recognizer, calibration, usual_limits(EMBEDDED, EMBEDDED_RECOGNIZER).min_score)


def _pictures(places: Sequence[Path], at_most: int) -> Iterator[Image]:
    """At most so many pictures of each folder or zip, evenly spread."""
    for place in places:
        data = list(_read(place))
        for each in data[:: max(1, len(data) // at_most)]:
            try:
                yield decode_or_raise(each)
            except PictureError:
                continue


def _read(place: Path) -> Iterator[bytes]:
    if place.is_dir():
        yield from (path.read_bytes() for path in sorted(place.iterdir()) if path.suffix.lower() in PICTURE_SUFFIXES)
        return
    with ZipFile(place) as archive:
        names = [name for name in archive.namelist() if Path(name).suffix.lower() in PICTURE_SUFFIXES]
        yield from map(archive.read, names)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.upright", description=__doc__)
    parser.add_argument("--pictures", type=Path, nargs="+", required=True, help="folders or zips of portraits")
    parser.add_argument("--at-most", type=int, default=150, help="pictures of each (150)")
    return parser


if __name__ == "__main__":
    main()

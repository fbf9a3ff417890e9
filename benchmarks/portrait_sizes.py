"""Portraits of every size: does enrolment take them, and refuse what it must not take?

The portraits are aligned pictures of one person each, such as those of LFW: the face fills the picture, as in a
passport photograph cut close. They are enrolled as they are, enlarged, and placed small in a large picture. Two people
side by side, and pictures without a face (`--negatives`), must be refused. *Right face* is the share of the taken whose
vector has a cosine of at least SAME_COSINE with that of the known place of the face.

    python -m benchmarks.portrait_sizes --data lfw-view2.zip --negatives negatives.zip
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Image
from detectors.load import EMBEDDED, load_detector
from detectors.pictures import decode_picture
from detectors.runtime import Runtime
from distill.data.sources import read_pictures
from recognizer.gallery import Gallery
from recognizer.gallery.enroll import Enroller, Outcome, Verdict, usual_limits
from recognizer.gallery.folders import Photo
from recognizer.load import load_recognizer, open_scoring
from recognizer.population import embed_enrolled, read_people

LARGE_PX = 4000
SAME_COSINE = 0.6
MAX_REASONS = 3
HEADS = ["pictures", "size", "number", "taken", "right face", "refused"]

Make = Callable[[Image], Image]


def main() -> None:
    """Print the table, and write it into a document on request."""
    options = _parser().parse_args()
    faces = [pictures[0] for pictures in read_people(options.data).values()]
    chosen = [faces[row] for row in np.linspace(0, len(faces) - 1, 2 * options.count).astype(int)]
    portraits, others = chosen[::2], chosen[1::2]
    negatives = _read_negatives(options.negatives, options.count)
    enroller = make_enroller()
    rows = list(portrait_rows(enroller, portraits))
    rows += list(wrong_rows(enroller, portraits, others, negatives))
    text = f"{provenance('benchmarks.portrait_sizes')}\n\n{table(HEADS, rows)}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "portrait sizes", text)


def make_enroller() -> Enroller:
    """What `glimpse enroll` uses without flags, and with the limits that it uses then."""
    recognizer = load_recognizer(EMBEDDED, runtime=Runtime())
    scoring = open_scoring(recognizer, model=EMBEDDED)
    limits = usual_limits(EMBEDDED, EMBEDDED)
    return Enroller(
        load_detector(EMBEDDED, runtime=Runtime(), every_size=True),
        recognizer,
        scoring.calibration,
        keep_chips=False,
        cohort=scoring.cohort,
        **limits._asdict(),
    )


def enlarge(side: int) -> Make:
    """A picture resized to this longer side, pixels."""

    def make(image: Image) -> Image:
        scale = side / max(image.shape[:2])
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=how), np.uint8)

    return make


def place(side: int) -> Make:
    """A square picture of LARGE_PX in which the picture, resized to `side`, stands in the upper middle.

    What surrounds it continues its border, blurred: no hard edge, and nothing to find.
    """

    def make(image: Image) -> Image:
        face = enlarge(side)(image)
        above, left = LARGE_PX // 5, (LARGE_PX - side) // 2
        below, right = LARGE_PX - side - above, LARGE_PX - side - left
        canvas = cv2.copyMakeBorder(face, above, below, left, right, cv2.BORDER_REPLICATE)
        canvas = cv2.resize(cv2.blur(cv2.resize(canvas, (200, 200)), (9, 9)), (LARGE_PX, LARGE_PX))
        canvas[above : above + side, left : left + side] = face
        return np.asarray(canvas, np.uint8)

    return make


SIZES: dict[str, Make] = {
    "112 px": enlarge(112),
    "672 px": enlarge(672),
    f"{LARGE_PX} px, filled": enlarge(LARGE_PX),
    f"{LARGE_PX} px, face in 224 px of it": place(224),
}


def portrait_rows(enroller: Enroller, portraits: Sequence[Image]) -> Iterator[list[str]]:
    """One row for each size of the portraits, which are to be taken."""
    truth = embed_enrolled(enroller.recognizer, list(portraits))
    for size, make in SIZES.items():
        with tempfile.TemporaryDirectory() as folder, Gallery(Path(folder) / "g.db", create=True) as gallery:
            outcomes = enrol(enroller, (make(image) for image in portraits), gallery, size)
            vectors = {face.source: face.vector for _, face in gallery.faces()}
        cosines = [float(truth[int(source)] @ vector) for source, vector in vectors.items()]
        yield _row("portraits of one", size, outcomes, [cosine >= SAME_COSINE for cosine in cosines])


def wrong_rows(
    enroller: Enroller, portraits: Sequence[Image], others: Sequence[Image], negatives: Sequence[Image]
) -> Iterator[list[str]]:
    """One row for each size of two people side by side, and of pictures without a face: all are to be refused."""
    pairs = [np.hstack(pair) for pair in zip(portraits, others, strict=True)]
    for name, pictures, sides in (
        ("two people", pairs, (224, 1344)),
        ("no face", negatives, (112, 672)),
    ):
        for side in sides if pictures else ():
            with tempfile.TemporaryDirectory() as folder, Gallery(Path(folder) / "g.db", create=True) as gallery:
                make, size = enlarge(side), f"{side} px"
                yield _row(name, size, enrol(enroller, map(make, pictures), gallery, f"{name}, {size}"), [])


def enrol(enroller: Enroller, pictures: Iterator[Image], gallery: Gallery, title: str) -> list[Outcome]:
    """Enrol each picture as another person, named by its number."""
    photos = (Photo(Path(), f"p{row}", str(row), pixels=image) for row, image in enumerate(pictures))
    outcomes = enroller.enroll_photos(photos, gallery)
    return list(track(outcomes, title, total=None, console=Console(stderr=True)))


def _row(name: str, size: str, outcomes: Sequence[Outcome], right: Sequence[bool]) -> list[str]:
    refused = [outcome for outcome in outcomes if outcome.verdict is not Verdict.TAKEN]
    taken = len(outcomes) - len(refused)
    reasons = Counter(outcome.reason.partition(":")[0] for outcome in refused).most_common(MAX_REASONS)
    return [
        name,
        size,
        str(len(outcomes)),
        f"{100 * taken / len(outcomes):.1f} % ({taken})",
        f"{100 * sum(right) / len(right):.1f} %" if right else "",
        ", ".join(f"{count} {reason}" for reason, count in reasons),
    ]


def _read_negatives(source: Path | None, count: int) -> list[Image]:
    pictures = (decode_picture(picture.data) for picture in islice(read_pictures(source), count)) if source else ()
    return [picture for picture in pictures if picture is not None]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder or zip of person/picture, aligned")
    parser.add_argument("--negatives", type=Path, help="folder or zip of pictures without a face")
    parser.add_argument("--count", type=int, default=200, help="pictures of each kind (200)")
    parser.add_argument("--write", type=Path, metavar="MD", help="also write the table into this document")
    return parser


if __name__ == "__main__":
    main()

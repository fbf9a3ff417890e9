"""Portraits of one person: how many boxes a detector gives the face, and whether enrolment takes it, by face height.

Each portrait is resized so that its face, by the first of the --reference detector's boxes, has the height asked for. A
portrait is left out where the reference finds no face or several, and at heights to which it would have to be enlarged.
Only the held-out third is used: training may have seen the others (distill/detector/split.py). *Landmarks* is the mean
distance of the five from the reference's, as a share of the eye distance: the median over the best box of each.

    python -m benchmarks.portraits --data closeups.zip --reference yunet_n.onnx --detector embedded yunet_n.onnx
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Float32, Image
from detectors.base import Detections, FaceDetector
from detectors.load import EMBEDDED, load_detector
from detectors.resize import ResizedDetector
from detectors.runtime import Runtime
from distill.data.sources import read_pictures
from distill.detector.split import Part, part_of
from recognizer.gallery import Gallery
from recognizer.gallery.enroll import (
    EMBEDDED_MAX_BLUR,
    EMBEDDED_MIN_MIRROR,
    EMBEDDED_MIN_SCORE,
    MIN_SCORE,
    Enroller,
    Verdict,
)
from recognizer.load import load_recognizer, open_scoring

HEIGHTS_PX = (48, 64, 96, 129, 200, 258, 400, 515)
REFERENCE_SIDE_PX = 640  # above it, the reference puts small boxes into large faces
REFERENCE_SCORE = 0.7
COUNTED_SCORE = 0.4
MAX_ENLARGED = 1.2  # a portrait is enlarged by at most this factor
HEADS = ["detector", "face", "portraits", "one box", "several", "none", "landmarks", "enrolled", "refused"]


@dataclass(frozen=True)
class Portrait:
    """A picture of one person, BGR uint8 (H,W,3), the height of the face in it, and its landmarks (5,2), pixels."""

    image: Image
    face_px: float
    landmarks: Float32

    def at_height(self, px: float) -> "Portrait | None":
        """The picture with a face of this height; None where it would have to be enlarged."""
        scale = px / self.face_px
        if scale > MAX_ENLARGED:
            return None
        size = (round(self.image.shape[1] * scale), round(self.image.shape[0] * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        image = np.asarray(cv2.resize(self.image, size, interpolation=how), np.uint8)
        return Portrait(image, px, self.landmarks * np.float32(scale))


def main() -> None:
    """Print the table, and write it into a document on request."""
    options = _parser().parse_args()
    reference = load_detector(options.reference, runtime=Runtime(), score=REFERENCE_SCORE)
    portraits = list(read_portraits(Path(options.data), ResizedDetector(reference, REFERENCE_SIDE_PX)))
    rows = [row for model in options.detector for row in list_rows(model, portraits, options.px)]
    text = f"{provenance('benchmarks.portraits')}\n\n{table(HEADS, rows)}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "portraits", text)


def read_portraits(source: Path, reference: FaceDetector) -> Iterator[Portrait]:
    """The held-out pictures of a folder or zip in which the reference finds one face."""
    for picture in read_pictures(source):
        image = picture.decode() if part_of(picture.data) is Part.HELD_OUT else None
        found = reference.detect(image) if image is not None else None
        if image is not None and found is not None and len(found) == 1 and found.landmarks is not None:
            yield Portrait(image, float(found.boxes[0, 3] - found.boxes[0, 1]), found.landmarks[0])


def list_rows(model: str, portraits: Sequence[Portrait], heights: Sequence[int]) -> Iterator[list[str]]:
    """One row for each face height that some portrait can show."""
    detector = load_detector(model, runtime=Runtime(), every_size=True)
    recognizer = load_recognizer(EMBEDDED, runtime=Runtime())
    scoring = open_scoring(recognizer, model=EMBEDDED, file="")
    embedded = model == EMBEDDED
    enroller = Enroller(
        detector,
        recognizer,
        scoring.calibration,
        min_score=EMBEDDED_MIN_SCORE if embedded else MIN_SCORE,
        max_blur=EMBEDDED_MAX_BLUR,
        min_mirror=EMBEDDED_MIN_MIRROR,
        cohort=scoring.cohort,
        keep_chips=False,
    )
    for px in track(heights, Path(model).stem, console=Console(stderr=True)):
        resized = [one for portrait in portraits if (one := portrait.at_height(px)) is not None]
        if resized:
            found = [detector.detect(portrait.image) for portrait in resized]
            enrolled = enrol(enroller, [portrait.image for portrait in resized])
            error = landmark_error(found, resized)
            yield [Path(model).stem, f"{px} px", str(len(resized)), *count_boxes(found), f"{error:.3f}", *enrolled]


def count_boxes(found: Sequence[Detections]) -> list[str]:
    """Share of pictures with one box of COUNTED_SCORE, with several, and with none."""
    counts = [int((one.scores >= COUNTED_SCORE).sum()) for one in found]
    shares = [sum(test) for test in zip(*((count == 1, count > 1, count == 0) for count in counts), strict=True)]
    return [f"{100 * share / len(found):.1f} %" for share in shares]


def landmark_error(found: Sequence[Detections], portraits: Sequence[Portrait]) -> float:
    """Median over pictures of the mean distance of the best box's landmarks, as a share of the eye distance."""
    errors = []
    for one, portrait in zip(found, portraits, strict=True):
        if one.landmarks is not None and len(one):
            truth = portrait.landmarks
            distances = np.linalg.norm(one.landmarks[int(np.argmax(one.scores))] - truth, axis=1)
            errors.append(float(distances.mean() / np.linalg.norm(truth[0] - truth[1])))
    return float(np.median(errors)) if errors else float("nan")


def enrol(enroller: Enroller, images: Sequence[Image]) -> list[str]:
    """Share of pictures that are enrolled, and the reasons for refusing the others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "people"
        for number, image in enumerate(images):
            path = folder / f"person {number}" / "portrait.png"
            path.parent.mkdir(parents=True)
            cv2.imwrite(str(path), image)
        with Gallery(Path(name) / "people.db", create=True) as gallery:
            outcomes = list(enroller.enroll(folder, gallery))
    taken = sum(outcome.verdict is Verdict.TAKEN for outcome in outcomes)
    reasons = Counter(outcome.reason.partition(":")[0] for outcome in outcomes if outcome.verdict is not Verdict.TAKEN)
    return [
        f"{100 * taken / len(outcomes):.1f} % ({taken}/{len(outcomes)})",
        ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder or zip of portraits of one person each")
    parser.add_argument("--reference", required=True, help="ONNX file of the detector that gives the faces' heights")
    parser.add_argument("--detector", nargs="+", default=[EMBEDDED], help="embedded, or ONNX files")
    parser.add_argument("--px", type=int, nargs="+", default=HEIGHTS_PX, help=f"face heights, pixels {HEIGHTS_PX}")
    parser.add_argument("--write", type=Path, metavar="MD", help="also write the table into this document")
    return parser


if __name__ == "__main__":
    main()

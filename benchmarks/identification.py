"""Who is named right, who wrong and who not at all, by face size and number of crops.

Half of the people with six or more photographs are enrolled with one sharp photograph each. Their other photographs,
shrunk and with a detector's landmark error, are the probes. The other half are strangers, and so are the faces of
--strangers, a zip from another source than the calibration's.

    python -m benchmarks.identification --recognizer embedded --settings recognizer/weights/calibration_tiny.yaml \
        --data lfw-view2.zip --strangers uk.zip --count 300 --px 12,16,24,32 --write README.md
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console

from benchmarks.section import provenance, write_section
from configs.markdown import table
from detectors.arrays import Float32, Image
from detectors.runtime import Runtime
from recognizer.base import Decision, Recognizer, State
from recognizer.calibration import Calibration
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex
from recognizer.load import FAMILIES, load_recognizer, open_scoring
from recognizer.onnx import load_chip_spec
from recognizer.population import LANDMARK_JITTER, embed_shrunk, read_people, read_pictures

Faces = Sequence[Sequence[Image]]  # by person

CROPS = 5
CROP_INTERVAL_SECONDS = 10.0  # so far apart that only the vectors tell whether crops are independent
CROP_CHOICES = (("1", 1, 1), ("5 of one photo", CROPS, 1), ("5 photos", CROPS, CROPS))  # label, crops, photographs
HEADS = [
    "face",
    "crops",
    "named right",
    "named wrong",
    "not named",
    "strangers named",
    "others named",
]


@dataclass(frozen=True)
class Trial:
    """What decides, and the faces it decides about; `names` are those of the enrolled people."""

    recognizer: Recognizer
    calibration: Calibration
    index: GalleryIndex
    names: Sequence[str]
    enrolled: Faces
    strangers: Faces
    elsewhere: Faces


def main() -> None:
    """Print the table, and write it into a document on request."""
    options = _parser().parse_args()
    trial = _prepare(options)
    rows = [list(row) for px in options.px.split(",") for row in list_rows(trial, int(px))]
    text = f"{provenance('benchmarks.identification')}\n\n{table(HEADS, rows)}"
    Console(soft_wrap=True, highlight=False, markup=False).print(text)
    if options.write:
        write_section(options.write, f"identification {Path(options.recognizer).stem}", text)


def _prepare(options: argparse.Namespace) -> Trial:
    """Load the models and enrol every second person who has enough photographs."""
    spec = None if options.recognizer in FAMILIES else load_chip_spec(options.settings)
    recognizer = load_recognizer(options.recognizer, spec=spec, runtime=Runtime())
    people = read_people(Path(options.data))
    names = sorted(name for name, pictures in people.items() if len(pictures) > CROPS)
    enrolled, strangers = names[::2], names[1::2]
    vectors = embed_shrunk(recognizer, [people[name][0] for name in enrolled], 112)
    scoring = open_scoring(recognizer, model=options.recognizer, file=options.settings)
    return Trial(
        recognizer,
        scoring.calibration,
        GalleryIndex(recognizer.model_id, vectors, enrolled, cohort=scoring.cohort),
        enrolled,
        [people[name][1 : CROPS + 1] for name in enrolled],
        [people[name][:CROPS] for name in strangers],
        [[picture] for picture in read_pictures(Path(options.strangers))[: options.count]],
    )


def list_rows(trial: Trial, px: int) -> Iterator[list[str]]:
    """The rows of one face height: one for each choice of crops."""
    for label, crops, photographs in CROP_CHOICES:
        known, strangers, elsewhere = (
            _decide_all(trial, faces, px, crops=crops, photographs=photographs)
            for faces in (trial.enrolled, trial.strangers, trial.elsewhere)
        )
        right = sum(
            decision.person == name for decision, name in zip(known, trial.names, strict=True) if _is_named(decision)
        )
        named = sum(map(_is_named, known))
        counts = (right, named - right, len(known) - named)
        shares = [_share(count, known) for count in counts]
        alarms = [_share(sum(map(_is_named, group)), group) for group in (strangers, elsewhere)]
        yield [f"{px} px", label, *shares, *alarms]


def _decide_all(trial: Trial, faces: Faces, px: int, *, crops: int, photographs: int) -> list[Decision]:
    """One decision per person, from so many crops of the person's first photographs."""
    rule = DecisionRule()
    if crops == 1:
        rule = msgspec.structs.replace(rule, min_effective=1.0)
    views = [
        embed_shrunk(
            trial.recognizer,
            [pictures[crop % min(photographs, len(pictures))] for pictures in faces],
            px,
            jitter=LANDMARK_JITTER,
            seed=crop + 100,
        )
        for crop in range(crops)
    ]
    return [_decide(trial, [vectors[person] for vectors in views], px, rule) for person in range(len(faces))]


def _decide(trial: Trial, vectors: Sequence[Float32], px: int, rule: DecisionRule) -> Decision:
    evidence = Evidence()
    for crop, vector in enumerate(vectors):
        evidence.add(vector, weight=1.0, face_px=px, time=crop * CROP_INTERVAL_SECONDS)
    return decide(evidence, trial.index, rule, trial.calibration)


def _is_named(decision: Decision) -> bool:
    return decision.state is State.NAMED


def _share(count: int, decisions: Sequence[Decision]) -> str:
    return f"{100 * count / len(decisions):.1f} % ({count}/{len(decisions)})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="ONNX file, or `embedded` for the one that ships")
    parser.add_argument("--settings", required=True, help="YAML with chip_spec and calibration")
    parser.add_argument("--data", required=True, help="folder or zip of person/picture, aligned")
    parser.add_argument("--strangers", required=True, help="zip of aligned faces of people who are not in the data")
    parser.add_argument("--count", type=int, default=500, help="how many of those")
    parser.add_argument("--px", default="12,16,24", help="face heights, pixels")
    parser.add_argument("--write", type=Path, metavar="MD", help="also put the table into this document")
    return parser


if __name__ == "__main__":
    main()

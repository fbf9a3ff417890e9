"""Who gets named, rightly and wrongly, when faces are small: the table of docs/recognition.md.

Half of the people with six or more photographs are enrolled with one sharp photograph each; the rest of their
photographs, shrunk and with a detector's landmark error, are probes. Everybody else is a stranger, and so are the faces
of --strangers, a zip from another source than the calibration's.

    python -m benchmarks.identification --recognizer edgeface_xs.onnx --settings configs/recognizers/edgeface_xs.yaml \
        --data lfw-view2.zip --strangers uk.zip
    python -m benchmarks.identification ... --weights
"""

import argparse
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from detectors.arrays import Float32, Image
from detectors.runtime import Runtime
from recognizer.base import Decision, Recognizer, State
from recognizer.calibration import Calibration, load_calibration
from recognizer.chips import cut_chip
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex
from recognizer.load import EMBEDDED, load_recognizer
from recognizer.onnx import load_spec
from recognizer.population import JITTER, embed_views, read_people, view
from recognizer.quality import crop_weight, sharpness

Faces = Sequence[Sequence[Image]]

CROPS = 5
APART = 10.0  # seconds between crops: looks are as independent as their vectors


@dataclass(frozen=True)
class Trial:
    """Everything a table is made with."""

    recognizer: Recognizer
    calibration: Calibration
    index: GalleryIndex
    rule: DecisionRule


def main() -> None:
    """Print one table."""
    options = _parser().parse_args()
    spec = None if options.recognizer == EMBEDDED else load_spec(options.settings)  # what ships tells it itself
    recognizer = load_recognizer(options.recognizer, spec=spec, runtime=Runtime())
    people = read_people(Path(options.data))
    if options.weights:
        _weights(recognizer, people)
        return
    calibration = load_calibration(options.settings, recognizer.model_id)
    often = sorted(name for name, pictures in people.items() if len(pictures) > CROPS)
    enrolled, strangers = often[::2], often[1::2]
    vectors = embed_views(recognizer, [people[name][0] for name in enrolled], 112)
    trial = Trial(recognizer, calibration, GalleryIndex(recognizer.model_id, vectors, enrolled), DecisionRule())
    groups: dict[str, Faces] = {
        "enrolled": [people[name][1 : CROPS + 1] for name in enrolled],
        "strangers": [people[name][:CROPS] for name in strangers],
        "elsewhere": [[picture] for picture in _flat(Path(options.strangers))[: options.count]],
    }
    _show(trial, groups, enrolled, [int(px) for px in options.px.split(",")])


def _show(trial: Trial, groups: dict[str, Faces], names: list[str], sizes: Sequence[int]) -> None:
    columns = (
        "px",
        "crops",
        "right name",
        "wrong name",
        "candidate or ambiguous",
        "strangers named",
        "elsewhere named",
    )
    people = ", ".join(f"{len(faces)} {name}" for name, faces in groups.items())
    table = Table(*columns, title=f"{trial.recognizer.model_id}: {people}")
    for px in sizes:
        for label, looks, pick in (
            ("1", 1, _same),
            (f"{CROPS} of one photo", CROPS, _same),
            (f"{CROPS} photos", CROPS, _different),
        ):
            rule = msgspec.structs.replace(trial.rule, min_effective=1.0) if looks == 1 else trial.rule
            row = Trial(trial.recognizer, trial.calibration, trial.index, rule)
            known, strange, far = (_decisions(row, faces, px, looks, pick) for faces in groups.values())
            named = [decision.state is State.NAMED for decision in known]
            right = [done and decision.person == name for done, decision, name in zip(named, known, names, strict=True)]
            unsure = [decision.state in (State.CANDIDATE, State.AMBIGUOUS) for decision in known]
            wrong = sum(named) - sum(right)
            table.add_row(
                str(px),
                label,
                _share(sum(right), known),
                _share(wrong, known),
                _share(sum(unsure), known),
                _share(sum(decision.state is State.NAMED for decision in strange), strange),
                _share(sum(decision.state is State.NAMED for decision in far), far),
            )
    Console(width=150).print(table)


def _decisions(
    trial: Trial, faces: Faces, px: int, looks: int, pick: Callable[[Sequence[Image], int], Image]
) -> list[Decision]:
    views = [
        embed_views(trial.recognizer, [pick(pictures, look) for pictures in faces], px, jitter=JITTER, seed=look + 100)
        for look in range(looks)
    ]
    decisions = []
    for person in range(len(faces)):
        evidence = Evidence()
        for look, vectors in enumerate(views):
            evidence.add(vectors[person], weight=1.0, face_px=px, time=look * APART)
        decisions.append(decide(evidence, trial.index, trial.rule, trial.calibration))
    return decisions


def _weights(recognizer: Recognizer, people: dict[str, list[Image]]) -> None:
    """Rank-1 among everybody, pooling five photographs of faces between 8 and 24 px, by what the crops are weighted."""
    often = sorted(name for name, pictures in people.items() if len(pictures) > CROPS)
    names = sorted(people)
    gallery = embed_views(recognizer, [people[name][0] for name in names], 112)
    truth = np.array([names.index(name) for name in often])
    random = np.random.default_rng(7)
    ways = ("equal", "size", "size squared", "sharpness", "size x sharpness", "crop_weight")
    hits = dict.fromkeys(ways, 0)
    rounds = 4
    for _ in range(rounds):
        pools: dict[str, list[Float32]] = {way: [] for way in ways}
        for name in often:
            vectors, weights = _mixed(recognizer, people[name][1 : CROPS + 1], random)
            for way, weight in zip(ways, weights, strict=True):
                pools[way].append(weight @ vectors)
        for way in ways:
            hits[way] += int((np.argmax(np.stack(pools[way]) @ gallery.T, axis=1) == truth).sum())
    table = Table(
        "weight", "rank-1", title=f"{recognizer.model_id}: {len(often)} people x {rounds}, among {len(names)}"
    )
    for way in ways:
        table.add_row(way, f"{100 * hits[way] / (rounds * len(often)):.1f} %")
    Console().print(table)


def _mixed(recognizer: Recognizer, pictures: Sequence[Image], random: np.random.Generator) -> tuple[Float32, Float32]:
    """Vectors (5,D) of crops of random sizes, and their weights (6,5) by each way."""
    chips, rows = [], []
    for picture in pictures:
        px = int(random.integers(8, 25))
        image, points = view(picture, px, jitter=JITTER, random=random)
        chip = cut_chip(image, points, recognizer.spec_for(px))
        sharp = sharpness(chip)
        full = crop_weight(chip, face_px=px, landmarks=points, score=1.0)
        rows.append([1, px, px**2, sharp, px * sharp, full])
        chips.append(chip)
    return recognizer.embed(np.stack(chips)), np.array(rows, np.float32).T


def _same(pictures: Sequence[Image], look: int) -> Image:
    return pictures[0]


def _different(pictures: Sequence[Image], look: int) -> Image:
    return pictures[look % len(pictures)]


def _share(count: int, decisions: Sequence[Decision]) -> str:
    return f"{100 * count / len(decisions):.1f} % ({count}/{len(decisions)})"


def _flat(path: Path) -> list[Image]:
    """Pictures of a zip without folders, one stranger each."""
    with zipfile.ZipFile(path) as archive:
        names = sorted({name for name in archive.namelist() if name.lower().endswith((".jpg", ".webp", ".png"))})
        pictures = (cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR) for name in names)
        return [np.asarray(picture, np.uint8) for picture in pictures if picture is not None]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", required=True, help="ONNX file, or `embedded` for what ships")
    parser.add_argument("--settings", required=True, help="YAML with chip_spec and calibration")
    parser.add_argument("--data", required=True, help="folder or zip of person/picture, aligned")
    parser.add_argument("--strangers", help="zip of aligned faces of people who are not in the data")
    parser.add_argument("--count", type=int, default=500, help="how many of those")
    parser.add_argument("--px", default="12,16,24", help="face heights, pixels")
    parser.add_argument("--weights", action="store_true", help="compare ways to weight crops instead")
    return parser


if __name__ == "__main__":
    main()

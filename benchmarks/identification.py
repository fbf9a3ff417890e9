"""Who is named right, who wrong and who not at all, by face size and number of crops.

Half of the people with six or more photographs are enrolled with one sharp photograph each. Their other photographs,
shrunk and with a detector's landmark error, are the probes. The other half are strangers, and so are the faces of
--strangers, a zip from another source than the calibration's.

    python -m benchmarks.identification --recognizer base tiny edgeface_xs.onnx omz_reid_0095.onnx \\
        --data lfw-view2.zip --strangers uk.zip --write docs/results/naming.md --readme README.md
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import msgspec

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Image
from detectors.runtime import Runtime
from recognizer.base import Decision, Readings, Recognizer, State
from recognizer.calibration import Calibration
from recognizer.decide import DecisionRule, decide
from recognizer.gallery.index import GalleryIndex
from recognizer.load import FAMILIES, load_recognizer, open_scoring
from recognizer.onnx import load_chip_spec
from recognizer.population import LANDMARK_JITTER, embed_enrolled, pool_crops, read_people, read_pictures, read_shrunk
from recognizer.worst_group import WORST, Groups

Faces = Sequence[Sequence[Image]]  # by person

CROPS = 5
CROP_CHOICES = (("1", 1, 1), ("5 of one photo", CROPS, 1), ("5 photos", CROPS, CROPS))  # label, crops, photographs
SIZES_PX = (12, 16, 20, 24, 32, 48, 64)
PROFILES = Path(__file__).parents[1] / "configs" / "recognizers"
HEADS = ["face", "crops", "named right", "named wrong", "not named", "strangers named", "others named"]
README_HEADS = ["face", *(label for label, _, _ in CROP_CHOICES), "strangers named"]
PAGE = """\
# Who is named

Made by `python -m benchmarks.identification`; do not edit.

Half of LFW's people with six or more photographs are enrolled with one sharp photograph each; their other photographs,
shrunk and with a detector's landmark error, are probes. *Strangers* are the other half, *others* faces of another
source. `1` crop uses `min_effective` 1, which the default does not allow for faces below 32 px. *5 of one photo* are
five views that differ in jitter alone and count as one or two independent looks; crops of a real track lie between them
and *5 photos*. None of a few hundred means below one per cent with 95 % confidence, no more.
"""


@dataclass(frozen=True)
class Outcome:
    """Decisions about one face height and choice of crops, counted. known, strangers, others: how many were tried.

    groups: `decision.groups`.
    """

    px: int
    crops: str
    right: int
    wrong: int
    known: int
    strangers_named: int
    strangers: int
    others_named: int
    others: int
    groups: Groups = WORST

    def cells(self) -> list[str]:
        """A row of the page."""
        missed = self.known - self.right - self.wrong
        shares = [_share(count, self.known) for count in (self.right, self.wrong, missed)]
        alarms = [_share(self.strangers_named, self.strangers), _share(self.others_named, self.others)]
        return [f"{self.px} px", self.crops, *shares, *alarms]


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
    groups: Sequence[Groups] = (WORST,)


def main() -> None:
    """Print the tables, and write them into documents on request."""
    options = _parser().parse_args()
    people, others = read_people(Path(options.data)), read_pictures(Path(options.strangers))[: options.count]
    results: dict[str, list[Outcome]] = {}
    for model in options.recognizer:
        trial = _prepare(model, people, others, options.groups)
        found = [outcome for px in options.px for outcome in count_names(trial, px)]
        for groups in _told_apart(trial):
            title = Path(model).stem + (f", `decision.groups: {groups}`" if groups != WORST else "")
            results[title] = [outcome for outcome in found if outcome.groups == groups]
    origin = provenance("benchmarks.identification")
    tables = [f"## {name}\n\n{table(HEADS, [one.cells() for one in found])}" for name, found in results.items()]
    page = "\n\n".join([PAGE.rstrip(), origin, *tables])
    print_markdown(page)
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(page + "\n", encoding="utf-8")
    if options.readme:
        write_section(options.readme, "naming", f"{origin}\n\n{readme_table(next(iter(results.values())))}")


def readme_table(outcomes: Sequence[Outcome]) -> str:
    """A row for each face height: right / wrong / not named in per cent for each choice of crops, and all strangers."""
    rows = []
    for px in dict.fromkeys(outcome.px for outcome in outcomes):
        found = [outcome for outcome in outcomes if outcome.px == px]
        named = sum(one.strangers_named + one.others_named for one in found)
        tried = sum(one.strangers + one.others for one in found)
        rows.append([f"{px} px", *map(_short, found), f"{named} of {tried}"])
    return table(README_HEADS, rows)


def _short(outcome: Outcome) -> str:
    counts = (outcome.right, outcome.wrong, outcome.known - outcome.right - outcome.wrong)
    return " / ".join(f"{100 * count / outcome.known:.0f}" for count in counts)


def _prepare(model: str, people: dict[str, list[Image]], others: Sequence[Image], groups: Sequence[Groups]) -> Trial:
    """Load a model, with its profile in configs/recognizers, and enrol every second person with enough photographs."""
    profile = PROFILES / f"{Path(model).stem}.yaml"
    file = "" if model in FAMILIES else str(profile)
    recognizer = load_recognizer(model, spec=load_chip_spec(file) if file else None, runtime=Runtime())
    names = sorted(name for name, pictures in people.items() if len(pictures) > CROPS)
    enrolled, strangers = names[::2], names[1::2]
    vectors = embed_enrolled(recognizer, [people[name][0] for name in enrolled])
    scoring = open_scoring(recognizer, model=model, file=file)
    return Trial(
        recognizer,
        scoring.calibration,
        GalleryIndex(recognizer.model_id, vectors, enrolled, cohort=scoring.cohort),
        enrolled,
        [people[name][1 : CROPS + 1] for name in enrolled],
        [people[name][:CROPS] for name in strangers],
        [[picture] for picture in others],
        groups,
    )


def count_names(trial: Trial, px: int) -> Iterator[Outcome]:
    """What becomes of everybody at one face height, for each choice of crops."""
    groups = [_Views(trial.recognizer, faces, px) for faces in (trial.enrolled, trial.strangers, trial.elsewhere)]
    for (label, crops, photographs), rule in product(CROP_CHOICES, map(_rule, _told_apart(trial))):
        decisions = [_decide_all(trial, group, rule, crops=crops, photographs=photographs) for group in groups]
        named = [sum(map(_is_named, found)) for found in decisions]
        right = sum(
            _is_named(decision) and decision.person == name
            for decision, name in zip(decisions[0], trial.names, strict=True)
        )
        known, strangers, others = map(len, decisions)
        wrong = named[0] - right
        yield Outcome(px, label, right, wrong, known, named[1], strangers, named[2], others, rule.groups)


def _told_apart(trial: Trial) -> Sequence[Groups]:
    """The settings that differ: all of them mean the same to a calibration that does not know of groups."""
    return trial.groups if trial.calibration.worst_group else trial.groups[:1]


def _rule(groups: Groups) -> DecisionRule:
    return DecisionRule(groups=groups)


class _Views:
    """Readings of people's photographs at one face height; the same view is read once."""

    def __init__(self, recognizer: Recognizer, faces: Faces, px: int) -> None:
        self.faces, self.px = faces, px
        self._recognizer = recognizer
        self._known: dict[tuple[int, ...], Readings] = {}

    def read(self, crop: int, photographs: int) -> Readings:
        """One reading per person, of crop number `crop` from so many photographs."""
        chosen = tuple(crop % min(photographs, len(pictures)) for pictures in self.faces)
        if (crop, *chosen) not in self._known:
            pictures = [own[number] for own, number in zip(self.faces, chosen, strict=True)]
            self._known[crop, *chosen] = read_shrunk(
                self._recognizer, pictures, self.px, jitter=LANDMARK_JITTER, seed=crop + 100
            )
        return self._known[crop, *chosen]


def _decide_all(trial: Trial, views: _Views, rule: DecisionRule, *, crops: int, photographs: int) -> list[Decision]:
    """One decision per person, from so many crops of the person's first photographs."""
    if crops == 1:
        rule = msgspec.structs.replace(rule, min_effective=1.0)
    readings = [views.read(crop, photographs) for crop in range(crops)]
    pools = [pool_crops(readings, person, views.px, trial.calibration.lengths) for person in range(len(views.faces))]
    return [decide(evidence, trial.index, rule, trial.calibration) for evidence in pools]


def _is_named(decision: Decision) -> bool:
    return decision.state is State.NAMED


def _share(count: int, tried: int) -> str:
    return f"{100 * count / tried:.1f} % ({count}/{tried})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--recognizer", nargs="+", required=True, help="tiny, base, or ONNX files with a profile in configs/recognizers"
    )
    parser.add_argument("--data", required=True, help="folder or zip of person/picture, aligned")
    parser.add_argument("--strangers", required=True, help="zip of aligned faces of people who are not in the data")
    parser.add_argument("--count", type=int, default=300, help="how many of those (300)")
    parser.add_argument("--px", type=int, nargs="+", default=SIZES_PX, help=f"face heights, pixels {SIZES_PX}")
    parser.add_argument(
        "--groups", nargs="+", choices=("worst", "mean"), default=[WORST], help="decision.groups (worst)"
    )
    parser.add_argument("--write", type=Path, metavar="MD", help="also write the page")
    parser.add_argument("--readme", type=Path, metavar="MD", help="put the first model's figures into this document")
    return parser


if __name__ == "__main__":
    main()

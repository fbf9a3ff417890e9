"""What "this is not Ada" does to later decisions: false names that go, and right names that are lost.

People of --data with two photographs and more are enrolled in turn from one, and everybody else is a stranger, at a
rate of false names that is loose enough to give many. Each false name is marked once, from a track of the stranger's
first photograph. Then other tracks come: the same track again, other crops of the same photograph, and crops of another
one. Right names are those of the enrolled people's other photographs, where somebody was marked as not them. The lead
that a negative needs is chosen on one half of the people, and the table is of the other half.

    python -m benchmarks.corrections --data lfw-view2.zip --write docs/history.md
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Float32, Image, Mask
from detectors.runtime import Runtime
from recognizer.base import State
from recognizer.calibration import per_comparison
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.negatives import Negatives
from recognizer.load import EMBEDDED, Scoring, load_recognizer, open_scoring
from recognizer.population import LANDMARK_JITTER, embed_enrolled, pool_crops, read_people, read_shrunk

FALSE_ALARM = 0.05
CROPS = 4
LEADS = (0.0, 0.03, 0.06)
HEADS = ["marked at", "seen at", "what comes again", "false names", "gone", "right names", "lost", "lost, all at once"]


@dataclass(frozen=True)
class Tracks:
    """Pooled crops of one face height: of each person's first photograph, twice, and of the second one."""

    marked: Sequence[Evidence]
    again: Sequence[Evidence]
    other: Sequence[Evidence]


@dataclass(frozen=True)
class Trial:
    """What decides. vectors: of one enrolled photograph each, float32 (P,D).  seen: tracks by face height."""

    model_id: str
    scoring: Scoring
    vectors: Float32
    seen: dict[int, Tracks]
    people: int

    def index(self, person: int, negatives: Sequence[Evidence]) -> GalleryIndex:
        """A gallery of one person with these tracks marked as not theirs."""
        rows = np.array([one.template() for one in negatives], np.float32).reshape(-1, self.vectors.shape[1])
        marked = Negatives(rows, ("X",) * len(rows))
        face = self.vectors[person][None]
        return GalleryIndex(self.model_id, face, ["X"], cohort=self.scoring.cohort, negatives=marked)


@dataclass
class Counts:
    """What was counted; lost_at_once: right names lost with every negative of a person together."""

    false: int = 0
    gone: int = 0
    right: int = 0
    lost: int = 0
    right_at_once: int = 0
    lost_at_once: int = 0

    @property
    def gone_share(self) -> float:
        return self.gone / max(self.false, 1)

    @property
    def lost_share(self) -> float:
        return self.lost / max(self.right, 1)

    def cells(self) -> list[str]:
        at_once = self.lost_at_once / max(self.right_at_once, 1)
        shares = (self.gone_share, self.lost_share, at_once)
        gone, lost, lost_at_once = (f"{100 * share:.1f} %" for share in shares)
        return [str(self.false), gone, str(self.right), lost, lost_at_once]


def main() -> None:
    """Print the tables, and write them on request."""
    options = _parser().parse_args()
    sizes = [int(px) for px in options.px.split(",")]
    trial = prepare(Path(options.data), sizes)
    halves = [list(range(half, trial.people, 2)) for half in (0, 1)]
    text = "\n\n".join([_chosen(trial, halves[0], sizes), _measured(trial, halves[1], sizes)])
    text = f"{text}\n\n{provenance('benchmarks.corrections')}"
    if options.write:
        write_section(options.write, "corrections", text)
    print_markdown(text)


def prepare(data: Path, sizes: Sequence[int]) -> Trial:
    """Read everybody with two photographs and more."""
    recognizer = load_recognizer(EMBEDDED, runtime=Runtime())
    scoring = open_scoring(recognizer, model=EMBEDDED)
    people = {name: pictures for name, pictures in read_people(data).items() if len(pictures) > 1}
    names = [str(name) for name in np.random.default_rng(0).permutation(sorted(people))]
    first, second = ([people[name][which] for name in names] for which in (0, 1))

    def tracks(pictures: list[Image], px: int, seed: int) -> list[Evidence]:
        jitter = LANDMARK_JITTER
        views = [read_shrunk(recognizer, pictures, px, jitter=jitter, seed=seed + crop) for crop in range(CROPS)]
        return [pool_crops(views, row, px, scoring.calibration.lengths) for row in range(len(pictures))]

    seen = {px: Tracks(tracks(first, px, 900), tracks(first, px, 950), tracks(second, px, 970)) for px in sizes}
    return Trial(recognizer.model_id, scoring, embed_enrolled(recognizer, first), seen, len(names))


def count(trial: Trial, people: Sequence[int], marked_px: int, px: int, kind: str, lead: float) -> Counts:
    """Mark each false name of `marked_px` once, and decide on later tracks of `px`. kind: a field of Tracks."""
    counts, seen, marks = Counts(), trial.seen[px], trial.seen[marked_px].marked
    again: Sequence[Evidence] = getattr(seen, kind)
    near, near_again = (_near(trial, people, tracks) for tracks in (marks, again))
    for column, person in enumerate(people):
        bare = trial.index(person, [])
        strangers = [people[row] for row in np.flatnonzero(near[:, column]).tolist() if people[row] != person]
        false = [row for row in strangers if _is_named(marks[row], bare, trial, lead)]
        is_right = bool(false) and _is_named(seen.other[person], bare, trial, lead)
        for row in false:
            index = trial.index(person, [marks[row]])
            if near_again[people.index(row), column] and _is_named(again[row], bare, trial, lead):
                counts.false += 1
                counts.gone += not _is_named(again[row], index, trial, lead)
            counts.right += is_right
            counts.lost += is_right and not _is_named(seen.other[person], index, trial, lead)
        if is_right:
            counts.right_at_once += 1
            all_of_them = trial.index(person, [marks[row] for row in false])
            counts.lost_at_once += not _is_named(seen.other[person], all_of_them, trial, lead)
    return counts


def _near(trial: Trial, people: Sequence[int], tracks: Sequence[Evidence]) -> Mask:
    """Whose tracks (N) come near to whose photographs (N): the others need not be decided on one by one."""
    templates = np.stack([tracks[row].template() for row in people])
    names = [f"{place:05}" for place in range(len(people))]
    index = GalleryIndex(trial.model_id, trial.vectors[list(people)], names, cohort=trial.scoring.cohort)
    px = tracks[0].pooled_px
    limit = trial.scoring.calibration.threshold(px, CROPS, 2 * per_comparison(FALSE_ALARM, 77))
    return np.asarray(index.search(templates).scores >= limit, np.bool_)


def _is_named(track: Evidence, index: GalleryIndex, trial: Trial, lead: float) -> bool:
    """Whether a track gets the name of the one person of a gallery, as in a gallery of 77 faces."""
    rate = per_comparison(FALSE_ALARM, 77)
    rule = msgspec.structs.replace(DecisionRule(), false_alarm=rate, min_effective=1.0, negative_lead=lead)
    return decide(track, index, rule, trial.scoring.calibration).state is State.NAMED


def _pairs(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    yield from ((px, px) for px in sizes)
    yield sizes[0], sizes[-1]
    yield sizes[-1], sizes[0]


def _chosen(trial: Trial, people: Sequence[int], sizes: Sequence[int]) -> str:
    rows = []
    for lead in LEADS:
        found = [count(trial, people, *pair, "other", lead) for pair in _pairs(sizes)]
        gone, lost = min(one.gone_share for one in found), max(one.lost_share for one in found)
        rows.append([f"{lead:+.2f}", f"{100 * gone:.1f} %", f"{100 * lost:.1f} %"])
    heads = ["lead", "false names gone, another photograph, worst pair of sizes", "right names lost, worst pair"]
    return f"Half of {trial.people} people, to choose the lead (`decision.negative_lead`):\n\n{table(heads, rows)}"


def _measured(trial: Trial, people: Sequence[int], sizes: Sequence[int]) -> str:
    lead = DecisionRule().negative_lead
    kinds = {"marked": "the same track", "again": "other crops of the photograph", "other": "another photograph"}
    rows = []
    for pair in _pairs(sizes):
        for kind, shown in kinds.items():
            if kind == "marked" and pair[0] != pair[1]:
                continue
            counts = count(trial, people, *pair, kind, lead)
            rows.append([f"{pair[0]} px", f"{pair[1]} px", shown, *counts.cells()])
    return f"The other half, at the lead {lead:g}:\n\n{table(HEADS, rows)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder or zip of person/picture, aligned")
    parser.add_argument("--px", default="16,24,40", help="face heights, pixels")
    parser.add_argument("--write", type=Path, help="page to write the tables into")
    return parser


if __name__ == "__main__":
    main()

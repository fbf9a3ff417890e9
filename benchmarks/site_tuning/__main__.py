"""Fits a student to made sites and says who is named right from far, before and after.

The people are of LFW, from whom no student has learnt. Each site has a camera and people of its own. `python -m distill
site` gets the tracks of two weeks as files and does all the rest, refusals included. Then, two weeks later: regulars
(learnt from; another photograph is enrolled, and a third one comes back), newcomers (not learnt from), and strangers.
`right` counts names at the score that one stranger in twenty reaches; `by rule` and `wrong` those of the shipped rule
of decision. Settings were chosen on a fourth site (`--choosing`), with another camera and other people. A run that was
killed goes on where it was, with the same --work.

    python -m benchmarks.site_tuning --data lfw-view2.zip --work made-sites --write docs/training/site.md
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.section import print_markdown, provenance, write_section
from benchmarks.site_tuning.cast import Cast, cast_sites
from benchmarks.site_tuning.made_camera import CHOOSING, SITES, MadeSite, film
from benchmarks.site_tuning.recordings import FILMS, LATER, record
from benchmarks.site_tuning.score import UP_TO_PX, Found, Watch, right_at, right_by_rule, threshold, wrong_by_rule
from configs.markdown import table
from detectors.runtime import Runtime
from distill.data.store import write_atomic
from distill.site import model_folder
from distill.site.card import false_name_figures, figures
from distill.site.tune import Asked, Outcome, tune
from distill.site.views import Amount
from recognizer.load import load_recognizer, open_scoring
from recognizer.population import read_people

GROUPS = ("regulars", "newcomers", "strangers")
HEADS = (
    "who",
    "face up to",
    "tracks",
    "right before",
    "right after",
    "by rule before",
    "after",
    "wrong before",
    "after",
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one site. rows: of the table, before and after."""

    site: MadeSite
    outcome: Outcome
    rows: list[list[str]]


def main() -> None:
    """Print the tables, or write them into a document."""
    options = _parser().parse_args()
    casts = cast_sites(read_people(options.data), len(SITES) + 1, share=options.share, seed=options.seed)
    pairs = list(zip((CHOOSING, *SITES), casts, strict=True))
    chosen = pairs[:1] if options.choosing else pairs[1:]
    asked = [pair for pair in chosen if not options.site or pair[0].name in options.site]
    results = [run_site(site, cast, options) for site, cast in asked]
    text = "\n\n".join([*(describe(result) for result in results), provenance("benchmarks.site_tuning")])
    print_markdown(text)
    if options.write:
        write_section(options.write, "site tuning", text)


def run_site(site: MadeSite, cast: Cast, options: argparse.Namespace) -> Result:
    """Film a site, fit the student to it, and score before and after; or read what was found before."""
    folder = options.work / f"{site.name.replace(' ', '-')}-{options.seed}"
    done = folder / "result.json"
    if not done.exists():
        outcome = _tune(site, cast, folder, options)
        fitted = folder / ("fitted" if outcome.installed else "refused")
        rows = score(site, cast, options.recognizer, str(fitted), seed=FILMS * options.seed + FILMS - 1)
        result = Result(site, outcome, rows)
        write_atomic(done, msgspec.json.encode(result))
    return msgspec.json.decode(done.read_bytes(), type=Result)


def _tune(site: MadeSite, cast: Cast, folder: Path, options: argparse.Namespace) -> Outcome:
    """What `python -m distill site` made of a site; it goes on where it was killed."""
    told = folder / "outcome.json"
    if not told.exists():
        for made in ("tracks", "fitted", "refused"):
            model_folder.discard(folder / made)
        record(folder / "tracks", site, load_recognizer(options.recognizer, runtime=Runtime()), cast, seed=options.seed)
        asked = Asked(
            folder / "tracks",
            folder / "fitted",
            options.recognizer,
            amount=Amount(options.mixed, options.views),
            keep_refused=folder / "refused",
        )
        write_atomic(told, msgspec.json.encode(tune(asked)))
    return msgspec.json.decode(told.read_bytes(), type=Outcome)


def score(site: MadeSite, cast: Cast, before: str, after: str, *, seed: int) -> list[list[str]]:
    """The rows of a site's table."""
    enrolled = [photo for photo, _ in (*cast.regulars, *cast.newcomers)]
    models = [load_recognizer(name, runtime=Runtime()) for name in (before, after)]
    watches = [
        Watch(model, open_scoring(model, model=name), enrolled)
        for model, name in zip(models, (before, after), strict=True)
    ]
    again = [later for _, later in (*cast.regulars, *cast.newcomers)]
    known, strange = (film(site, models[0], pictures, LATER, seed=seed) for pictures in (again, cast.strangers))
    found, false = ([watch.find(tracks, UP_TO_PX) for watch in watches] for tracks in (known, strange))
    rows = []
    for row, px in enumerate(UP_TO_PX):
        sides = ([side[row] for side in found], [side[row] for side in false])
        rows += _rows(f"{px:g} px", *sides, len(cast.regulars))
    return sorted(rows, key=lambda row: GROUPS.index(row[0]))


def _rows(size: str, found: Sequence[list[Found]], false: Sequence[list[Found]], regulars: int) -> list[list[str]]:
    """The rows of one size. found: of regulars and then newcomers, before and after.  false: of strangers."""
    rows = []
    for who, own, first in ((GROUPS[0], slice(regulars), 0), (GROUPS[1], slice(regulars, None), regulars)):
        tracks = [one[own] for one in found]
        equal = [right_at(one, first, threshold(strange)) for one, strange in zip(tracks, false, strict=True)]
        right = [right_by_rule(one, first) for one in tracks]
        wrong = [wrong_by_rule(one, first) for one in tracks]
        count = len(tracks[0])
        rows.append([who, size, str(count), *(_share(one, count) for one in (*equal, *right)), *map(str, wrong)])
    wrong = [wrong_by_rule(one, None) for one in false]
    return [*rows, [GROUPS[2], size, str(len(false[0])), "", "", "", "", *map(str, wrong)]]


def _share(count: int, total: int) -> str:
    return f"{count} ({100 * count / max(total, 1):.0f} %)"


def describe(result: Result) -> str:
    """The heading, the verdict and the tables of one site."""
    outcome = result.outcome
    refused = f"**refused**; what it would have given stands under `after`. {' '.join(outcome.objections)}"
    verdict = "**installed**." if outcome.installed else refused
    return "\n\n".join(
        [
            f"**{result.site.name}** ({result.site.describe()}): {verdict} {outcome.choice}",
            f"What the command measured, with visitors who came after those that it learnt from. {outcome.links}",
            figures(outcome.shares),
            false_name_figures(outcome.false_names),
            "Two weeks later, which the command did not see:",
            table(HEADS, result.rows, align_right=True),
        ]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="zip or folder of person/picture: LFW")
    parser.add_argument("--recognizer", default="base", help="family to start from (base)")
    parser.add_argument("--site", action="append", help="only the site of this name; may be repeated")
    parser.add_argument("--share", type=float, default=1.0, help="of the usual numbers of people (1)")
    parser.add_argument("--seed", type=int, default=0, help="of who is on which site, but for that of --choosing (0)")
    parser.add_argument("--work", type=Path, required=True, help="folder of what is made on the way")
    parser.add_argument("--mixed", type=int, default=Amount().mixed)
    parser.add_argument("--views", type=int, default=Amount().views)
    parser.add_argument("--choosing", action="store_true", help="the site that settings are chosen on")
    parser.add_argument("--write", type=Path, help="document with the section `site tuning`")
    return parser


if __name__ == "__main__":
    main()

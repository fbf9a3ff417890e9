"""False matches and misses by group of people at the thresholds that ship, and the factor that holds for the worst.

Everybody's crop, shrunk and with a detector's landmark error, is compared with everybody else's photograph as it would
be enrolled. --write makes the page and its picture; --calibrations writes the factor into the calibrations that ship.

    python -m benchmarks.fairness --faces FOLDER --people lfw-view2.zip --teacher edgeface_xs.onnx \\
        --write docs/models/fairness.md --calibrations
"""

import argparse
import datetime
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.fairness.control import count_control, read_strangers
from benchmarks.fairness.kept import Arrays, keep
from benchmarks.fairness.matches import Counter, Matches, draw_people, find_matches
from benchmarks.fairness.misses import Missed, count_missed, read_named, read_rmfd, score_own
from benchmarks.fairness.page import write_page
from benchmarks.fairness.people import Group, Person, list_groups, read_portraits, read_utk
from benchmarks.fairness.picture import draw
from benchmarks.fairness.readings import Read, digest_of, read_everybody
from benchmarks.fairness.result import Result, list_group_results
from benchmarks.fairness.same_people import read_sharp, set_aside, share_lost
from benchmarks.fairness.worst import LEAST_EXPECTED, Judge, calibration_mix
from benchmarks.section import command_line, print_markdown
from detectors.arrays import Float32, Image
from detectors.runtime import Runtime
from recognizer.calibration import per_comparison, read_calibration
from recognizer.calibration_part import write_part
from recognizer.load import Scoring, load_recognizer, open_scoring, shipped_calibration
from recognizer.worst_group import WorstGroup

FALSE_ALARM, ENROLLED = 0.001, 100  # the default, with so many faces enrolled
ASKED = per_comparison(FALSE_ALARM, ENROLLED)
NEAREST = ("United Kingdom", "United States")  # whose portraits come nearest to the people of the calibration
MODULE = "benchmarks.fairness"


def main() -> None:
    """Measure, print the page, and write what is asked for."""
    options = _parser().parse_args()
    read = [*read_utk(options.faces / "utk.zip", most=options.most), *read_portraits(options.faces, most=options.most)]
    people, pictures = [person for person, _ in read], [picture for _, picture in read]
    sharp = read_sharp(options.teacher, pictures, cache=options.cache)
    known = {"RMFD, learnt from": read_rmfd(options.faces / "rmfd.zip")} if options.people else {}
    if options.people:
        known |= {"LFW": read_named(options.people, most=options.most_known)}
    strangers = read_strangers(options.people, most=options.most_strangers) if options.people else []
    results = [_measure(name, people, pictures, sharp, known, strangers, options.cache) for name in options.recognizer]
    if options.calibrations:
        for result in results:
            if result.mix.matches < LEAST_EXPECTED:  # faces learnt from may give too few to tell a ratio
                sys.stderr.write(f"{result.name}: {result.mix.matches} matches of the mix are too few for a factor\n")
                continue
            write_part(Path(shipped_calibration(result.name)), "worst_group", _part(result))
    page = write_page(results, people, ASKED, MODULE, picture=f"{options.write.stem}.png", held=_list_held(results))
    print_markdown(page)
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(page + "\n", encoding="utf-8")
    draw(results, ASKED, options.write.with_suffix(".png"))


def _measure(
    name: str,
    people: Sequence[Person],
    pictures: Sequence[Image],
    sharp: Float32,
    known: Mapping[str, dict[str, list[Image]]],
    strangers: Sequence[Image],
    cache: Path | None,
) -> Result:
    recognizer = load_recognizer(name, runtime=Runtime())
    scoring = open_scoring(recognizer, model=name)
    read = read_everybody(recognizer, pictures, cache=cache)
    every = _find(read, scoring, f"{recognizer.weights}-{scoring.calibration.cohort}-{digest_of(pictures)}", cache)
    found = set_aside(every, sharp, people)
    groups = list_groups(people)
    judge = _judge(people, groups, Counter(scoring.calibration, found, draw_people(_strata(people))))
    results = list_group_results(judge, groups, ASKED)
    worst = judge.worst(groups, ASKED)
    factor = judge.factor(worst, ASKED)
    rates = {"mean": ASKED, "worst": ASKED / factor.value}
    own = {whose: score_own(recognizer, scoring, shown, cache=cache) for whose, shown in known.items()}
    missed: dict[tuple[str, str], Sequence[Missed]] = {
        (whose, which): count_missed(scores, scoring.calibration, asked)
        for whose, scores in own.items()
        for which, asked in rates.items()
    }
    sys.stderr.write(f"{name}: worst {worst.name}, factor {factor.value:.2f}\n")
    aside = sum(len(every[px].scores) - len(found[px].scores) for px in found)
    lowest = {px: scoring.calibration.threshold(px, 1, ASKED) for px in found}
    return Result(
        name=name,
        set_aside=aside,
        lost=share_lost(every, sharp, people, lowest),
        mix=judge.mix(ASKED),
        portraits=judge.mix(ASKED, "country"),
        groups=results,
        worst=worst,
        factor=factor,
        found=judge.ratio(worst, ASKED),
        missed=missed,
        control=count_control(recognizer, scoring, strangers, ASKED, cache=cache) if strangers else None,
    )


def _list_held(results: Sequence[Result]) -> list[str]:
    """The recognisers whose calibration holds a factor as it ships."""
    names = [result.name for result in results]
    return [name for name in names if read_calibration(shipped_calibration(name)).worst_group]


def _find(read: Read, scoring: Scoring, name: str, cache: Path | None) -> dict[int, Matches]:
    found = {}
    for px, views in read.views.items():
        arrays = keep(cache, f"matches-{px}-{name}", partial(_as_arrays, views, read.faces, px, scoring))
        found[px] = Matches(arrays["probes"], arrays["faces"], arrays["scores"])
    return found


def _as_arrays(views: Float32, faces: Float32, px: int, scoring: Scoring) -> Arrays:
    return asdict(find_matches(views, faces, px, scoring))


def _judge(people: Sequence[Person], groups: Sequence[Group], counter: Counter) -> Judge:
    near = np.array([one.country in NEAREST for one in people])
    return Judge(counter, calibration_mix(people), groups[0].members, near)


def _strata(people: Sequence[Person]) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """A number for each origin and country: people are drawn again within these."""
    names = sorted({one.origin or one.country for one in people})
    return np.array([names.index(one.origin or one.country) for one in people], np.intp)


def _part(result: Result) -> WorstGroup:
    return WorstGroup(
        factor=round(result.factor.value, 2),
        group=result.worst.name,
        ratio=round(result.found.value, 2),
        least=round(result.found.least, 2),
        most=round(result.found.most, 2),
        command=command_line(MODULE),
        data="utk.zip, uk.zip, thai.zip, korea.zip, ushouse.zip",
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognizer", nargs="+", default=["tiny", "base", "large"], help="families that ship")
    parser.add_argument("--faces", type=Path, required=True, help="folder of utk.zip, portraits and rmfd.zip")
    parser.add_argument("--people", type=Path, help="zip of person/picture, not learnt from; without it, no misses")
    parser.add_argument("--teacher", type=Path, required=True, help="recogniser that tells pairs of one person")
    parser.add_argument("--most", type=int, default=1200, help="faces of each origin and country (1200)")
    parser.add_argument("--most-known", type=int, default=300, help="people whose misses are counted (300)")
    parser.add_argument("--most-strangers", type=int, default=1500, help="people of the control (1500)")
    parser.add_argument("--write", type=Path, default=Path("docs/models/fairness.md"), help="page to write")
    parser.add_argument("--calibrations", action="store_true", help="write the factor into calibrations that ship")
    parser.add_argument("--cache", type=Path, help="folder to keep what was read, and to use instead of reading")
    return parser


if __name__ == "__main__":
    main()

"""The day of a shop: 12 hours, 6 cameras, 30 enrolled people, 200 strangers of whom 40 return, in a few minutes.

Each visit is a clip made from a photograph of a real person, as `benchmarks.walks` makes them. Detections and vectors
are computed once and kept in --out, so a run that was broken off goes on. Tracker, decisions, history, unknown groups
and alerts then run the whole day on a clock that the benchmark moves. People are of the half of the data that
`recognizer.calibrate_links` leaves out.

    python -m benchmarks.shop_day --data lfw-view2.zip --scenes neg_street.zip --video mall-entrance.mp4 \\
        --write docs/results/shop_day.md

Without --data a few generated portraits of docs/faces come: that only shows that everything runs.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.section import print_markdown, provenance, write_section
from benchmarks.shop_day.alike import count_alike
from benchmarks.shop_day.cast import Shopper, Size, draw_cast
from benchmarks.shop_day.clips import Shown, make_clips
from benchmarks.shop_day.day_clock import DayClock
from benchmarks.shop_day.page import PAGE, Outcome, make_group_tables, make_tables
from benchmarks.shop_day.past import search_past
from benchmarks.shop_day.plan import plan_day
from benchmarks.shop_day.play import play
from benchmarks.shop_day.rooms import open_rooms
from benchmarks.shop_day.score import count_groups, read_groups
from benchmarks.shop_day.site import make_site
from benchmarks.shop_day.stage import Stage
from benchmarks.walks.__main__ import plain_wall, read_pictures
from benchmarks.walks.people import WalkingPerson, enroll
from benchmarks.walks.portraits import read_portraits
from detectors.arrays import Image
from detectors.runtime import Runtime
from pipeline.alerts.reader import AlertReader
from pipeline.parts.models import open_detector, open_recognizer
from pipeline.resume.cache import InferenceCache
from pipeline.settings.types import Settings
from pipeline.tracks.crops import embed_with
from recognizer.calibrate_links import half_of
from recognizer.open_links import open_links
from recognizer.population import read_people
from tests.synthetic.http_receiver import HttpReceiver, http_receiver

ROOT = Path(__file__).parents[2]
HALF = 1  # of the people: the other half made the calibration of links
SECTION, SECTION_AGAIN = "shop day", "shop day, one photograph"


@dataclass(frozen=True)
class Day:
    """Everybody, their clips, and who was enrolled of those who asked."""

    cast: Sequence[Shopper]
    clips: Sequence[Shown]
    gallery: Path
    taken: set[str]
    seconds: float


def main() -> None:
    """Print the tables, or write them into a document."""
    options = _parser().parse_args()
    day = prepare(options)
    make = make_group_tables if options.one_photograph else make_tables
    text = f"{make(run(day, options))}\n\n{provenance('benchmarks.shop_day')}"
    print_markdown(text)
    if options.write:
        section = SECTION_AGAIN if options.one_photograph else SECTION
        if not options.write.exists():
            options.write.parent.mkdir(parents=True, exist_ok=True)
            options.write.write_text(PAGE.format(section=section), encoding="utf-8")
        write_section(options.write, section, text)


def prepare(options: argparse.Namespace) -> Day:
    """Draw everybody, make the clips, and enrol."""
    size = Size(options.enrolled, options.strangers, options.returning, options.later, options.watched)
    cast = draw_cast(_read_faces(options.data), size, seed=options.seed, one_photograph=options.one_photograph)
    seconds = options.hours * 3600.0
    visits = plan_day(cast, options.video, seconds, seed=options.seed)
    backgrounds = read_pictures(options.scenes) if options.scenes else [plain_wall()]
    clips = list(make_clips(visits, backgrounds, options.out / "clips"))
    Console(stderr=True).print(f"{len(clips)} clips, {sum(shown.frames for shown in clips)} frames")
    people = [WalkingPerson(one.name, one.photo, one.looks[0]) for one in cast if one.photo is not None]
    gallery, taken, _ = enroll(people, options.out / "gallery", ["--recognizer", options.recognizer])
    return Day(cast, clips, gallery, taken, seconds)


def run(day: Day, options: argparse.Namespace) -> Outcome:
    """Play the day and count."""
    with tempfile.TemporaryDirectory() as name, http_receiver() as receiver:
        folder = Path(name)
        enrolled = [one.name for one in day.cast if one.is_enrolled]
        watched = enrolled[: options.watched]
        settings = make_site(
            options.recognizer,
            day.gallery,
            folder,
            receiver.url,
            people=enrolled,
            watched=watched,
            seconds=day.seconds,
        )
        return _run(day, options, settings, folder, receiver, set(watched))


def _run(
    day: Day, options: argparse.Namespace, settings: Settings, folder: Path, receiver: HttpReceiver, watched: set[str]
) -> Outcome:
    links = open_links(options.recognizer)
    if links is None:
        raise SystemExit(f"--recognizer {options.recognizer}: expected one whose links ship")
    clock = DayClock()
    visits = [shown.visit for shown in day.clips]
    order = {shown.key: number for number, shown in enumerate(day.clips)}
    models = {"recognizer": links.model_id, "detector": settings.detector.model}
    cache = InferenceCache.open(options.out / "networks.cache", fingerprint=models, resume=True)
    stage = _open_stage(settings, day.clips, clock, cache)
    with open_rooms(settings, folder, links, clock, receiver) as rooms:
        played = play(settings, stage, rooms, clock, day.seconds, order)
        came = count_groups(visits, played.owners, read_groups(rooms.database))
        rooms.regroup()
        after_night = count_groups(visits, played.owners, read_groups(rooms.database))
    cache.close()
    later = [one for one in day.cast if one.later is not None]
    past = search_past(later, options.out / "later", folder / "history.db", options.recognizer, played.owners)
    alike = count_alike(folder / "history.db", links, played.owners)
    with AlertReader(folder / "alerts.db") as reader:
        alerts = reader.alerts(limit=100_000)
    return Outcome(
        day.cast,
        day.clips,
        day.taken,
        watched,
        played,
        (came, after_night),
        past,
        alike,
        alerts,
        receiver,
        day.seconds,
    )


def _open_stage(settings: Settings, clips: Sequence[Shown], clock: DayClock, cache: InferenceCache) -> Stage:
    runtime = Runtime(settings.device, settings.threads)
    recognizer = open_recognizer(settings, runtime)
    if recognizer is None:
        raise ValueError("shop_day: expected a recogniser, got none")
    return Stage(clips, clock, cache, open_detector(settings, runtime).detect, embed_with(recognizer))


def _read_faces(data: Path | None) -> dict[str, list[Image]]:
    """Photographs by person, of those whom the calibration of links has not seen."""
    if data is None:
        return read_portraits(ROOT / "docs" / "faces")
    return {name: list(shown) for name, shown in read_people(data).items() if half_of(name) == HALF}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.shop_day", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    size = Size()
    parser.add_argument("--recognizer", default="large", help="tiny, base or large (large)")
    parser.add_argument("--data", type=Path, help="folder or zip of person/picture, aligned, 112 px")
    parser.add_argument("--scenes", type=Path, help="zip of pictures of streets without faces")
    parser.add_argument("--video", nargs="*", default=[], help="real videos of strangers, each shown once")
    parser.add_argument("--hours", type=float, default=12.0, help="length of the day (12)")
    parser.add_argument("--enrolled", type=int, default=size.enrolled, help="people enrolled before (30)")
    parser.add_argument("--strangers", type=int, default=size.strangers, help="people who are not enrolled (200)")
    parser.add_argument("--returning", type=int, default=size.returning, help="of them, those who return (40)")
    parser.add_argument("--later", type=int, default=size.later, help="of these, people enrolled at the end (5)")
    parser.add_argument("--watched", type=int, default=size.watched, help="enrolled people on the watch-list (5)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--one-photograph", action="store_true", help="who returns shows one photograph, in another street and walk"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "shop_day", help="folder of clips and the cache")
    parser.add_argument("--write", type=Path, metavar="MD", help="document to write the tables into")
    return parser


if __name__ == "__main__":
    main()

"""People enrolled at the end of the day: how much of their past a search finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.shop_day.cast import Shopper
from benchmarks.shop_day.play import Place, TrackId
from benchmarks.shop_day.score import count_hits
from benchmarks.walks.people import WalkingPerson, enroll
from detectors.runtime import Runtime
from pipeline.history.reader import HistoryReader
from pipeline.history.search import Sought, search
from recognizer.gallery.store import Gallery
from recognizer.load import load_recognizer, open_scoring

STRANGERS = (0.01, 0.1, 1.0)
ALL = 100_000


@dataclass(frozen=True)
class Past:
    """What searches for all of them found together.

    strangers: that each search may expect.  people: who were enrolled, of `asked`.  tracks: of them, with a template.
    right, false: tracks found of them, and of others.  compared: templates of each search.
    """

    strangers: float
    asked: int
    people: int
    tracks: int
    right: int
    false: int
    compared: int


def search_past(
    later: Sequence[Shopper], folder: Path, history: Path, recognizer: str, owners: Mapping[TrackId, Place]
) -> list[Past]:
    """Enrol people from a further photograph, and search the history for each."""
    if not later:
        return []
    people = [WalkingPerson(one.name, one.later, one.looks[0]) for one in later]
    gallery, taken, _ = enroll(people, folder, ["--recognizer", recognizer])
    opened = load_recognizer(recognizer, runtime=Runtime())
    scoring = open_scoring(opened, model=recognizer)
    with Gallery(gallery, read_only=True) as store:
        index = store.index(opened.model_id)
    found = []
    with HistoryReader(history) as reader:
        rows = reader.by_id([track for page in reader.templates(opened.model_id) for track in page.tracks])
        kept = [owners.get((row.camera, row.track), (0, ""))[1] for row in rows.values()]
        for strangers in STRANGERS:
            right = false = 0
            for name in sorted(taken):
                vectors = index.vectors[[row for row, owner in enumerate(index.labels) if owner == name]]
                hits = search(
                    reader,
                    Sought(vectors),
                    scoring.calibration,
                    scoring.cohort,
                    max_strangers=strangers,
                    limit=ALL,
                ).hits
                of_them, of_others = count_hits(hits, name, owners)
                right, false = right + of_them, false + of_others
            tracks = sum(kept.count(name) for name in taken)
            found.append(Past(strangers, len(later), len(taken), tracks, right, false, len(kept)))
    return found

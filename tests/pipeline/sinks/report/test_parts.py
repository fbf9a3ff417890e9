"""The parts of the report by themselves: crops, records, timelines, words, summaries, the table."""

import csv
import io
import itertools

import cv2
import numpy as np
import pytest

from detectors.arrays import Image
from pipeline.events import Evidence
from pipeline.sinks.report.crops import LARGEST, BestCrop, cut
from pipeline.sinks.report.records import Change, TrackRecord
from pipeline.sinks.report.summary import bands, people, worth_showing
from pipeline.sinks.report.timeline import MAX_LANES, timeline
from pipeline.sinks.report.tracks_csv import tracks_csv
from pipeline.sinks.report.words import changed, clock, length, verdict
from pipeline.types import Track


def known(state: str, person: str | None = "Ada", score: float = 0.7, **others: object) -> Evidence:
    facts: dict[str, object] = dict(threshold=0.5, margin=0.1, faces=1, effective=1.0, median_px=14.0, reasons=())
    return Evidence(state=state, person=person, score=score, **(facts | others))  # type: ignore[arg-type]


def record(
    track: int, first: float = 0.0, last: float = 1.0, state: str = "unknown", person: str | None = None, px: float = 14
) -> TrackRecord:
    made = TrackRecord("cam", track, first, first, evidence=known(state, person))
    made.seen(last, last, px)
    return made


def scene(blur: float = 0.0) -> Image:
    image = np.random.default_rng(0).integers(0, 255, (100, 100, 3)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.uint8) if blur else image


def face(*box: float, score: float = 0.9) -> Track:
    return Track("cam", 1, np.array(box, np.float32), score, None, 0.0)


def test_crop_is_native_pixels_with_a_margin() -> None:
    image = scene()
    got = cut(image, np.array([40, 40, 50, 60], np.float32), margin=0.5)
    assert got is not None
    assert np.array_equal(got, image[30:70, 35:55])


@pytest.mark.parametrize("box", [(np.nan, 0, 1, 1), (200, 200, 210, 210), (5, 5, 5, 5), (9, 9, 3, 3)])
def test_crop_of_nothing(box: tuple[float, ...]) -> None:
    best = BestCrop()
    assert cut(scene(), np.array(box, np.float32), margin=0.0) is None
    best.offer(scene(), face(*box))
    assert best.jpeg() is None


def test_prefers_sharp_to_blurred_large_to_small_whole_to_cut() -> None:
    def quality(image: Image, *box: float, score: float = 0.9) -> float:
        best = BestCrop()
        best.offer(image, face(*box, score=score))
        return best.quality

    reference = quality(scene(), 40, 40, 60, 60)
    assert quality(scene(2.0), 40, 40, 60, 60) < reference
    assert quality(scene(), 40, 40, 50, 50) < reference
    assert quality(scene(), -10, 40, 10, 60) < reference
    assert quality(scene(), 40, 40, 60, 60, score=0.5) < reference
    assert quality(np.full((100, 100, 3), 90, np.uint8), 40, 40, 60, 60) < reference


def test_keeps_the_best_look_and_little_of_it() -> None:
    best = BestCrop()
    for blur in (3.0, 0.0, 2.0):
        best.offer(scene(blur), face(40, 40, 60, 60))
    sharp = cut(scene(), np.array([40, 40, 60, 60], np.float32), margin=0.45)
    assert best.image is not None
    assert np.array_equal(best.image, sharp)
    assert best.image.base is None
    large = BestCrop()
    large.offer(np.tile(scene(), (10, 10, 1)), face(100, 100, 900, 900))
    assert large.image is not None
    assert max(large.image.shape) == LARGEST


def test_record_keeps_sizes_as_a_tally() -> None:
    made = TrackRecord("cam", 1, 0.0, 0.0)
    for index, size in enumerate([10.04, 12.0, 30.0, 11.0] * 100):
        made.seen(index / 25, 0.0, size)
    assert (made.frames, made.max_px, made.median_px, len(made.sizes)) == (400, 30.0, 11.0, 4)
    assert TrackRecord("cam", 1, 0.0, 0.0).median_px == 0.0


def test_one_row_per_person_then_the_nameless() -> None:
    made = timeline(
        [
            record(1, 0, 2, "unknown"),
            record(2, 1, 4, "named", "Zoë"),
            record(3, 2, 3, "named", "Ada"),
            record(4, 5, 6, "named", "Zoë"),
            record(5, 1, 2, "candidate", "Ada"),
            record(6, 1, 2, "ambiguous", "Ada"),
        ]
    )
    assert [row.label for row in made.rows] == ["Zoë", "Ada", "ambiguous (1)", "candidate (1)", "unknown (1)"]
    assert [(bar.name, bar.lane) for bar in made.rows[0].bars] == [("cam-2", 0), ("cam-4", 0)]
    assert made.rows[0].bars[1].left == pytest.approx(100 * 5 / 6)
    assert made.ticks[0] == (0.0, "0:00")


def test_overlapping_tracks_take_lanes_and_lanes_are_bounded() -> None:
    made = timeline([record(n, n / 20, 9) for n in range(100)]).rows[0]
    assert made.lanes == MAX_LANES
    assert made.lanes * made.pitch < 400
    assert [bar.lane for bar in made.bars[:3]] == [0, 1, 2]
    for lane in range(MAX_LANES - 1):
        ends = [(bar.left, bar.left + bar.width) for bar in made.bars if bar.lane == lane]
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(ends))


@pytest.mark.parametrize("seconds", [0.0, 0.04, 3.0, 59.0, 600.0, 86_400.0, 1e7])
def test_axes_of_any_length(seconds: float) -> None:
    made = timeline([record(1, 0.0, seconds)])
    assert 1 <= len(made.ticks) <= 10
    assert all(-0.01 <= at <= 100.01 for at, _ in made.ticks)
    bar = made.rows[0].bars[0]
    assert 0 <= bar.left < bar.left + bar.width <= 100


def test_a_bar_is_pale_until_named() -> None:
    one = record(1, 0.0, 4.0, "named", "Ada")
    one.changes.append(Change(1.0, "named", "Ada", None, 0.7))
    assert timeline([one]).rows[0].bars[0].waiting == 25.0


def test_times_and_durations() -> None:
    assert [clock(t) for t in (0, 59.96, 62.54, 3723.4)] == ["0:00.0", "1:00.0", "1:02.5", "1:02:03.4"]
    assert clock(3600, tenths=False) == "1:00:00"
    assert clock(1_700_000_000, live=True) == "22:13:20"
    assert [length(t) for t in (4.2, 59.97, 200, 7500)] == ["4.2 s", "1 min 0 s", "3 min 20 s", "2 h 5 min"]
    assert length(-3600) == "0.0 s"


def test_verdicts_say_what_was_missing() -> None:
    def say(evidence: Evidence | None) -> str:
        return verdict(TrackRecord("cam", 1, 0, 0, evidence=evidence))

    assert say(known("named")).startswith("Named Ada: score 0.70 reached the 0.50 needed at this face size, 0.10 ahead")
    assert "0.40 is below the 0.50 needed" in say(known("candidate", score=0.4))
    assert "would reach the 0.50 needed, but the evidence is too thin" in say(known("candidate"))
    assert "the next person is only 0.10 behind" in say(known("ambiguous"))
    assert "best score was 0.20 where 0.50 was needed" in say(known("unknown", None, 0.2))
    assert say(known("unknown", None, 0.0)).startswith("Nobody enrolled is near. Judged from 1 face")
    assert "1 face worth" in say(known("named"))
    assert say(None).startswith("Compared with nobody")


def test_changes_of_name_in_words() -> None:
    assert changed(Change(0, "named", "Ada", None, 0.7)) == "named Ada (score 0.70)"
    assert changed(Change(0, "renamed", "Bob", "Ada", 0.7)) == "renamed from Ada to Bob (score 0.70)"
    assert changed(Change(0, "retracted", None, "Bob", 0.2)) == "name Bob taken back (score 0.20)"


def test_people_are_those_named_longest_first() -> None:
    found = people(
        [record(1, 0, 1, "named", "Ada"), record(2, 0, 9, "named", "Bob"), record(3, 0, 99, "candidate", "Cy")]
    )
    assert [(person.name, person.seconds) for person in found] == [("Bob", 9.0), ("Ada", 1.0)]


def test_bands_count_every_track_once() -> None:
    sizes = [5, 11.9, 12, 15.9, 16, 24, 31.9, 32, 500]
    made = bands([record(n, px=size) for n, size in enumerate(sizes)])
    assert [(band.label, band.total) for band in made] == [
        ("under 12 px", 2),
        ("12 to 16 px", 2),
        ("16 to 24 px", 1),
        ("24 to 32 px", 2),
        ("32 px up", 2),
    ]


def test_what_is_worth_showing() -> None:
    records = [record(1, px=99), record(2, px=5), record(3, state="named", person="Ada", px=5), record(4, px=50)]
    assert [one.track for one in worth_showing(records, 3)] == [1, 3, 4]
    assert worth_showing(records, 4) == records


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1", "-1", "@x"])
def test_a_name_is_no_formula(name: str) -> None:
    row = next(csv.DictReader(io.StringIO(tracks_csv([record(1, state="named", person=name)]).decode())))
    assert row["person"] == f"'{name}"


def test_odd_names_survive_the_table() -> None:
    name = 'Zoë, "the\nsecond"'
    row = next(csv.DictReader(io.StringIO(tracks_csv([record(1, state="named", person=name)]).decode())))
    assert row["person"] == name

"""Counts by person and face size, and which tracks a page shows."""

from pipeline.sinks.report.summary import count_by_size, group_by_person, select_for_page
from tests.pipeline.sinks.report.samples import track_record


def test_people_are_sorted_by_time_in_view() -> None:
    found = group_by_person(
        [
            track_record(1, 0, 1, "named", "Ada"),
            track_record(2, 0, 9, "named", "Bob"),
            track_record(3, 0, 99, "candidate", "Cy"),
        ]
    )
    assert [(person.name, person.seconds) for person in found] == [("Bob", 9.0), ("Ada", 1.0)]


def test_every_track_is_in_one_size_band() -> None:
    sizes = [5, 11.9, 12, 15.9, 16, 24, 31.9, 32, 500]
    made = count_by_size([track_record(n, px=size) for n, size in enumerate(sizes)])
    assert [(band.label, band.total) for band in made] == [
        ("under 12 px", 2),
        ("12 to 16 px", 2),
        ("16 to 24 px", 1),
        ("24 to 32 px", 2),
        ("32 px and more", 2),
    ]


def test_named_tracks_and_large_faces_are_shown_first() -> None:
    records = [
        track_record(1, px=99),
        track_record(2, px=5),
        track_record(3, state="named", person="Ada", px=5),
        track_record(4, px=50),
    ]
    assert [record.track for record in select_for_page(records, 3)] == [1, 3, 4]
    assert select_for_page(records, 4) == records

"""The table: every column, live times, hostile and odd names."""

import csv
import io
from pathlib import Path

import pytest

from pipeline.sinks.report.tracks_csv import tracks_to_csv
from tests.pipeline.sinks.report.samples import (
    camera_event,
    make_evidence,
    read_table,
    track_event,
    track_record,
    write_report,
)


def test_the_table_has_every_column(tmp_path: Path) -> None:
    write_report(tmp_path, track_event("end", 1, 0.9, age=0.9, evidence=make_evidence()), camera_event())
    assert read_table(tmp_path) == [
        {
            "camera": "cam",
            "track": "1",
            "first_seconds": "0.000",
            "last_seconds": "0.900",
            "duration_seconds": "0.900",
            "frames": "10",
            "max_face_px": "15.0",
            "median_face_px": "15.0",
            "state": "named",
            "person": "Ada",
            "score": "0.7100",
            "threshold": "0.5500",
            "margin": "0.1200",
            "faces": "9",
            "effective": "4.2",
            "reasons": "9 faces, median 14 px",
            "end_reason": "lost",
            "crop": "faces/cam-1.jpg",
            "first_seen_utc": "",
            "last_seen_utc": "",
            "false_alarm": "0.0042",
            "warnings": "",
            "first_seen": "",
            "last_seen": "",
        }
    ]


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1", "-1", "@x"])
def test_a_name_is_not_a_formula(name: str) -> None:
    row = next(
        csv.DictReader(io.StringIO(tracks_to_csv([track_record(1, state="named", person=name)]).decode("utf-8-sig")))
    )
    assert row["person"] == f"'{name}"


def test_quotes_commas_and_line_breaks_are_preserved() -> None:
    name = 'Zoë, "the\nsecond"'
    row = next(
        csv.DictReader(io.StringIO(tracks_to_csv([track_record(1, state="named", person=name)]).decode("utf-8-sig")))
    )
    assert row["person"] == name

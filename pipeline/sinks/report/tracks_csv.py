"""The table `tracks.csv`: one row for every track, for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterable

from pipeline.sinks.report.records import TrackRecord
from pipeline.sinks.spreadsheet import ENCODING, plain_cell
from pipeline.site.site_time import iso, utc

COLUMNS = (
    "camera track first_seconds last_seconds duration_seconds frames max_face_px median_face_px state person score"
    " threshold margin faces effective reasons end_reason crop first_seen_utc last_seen_utc false_alarm"
    " warnings first_seen last_seen"
).split()


def tracks_to_csv(records: Iterable[TrackRecord], *, live: bool = False) -> bytes:
    """Return the table as UTF-8 with a header row. Only live cameras get wall times: a recording has none.

    `first_seen` and `last_seen` are of the zone of the site, with its offset.
    """
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for record in records:
        table.writerow(
            [
                *_track_cells(record),
                *_evidence_cells(record),
                *_end_cells(record, live=live),
                _chance(record),
                _warnings(record),
                *([iso(at, "milliseconds") for at in (record.first_wall, record.last_wall)] if live else ["", ""]),
            ]
        )
    return text.getvalue().encode(ENCODING)


def _track_cells(record: TrackRecord) -> list[object]:
    times = [f"{seconds:.3f}" for seconds in (record.first, record.last, record.duration)]
    sizes = [f"{record.max_px:.1f}", f"{record.median_px:.1f}"]
    return [plain_cell(record.camera), record.track, *times, record.frames, *sizes, record.state.value]


def _evidence_cells(record: TrackRecord) -> list[object]:
    evidence = record.evidence
    if evidence is None:
        return [""] * 7
    scores = [f"{value:.4f}" for value in (evidence.score, evidence.threshold, evidence.margin)]
    reasons = plain_cell("; ".join(evidence.reasons))
    return [plain_cell(evidence.person or ""), *scores, evidence.faces, f"{evidence.effective:.1f}", reasons]


def _end_cells(record: TrackRecord, *, live: bool) -> list[object]:
    wall_times = [_format_utc(record.first_wall), _format_utc(record.last_wall)] if live else ["", ""]
    return [plain_cell(record.end_reason), f"faces/{record.crop}" if record.crop else "", *wall_times]


def _chance(record: TrackRecord) -> float | str:
    chance = record.evidence.false_alarm if record.evidence else None
    return "" if chance is None else chance


def _warnings(record: TrackRecord) -> str:
    return plain_cell("; ".join(record.evidence.warnings)) if record.evidence else ""


def _format_utc(seconds: float) -> str:
    return utc(seconds).replace("+00:00", "Z")

"""One row per track, for spreadsheets and scripts: the same figures as the page, in full."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from pipeline.sinks.report.records import TrackRecord

COLUMNS = (
    "camera track first_seconds last_seconds duration_seconds frames max_face_px median_face_px state person score"
    " threshold margin faces effective reasons end_reason crop first_seen_utc last_seen_utc"
).split()
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def tracks_csv(records: Iterable[TrackRecord], *, live: bool = False) -> bytes:
    """The table as UTF-8 with a header row. Wall times only for live cameras: of a recording they mean nothing."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for record in records:
        table.writerow([*_figures(record), *_evidence(record), *_rest(record, live=live)])
    return text.getvalue().encode()


def _figures(record: TrackRecord) -> list[object]:
    times = [f"{seconds:.3f}" for seconds in (record.first, record.last, record.duration)]
    sizes = [f"{record.max_px:.1f}", f"{record.median_px:.1f}"]
    return [_text(record.camera), record.track, *times, record.frames, *sizes, record.state.value]


def _evidence(record: TrackRecord) -> list[object]:
    known = record.evidence
    if known is None:
        return [""] * 7
    scores = [f"{value:.4f}" for value in (known.score, known.threshold, known.margin)]
    reasons = _text("; ".join(known.reasons))
    return [_text(known.person or ""), *scores, known.faces, f"{known.effective:.1f}", reasons]


def _rest(record: TrackRecord, *, live: bool) -> list[object]:
    seen = [_utc(record.first_wall), _utc(record.last_wall)] if live else ["", ""]
    return [_text(record.end_reason), f"faces/{record.crop}" if record.crop else "", *seen]


def _text(value: str) -> str:
    """A person called `=HYPERLINK(...)` must stay a name when a spreadsheet opens the file."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

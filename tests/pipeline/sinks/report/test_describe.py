"""Times, decisions and changes of name as text."""

from pipeline.events import Evidence
from pipeline.sinks.report.describe import (
    describe_change,
    describe_track,
    explain_decision,
    format_clock,
    format_duration,
)
from pipeline.sinks.report.records import NameChange, TrackRecord
from tests.pipeline.sinks.report.samples import make_evidence, track_record


def test_times_and_durations() -> None:
    assert [format_clock(t) for t in (0, 59.96, 62.54, 3723.4)] == ["0:00.0", "1:00.0", "1:02.5", "1:02:03.4"]
    assert format_clock(3600, tenths=False) == "1:00:00"
    assert format_clock(1_700_000_000, live=True) == "22:13:20"
    assert [format_duration(t) for t in (4.2, 59.97, 200, 7500)] == ["4.2 s", "1 min 0 s", "3 min 20 s", "2 h 5 min"]
    assert format_duration(-3600) == "0.0 s"


def test_a_decision_says_what_was_missing() -> None:
    def explain(evidence: Evidence | None) -> str:
        return explain_decision(TrackRecord("cam", 1, 0, 0, evidence=evidence))

    named = explain(make_evidence("named", faces=1))
    assert named.startswith("Named Ada: score 0.71 reached the 0.55 needed at this face size, 0.12 ahead")
    assert "1 face, equivalent to 4.2 independent samples" in named
    assert "0.40 is below the 0.55 needed" in explain(make_evidence("candidate", score=0.4))
    assert "with a probability of 0.0042" in explain(make_evidence("candidate"))
    assert "would reach the 0.55 needed, but there is too little evidence" in explain(make_evidence("candidate"))
    assert "the next person is only 0.12 behind" in explain(make_evidence("ambiguous"))
    assert "best score was 0.20, and 0.55 was needed" in explain(make_evidence("unknown", None, 0.2))
    assert explain(make_evidence("unknown", None, 0.0)).startswith("Nobody enrolled is similar. Based on 9 faces")
    assert explain(None).startswith("Not compared with anybody")


def test_changes_of_name() -> None:
    assert describe_change(NameChange(0, "Ada", None, 0.7)) == "named Ada (score 0.70)"
    assert describe_change(NameChange(0, "Bob", "Ada", 0.7)) == "renamed from Ada to Bob (score 0.70)"
    assert describe_change(NameChange(0, None, "Bob", 0.2)) == "name Bob retracted (score 0.20)"


def test_a_track_in_one_line() -> None:
    record = track_record(3, 0.0, 62.5, "candidate", "Ada", 14.2)
    assert (
        describe_track(record) == "Track 3: candidate: Ada (p 0.0042), 0:00.0 to 1:02.5, median face 14 px, score 0.71"
    )
    record.evidence = None
    assert describe_track(record, live=True) == "Track 3: unknown, 00:00:00 to 00:01:02, median face 14 px"

"""Times, decisions and changes of name as text."""

import msgspec
import pytest

from pipeline.events import Evidence
from pipeline.sinks.report.describe import (
    describe_change,
    describe_end,
    describe_reasons,
    describe_track,
    explain_decision,
    format_clock,
    format_duration,
    format_odds,
)
from pipeline.sinks.report.records import NameChange, TrackRecord
from pipeline.sinks.report.timeline import lay_out_timeline
from pipeline.site.site_time import stamp, zone_words
from recognizer.worst_group import SENTENCES, Groups
from tests.pipeline.sinks.report.samples import make_evidence, track_record


def test_times_and_durations() -> None:
    assert [format_clock(t) for t in (0, 59.96, 62.54, 3723.4)] == ["0:00.0", "1:00.0", "1:02.5", "1:02:03.4"]
    assert format_clock(3600, tenths=False) == "1:00:00"
    assert [format_duration(t) for t in (4.2, 59.97, 200, 7500)] == ["4.2 s", "1 min 0 s", "3 min 20 s", "2 h 5 min"]
    assert format_duration(-3600) == "0.0 s"


@pytest.mark.usefixtures("zurich")
def test_times_of_day_are_local_and_say_their_zone() -> None:
    assert format_clock(1_700_000_000, live=True) == "23:13:20"
    assert stamp(1_700_000_000) == "2023-11-14 23:13:20 CET"
    assert zone_words(1_690_000_000) == "Europe/Zurich, CEST (UTC+02:00)"
    record = track_record(1, 1_700_000_000, 1_700_000_900, "unknown")
    record.first_wall = record.first
    assert lay_out_timeline([record], live=True).ticks[0][1] == "23:14:00"


def test_where_nobody_else_is_similar_no_next_person_is_told_of() -> None:
    alone = msgspec.structs.replace(make_evidence("named"), score=0.71, margin=0.71)
    record = TrackRecord("cam", 1, 0, 0, evidence=alone)
    assert "needed at this face size; nobody else is similar. Based" in explain_decision(record)


def test_a_card_has_one_threshold_and_one_median_in_plain_words() -> None:
    reasons = (
        "nearest score 0.31 below 0.40",
        "score 0.48 below 0.55",
        "1.4 independent looks, fewer than 2",
        "9 faces, median 14 px",
    )
    evidence = msgspec.structs.replace(make_evidence("candidate"), reasons=reasons)
    assert describe_reasons(evidence) == ["1.4 independent pictures, fewer than 2"]
    without = msgspec.structs.replace(make_evidence("unknown", None, 0.0), reasons=("nobody is enrolled",))
    assert explain_decision(TrackRecord("cam", 1, 0, 0, evidence=without)).endswith("nobody is enrolled.")


@pytest.mark.parametrize("groups", ["worst", "mean"])
def test_odds_say_of_which_strangers_they_are(groups: Groups) -> None:
    reasons = ("9 faces, median 14 px", SENTENCES[groups])
    evidence = msgspec.structs.replace(make_evidence("candidate"), reasons=reasons, false_alarm=0.004)
    of = "strangers of the worst group measured" if groups == "worst" else "strangers"
    assert f"Of {of}, 1 in 250 would reach this score." in explain_decision(
        TrackRecord("cam", 1, 0, 0, evidence=evidence)
    )
    assert describe_reasons(evidence) == []


@pytest.mark.parametrize(
    ("chance", "text"),
    [(0.6, "1 in 2"), (0.05, "1 in 20"), (0.0042, "1 in 240"), (1.2e-6, "1 in 830,000"), (1e-7, "fewer than 1 in")],
)
def test_small_chances_are_counts(chance: float, text: str) -> None:
    assert format_odds(chance).startswith(text)


def test_the_end_of_a_track_in_words() -> None:
    record = track_record(1)
    assert describe_end(record) == "still in view"
    record.ended, record.end_reason = True, "lost"
    assert describe_end(record) == "left view"
    record.end_reason = "stream ended"
    assert describe_end(record) == "stream ended"


def test_a_decision_says_what_was_missing() -> None:
    def explain(evidence: Evidence | None) -> str:
        return explain_decision(TrackRecord("cam", 1, 0, 0, evidence=evidence))

    named = explain(make_evidence("named", faces=1))
    assert named.startswith("Named Ada: score 0.71 reached the 0.55 needed at this face size, 0.12 ahead")
    assert "1 picture, counted as 4.2 independent" in named
    assert "0.40 is below the 0.55 needed" in explain(make_evidence("candidate", score=0.4))
    assert "Of strangers, 1 in 240 would reach this score" in explain(make_evidence("candidate"))
    assert "would reach the 0.55 needed, but there is too little evidence" in explain(make_evidence("candidate"))
    assert "the next person is only 0.12 behind" in explain(make_evidence("ambiguous"))
    assert "best score was 0.20, and 0.55 was needed" in explain(make_evidence("unknown", None, 0.2))
    assert explain(make_evidence("unknown", None, 0.0)).startswith("Nobody enrolled is similar. Based on 9 pictures")
    assert explain(None).startswith("Not compared with anybody")


def test_changes_of_name() -> None:
    assert describe_change(NameChange(0, "Ada", None, 0.7)) == "named Ada (score 0.70)"
    assert describe_change(NameChange(0, "Bob", "Ada", 0.7)) == "renamed from Ada to Bob (score 0.70)"
    assert describe_change(NameChange(0, None, "Bob", 0.2)) == "name Bob retracted (score 0.20)"


def test_a_track_in_one_line() -> None:
    record = track_record(3, 0.0, 62.5, "candidate", "Ada", 14.2)
    assert describe_track(record) == "Track 3: Ada? (candidate), 0:00.0 to 1:02.5, median face 14 px, score 0.71"
    record.evidence = None
    assert describe_track(record, live=True) == "Track 3: unknown, 00:00:00 to 00:01:02, median face 14 px"

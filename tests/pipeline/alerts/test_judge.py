"""What becomes of events: one alert for each cause, whatever comes late, twice, out of order or by a wrong clock."""

from pathlib import Path

import msgspec
import pytest

from pipeline.alerts.late import RULE as LATE
from pipeline.alerts.memory import MAX_TRACKS
from pipeline.bus.reorder import Gap
from pipeline.erase.alerts import AlertsStore
from pipeline.events import PersonAction, TrackAction
from pipeline.types import CameraState
from tests.synthetic.alert_site import STREAM, Site, rule, seen
from tests.synthetic.events import EPOCH, renamed

BOB = rule("bob", people=["Bob"])


def test_an_alert_is_raised_once_and_ends_with_its_track(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        for _ in range(3):
            site.now += 1
            site.give(site.track(1, evidence=seen("Bob")))
        assert site.actions == ["raised"]
        site.give(site.track(1, evidence=seen("Bob"), action=TrackAction.END))
        assert site.actions == ["raised", "ended"]
        [row] = site.rows
        assert (row.person, row.camera, row.track, row.false_alarm, row.face_px) == ("Bob", "door", 1, 1e-5, 40.0)
        assert row.ended_at == site.now


def test_events_that_come_again_raise_nothing(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        events = [site.track(1, evidence=seen("Bob")), site.track(1, evidence=seen("Bob"), action=TrackAction.END)]
        site.give(*events)
        site.reopen()
        site.now += 100
        site.give(*events)
        assert site.actions == ["raised", "ended"]


def test_a_resumed_run_repeats_no_alert_and_raises_new_ones(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", people=["Bob"], cooldown=0)) as site:
        first = site.track(1, evidence=seen("Bob"))
        site.give(first)
        later = site.track(2, evidence=seen("Bob"))
        site.now += 50
        again = [msgspec.structs.replace(event, epoch="e2-resumed", wall_time=site.now) for event in (first, later)]
        site.give(*again)
        assert [(row.track, row.of_epoch) for row in site.rows] == [(1, EPOCH), (2, "e2-resumed")]


def test_an_outage_rings_once_and_whoever_is_still_there_is_told_of(tmp_path: Path) -> None:
    with Site(tmp_path, rule("people", cooldown=0)) as site:
        begin = site.now
        missed = [site.track(number, evidence=seen("Bob"), wall_time=begin + number) for number in range(1, 201)]
        site.now += 3600
        site.give(*missed)
        assert site.rows == []
        for _ in range(12):
            site.tick(1)
        [row] = site.rows
        assert row.rule == LATE
        assert "200 events of 2025-11-27 08:00:01 UTC to 2025-11-27 08:03:20 UTC came too late" in row.text
        assert "people: 200" in row.text
        site.give(site.track(200, evidence=seen("Bob")))  # is still there
        assert [row.track for row in site.rows] == [None, 200]
        for _ in range(100):
            site.tick(1)
        assert len(site.rows) == 2


def test_a_new_name_raises_no_second_alert_and_rules_that_keep_the_old_one_are_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Site(tmp_path, rule("people"), BOB) as site:
        site.give(site.track(1, evidence=seen("Bob")))
        assert site.actions == ["raised", "raised"]
        site.give(renamed("Bob", "Bob Lee"))
        site.reopen()
        site.now += 1
        site.give(site.track(1, evidence=seen("Bob Lee")))
        site.visit(2, "Bob Lee")  # within the cooldown of the person
        assert site.actions == ["raised", "raised", "ended"] or site.actions == ["raised", "raised"]
        assert "rule bob: somebody on its list has another name now" in caplog.text
    assert set(AlertsStore().people(tmp_path / "alerts.db")) >= {"Bob", "Bob Lee"}


def test_two_people_who_are_one_share_what_was_told_last(tmp_path: Path) -> None:
    with Site(tmp_path, rule("people", cooldown=600)) as site:
        site.visit(1, "Ann")
        site.now += 300
        site.visit(2, "Bob")
        site.give(renamed("Bob", "Ann", PersonAction.MERGED))
        site.now += 400
        site.visit(3, "Ann")
        assert [row.track for row in site.rows] == [1, 2]


def test_what_came_late_is_told_after_a_kill_too(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        site.give(site.track(1, evidence=seen("Bob"), wall_time=site.now - 4000))
        site.reopen()
        site.tick(15)
        assert [row.rule for row in site.rows] == [LATE]


@pytest.mark.parametrize("ahead", [3600.0, 1e12, 1e300])
def test_a_clock_that_is_ahead_raises_now(ahead: float, tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        site.give(site.track(1, evidence=seen("Bob"), wall_time=site.now + ahead))
        assert [row.happened_at for row in site.rows] == [site.now]
        site.now += 10
        site.give(site.track(2, evidence=seen("Bob")))  # the clock was put right: within the cooldown
        assert len(site.rows) == 1


@pytest.mark.parametrize("wall_time", [0.0, -5.0, -1e300])
def test_a_clock_before_1970_is_late(wall_time: float, tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", schedule={"zone": "Europe/Berlin", "times": [{}]})) as site:
        site.give(site.track(1, evidence=seen("Bob"), wall_time=wall_time))
        site.tick(15)
        assert [row.rule for row in site.rows] == [LATE]


def test_our_own_clock_put_back_by_hours_silences_nothing(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        site.visit(1, "Bob")
        site.now -= 7200
        site.visit(2, "Bob")
        assert len(site.rows) == 2


def test_a_gap_is_passed_over_and_tracks_without_an_end_are_forgotten(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        site.give(site.track(1, evidence=seen("Bob")), Gap("v1/track/door/", EPOCH, 1, 5))
        site.tick(599)
        assert site.actions == ["raised"]
        site.tick(2)
        assert site.actions == ["raised", "ended"]
        assert site.database.rows("SELECT count(*) FROM state WHERE name LIKE 'track/%'") == [(0,)]


def test_memory_is_bounded(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        site.give(site.track(0, evidence=seen("Bob")))
        for first in range(1, MAX_TRACKS + 2000, 2000):  # a person enrolled today gets their past
            site.give(*(site.person(number, person="Cleo") for number in range(first, first + 2000)), tick=False)
        assert site.database.rows("SELECT count(*) FROM state WHERE name LIKE 'track/%'")[0][0] <= MAX_TRACKS
        site.give(site.track(0, evidence=seen("Bob"), action=TrackAction.END))
        assert site.actions == ["raised", "ended"]


def test_a_person_event_of_a_track_of_long_ago_raises_nothing(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        site.give(site.person(77, person="Bob"))
        site.tick(10)
        assert site.rows == []
        assert site.database.rows("SELECT count(*) FROM state WHERE name LIKE 'track/%'") == [(1,)]
        site.tick(400)
        assert site.database.rows("SELECT count(*) FROM state WHERE name LIKE 'track/%'") == [(0,)]


def test_what_the_history_says_counts_before_and_after_the_track(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", people=["Bob"], cooldown=0)) as site:
        site.give(site.person(1, person="Bob", chance=0.001))
        site.visit(1)
        site.visit(2)
        assert [(row.track, row.false_alarm) for row in site.rows] == [(1, 0.001)]
        site.give(site.person(2, person="Bob"))
        assert [(row.track, row.ended_at is not None) for row in site.rows] == [(1, True), (2, True)]


def test_the_best_crop_goes_with_the_alert(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        site.give(site.sample(1, b"\xff\xd8 good", 30), site.sample(1, b"\xff\xd8 worse", 20))
        site.give(site.sample(1, b"\xff\xd8" + bytes(20_000), 90), site.sample(1, b"\0\0", 95))
        site.give(site.track(1, evidence=seen("Bob")))
        assert [event.crop for event in site.told] == [b"\xff\xd8 good"]
        site.give(site.sample(1, b"\xff\xd8 better", 40))
        site.give(site.track(1, evidence=seen("Bob"), action=TrackAction.END))
        assert site.told[-1].crop == b"\xff\xd8 better"
        site.tick(400)
        assert site.database.rows("SELECT count(*) FROM crops") == [(0,)]


def test_a_warning_of_the_track_stands_in_the_sentence(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        site.give(site.track(1, evidence=seen("Bob", warnings=("flat: so and so",))))
        assert site.told[0].text.endswith("; warning: flat: so and so")


def test_a_cooldown_counts_from_when_they_were_last_there(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", cooldown=300)) as site:
        site.visit(1, "Bob")
        for number in range(2, 8):  # never gone for five minutes
            site.now += 200
            site.visit(number, "Bob")
        site.visit(8, "Ada")
        assert [(row.track, row.person) for row in site.rows] == [(1, "Bob"), (8, "Ada")]
        site.reopen()
        site.now += 280
        site.visit(9, "Bob")
        site.now += 301
        site.visit(10, "Bob")
        assert [row.track for row in site.rows] == [1, 8, 10]


def test_a_disk_that_refuses_loses_nothing(tmp_path: Path) -> None:
    with Site(tmp_path, BOB) as site:
        event = site.track(1, evidence=seen("Bob"))
        site.database.change("PRAGMA query_only = ON")
        with pytest.raises(OSError, match="the disk is full or fails, or the file is in use"):
            site.give(event)
        site.reopen()
        site.give(event)
        assert site.actions == ["raised"]


def test_hostile_names_stay_on_one_line(tmp_path: Path) -> None:
    name = "Bob{who.__class__}\n\x1b[31m<script>\u202e" + "x" * 5000
    with Site(tmp_path, rule("any {0}", text="{who} at {camera}")) as site:
        site.give(site.track(1, evidence=seen(name)))
        [text] = site.texts
        assert text.startswith("Bob{who.__class__}\\n\\x1b[31m<script>\\u202e")
        assert len(text) <= 1000
        assert site.rows[0].person == name


def test_escalation_until_somebody_acknowledges(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", escalate_seconds=60, max_level=2)) as site:
        site.visit(1, "Bob")
        for _ in range(70):
            site.tick(1)
        assert site.actions == ["raised", "ended", "escalated"]
        assert site.told[-1].level == 1
        site.reopen()
        site.tick(3600)  # one level, however long nobody looked
        site.tick(1)
        assert [event.level for event in site.told if event.action == "escalated"] == [1, 2]
        site.tick(3600)
        assert len(site.told) == 4


def test_an_acknowledgement_of_another_process_is_published_and_stops_escalation(tmp_path: Path) -> None:
    with Site(tmp_path, rule("bob", escalate_seconds=60)) as site, Site(tmp_path) as other:
        site.give(site.track(1, evidence=seen("Bob")))
        assert other.alerts.store.acknowledge(site.rows[0].alert, "Kim", site.now)
        assert not other.alerts.store.acknowledge(site.rows[0].alert, "Lee", site.now)
        site.give(site.track(1, evidence=seen("Bob")))  # the file is read anew: nothing is doubled
        for _ in range(100):
            site.tick(1)
        assert site.actions == ["raised", "acknowledged"]
        assert site.told[-1].by == "Kim"
        with pytest.raises(ValueError, match="there is no such alert"):
            other.alerts.store.acknowledge("nope", "Kim", site.now)


def test_old_alerts_go(tmp_path: Path) -> None:
    with Site(tmp_path, BOB, keep_days=10.0) as site:
        site.visit(1, "Bob")
        site.tick(11 * 86_400)
        assert site.rows == []
        assert site.database.rows("SELECT count(*) FROM subjects") == [(0,)]
        site.visit(2, "Bob")
        assert len(site.rows) == 1


def test_items_of_another_stream_are_no_heartbeat(tmp_path: Path) -> None:
    with Site(tmp_path, rule("down", kind="camera")) as site:
        site.tick(1)
        site.now += 40
        site.alerts.step({"history": [site.person(1, group="unknown-1")]}, {}, current=[STREAM])
        assert ["silent" in text for text in site.texts] == [True]


def test_a_camera_that_was_taken_away_is_not_down(tmp_path: Path) -> None:
    with Site(tmp_path, rule("down", kind="camera")) as site:
        site.give(site.camera(CameraState.RECONNECTING, "old"), site.camera(CameraState.LIVE))
        site.tick(1)
        for _ in range(60):
            site.tick(1)
        assert site.rows == []

"""A day of each kind of rule on an injected clock."""

from pathlib import Path

import msgspec
import pytest

from configs.read import ConfigurationError, to_settings
from pipeline.alerts.rules.make import make_rules
from pipeline.alerts.subjects import Subjects
from pipeline.settings.rooms.alerts import AlertSettings
from pipeline.types import CameraState
from tests.synthetic.alert_site import START, Site, rule, seen

NIGHT = {"zone": "Europe/Berlin", "times": [{"start": "20:00", "end": "06:00"}]}
HOUR = 3600.0


# person


def test_a_watch_list_by_day_tells_of_its_people_alone(tmp_path: Path) -> None:
    hours = {"zone": "UTC", "times": [{"days": ["thu"], "start": "09:00", "end": "17:00"}]}
    with Site(tmp_path, rule("list", people=["Bob", " Zoe\u0308"], schedule=hours, cameras=["door"])) as site:
        for number in range(24):
            site.visit(4 * number, "Bob")
            site.visit(4 * number + 1, "Ada")
            site.visit(4 * number + 2, "Zoë", camera="hall")
            site.now = START + (number + 1) * HOUR
        assert [(row.person, (row.happened_at - START) // HOUR) for row in site.rows] == [
            ("Bob", hour) for hour in range(1, 9)
        ]


@pytest.mark.parametrize(
    ("limit", "state", "chance", "text"),
    [
        (None, "named", 1e-4, "list: Bob was seen at door"),
        (None, "candidate", 1e-4, ""),
        (1e-5, "named", 1e-4, ""),
        (1e-5, "named", 1e-6, "list: Bob was seen at door"),
        (0.02, "candidate", 0.01, "list: perhaps Bob was seen (a candidate, not named) at door"),
        (0.02, "candidate", 0.0, "list: perhaps Bob"),
        (0.02, "candidate", 0.03, ""),
        (0.02, "candidate", None, ""),
        (0.02, "ambiguous", 0.001, ""),
        (0.02, "unknown", None, ""),
    ],
)
def test_the_false_alarm_rate_of_a_list(
    limit: float | None, state: str, chance: float | None, text: str, tmp_path: Path
) -> None:
    with Site(tmp_path, rule("list", people=["Bob"], false_alarm=limit)) as site:
        site.give(site.track(1, evidence=seen("Bob", state=state, false_alarm=chance)))
        assert len(site.texts) == bool(text)
        assert all(found.startswith(text) for found in site.texts)


def test_a_list_of_500_people(tmp_path: Path) -> None:
    people = [f"Person {number}" for number in range(500)]
    with Site(tmp_path, rule("list", people=people)) as site:
        for number in range(0, 500, 50):
            site.visit(number + 1, f"Person {number}")
            site.visit(number + 2, f"Person {number}0")
        assert [row.person for row in site.rows] == [f"Person {number}" for number in range(0, 500, 50)]


# nobody_else


def test_nobody_but_staff_at_night(tmp_path: Path) -> None:
    night = rule("night", kind="nobody_else", people=["Kim"], schedule=NIGHT, cooldown=0)
    with Site(tmp_path, night) as site:
        for hour in range(24):
            site.now = START + hour * HOUR
            site.visit(3 * hour + 1, "Kim")
            site.visit(3 * hour + 2, "Ada")
            site.visit(3 * hour + 3)
        told = [((row.happened_at - START) // HOUR + 8, row.person) for row in site.rows]
        assert told == [(hour, who) for hour in range(19, 29) for who in ("Ada", None)]  # 20:00 to 06:00 in Berlin


@pytest.mark.parametrize(
    ("fields", "look", "count"),
    [
        ({"seconds": 5.0}, {}, 1),
        ({"seconds": 2.0}, {}, 0),
        ({"seconds": 5.0}, {"effective": 2.0}, 0),
        ({"seconds": 5.0}, {"median_px": 12.0}, 0),
        ({"seconds": 5.0}, {"state": "candidate", "person": "Kim", "false_alarm": 0.01}, 1),
    ],
)
def test_only_who_would_have_been_named_is_a_stranger(
    fields: dict[str, float], look: dict[str, object], count: int, tmp_path: Path
) -> None:
    with Site(tmp_path, rule("night", kind="nobody_else", people=["Kim"])) as site:
        site.visit(1, evidence=msgspec.structs.replace(seen(), **look), **fields)
        assert len(site.rows) == count


def test_a_looser_rate_lets_candidates_of_the_staff_pass(tmp_path: Path) -> None:
    with Site(tmp_path, rule("night", kind="nobody_else", people=["Kim"], false_alarm=0.02)) as site:
        site.visit(1, evidence=seen("Kim", state="candidate", false_alarm=0.01))
        assert site.rows == []
        site.visit(2, evidence=seen("Kim", state="candidate", false_alarm=0.04))
        assert len(site.rows) == 1


def test_a_track_without_any_evidence_raises_nothing(tmp_path: Path) -> None:
    rules = [rule(kind, kind=kind) for kind in ("person", "nobody_else", "unknown")]
    with Site(tmp_path, *rules) as site:
        for second in range(100):
            site.give(site.track(1, evidence=None, age=float(second)))
        assert site.rows == []


# unknown


def test_an_unknown_person_is_told_of_once_and_by_group_where_it_is_known(tmp_path: Path) -> None:
    with Site(tmp_path, rule("who", kind="unknown")) as site:
        site.visit(1)
        site.visit(2)  # strangers cannot be told apart: within the cooldown of the camera
        site.visit(3, "Ada")
        assert [row.track for row in site.rows] == [1]
        site.give(site.track(4, age=0.0))
        site.give(site.person(4, group="unknown-17"))
        site.visit(4)
        assert [(row.track, row.group) for row in site.rows] == [(1, None), (4, "unknown-17")]
        assert "unknown-17 was seen at door" in site.texts[-1]


def test_somebody_who_comes_for_the_third_time(tmp_path: Path) -> None:
    with Site(tmp_path, rule("again", kind="unknown", returning=3, away_seconds=600)) as site:
        for visit in range(4):
            for part in range(3):  # a visit of three tracks
                number = 10 * visit + part + 1
                site.visit(number)
                site.give(site.person(number, group="unknown-5", first_seen=START + 5))
                site.visit(number + 5)
                site.give(site.person(number + 5, group=f"unknown-{100 + number}", first_seen=site.now))
            site.reopen()
            site.now += HOUR
        assert [(row.group, row.track) for row in site.rows] == [("unknown-5", 21), ("unknown-5", 31)]
        assert "visit 3" in site.texts[0]
        assert "visit 4" in site.texts[1]


def test_somebody_whom_the_history_knows_from_before_comes_for_the_second_time(tmp_path: Path) -> None:
    with Site(tmp_path, rule("again", kind="unknown", returning=2)) as site:
        site.visit(1)
        site.give(site.person(1, group="unknown-5", first_seen=START - 86_400))
        assert [row.group for row in site.rows] == ["unknown-5"]


# loitering


def test_somebody_waits_at_the_door(tmp_path: Path) -> None:
    with Site(tmp_path, rule("wait", kind="loitering", min_seconds=60)) as site:
        for second in range(59):
            site.now += 1
            site.give(site.track(1, age=float(second), evidence=seen()))
        assert site.rows == []
        site.give(site.track(1, age=60.0, evidence=seen()))
        site.give(site.track(1, age=90.0, evidence=seen()))
        assert "has been there for 60 s" in site.texts[0]
        assert len(site.rows) == 1


def test_stays_of_one_person_add_up_and_those_of_strangers_do_not(tmp_path: Path) -> None:
    wait = rule("wait", kind="loitering", min_seconds=100, within_seconds=600, people=["Kim"], cooldown=0)
    with Site(tmp_path, wait) as site:
        for number in range(1, 8):
            site.visit(10 * number, "Bob", seconds=20)
            site.visit(10 * number + 1, None, seconds=20)
            site.visit(10 * number + 2, "Kim", seconds=20)
            site.reopen()
        assert [(row.track, row.person) for row in site.rows] == [(50, "Bob"), (60, "Bob"), (70, "Bob")]
        site.now += 600
        site.visit(90, "Bob", seconds=20)
        assert len(site.rows) == 3


def test_a_time_in_which_two_cameras_see_somebody_counts_once(tmp_path: Path) -> None:
    with Site(tmp_path, rule("wait", kind="loitering", min_seconds=25, within_seconds=600)) as site:
        for second in range(21):
            site.now += 1
            for camera in ("door", "hall"):
                site.give(site.track(1, camera=camera, age=float(second), evidence=seen("Bob")))
        assert site.rows == []


# camera


def test_a_camera_is_down_and_back(tmp_path: Path) -> None:
    with Site(tmp_path, rule("down", kind="camera", down_seconds=60, escalate_seconds=30)) as site:
        site.give(site.camera(CameraState.LIVE))
        site.give(site.camera(CameraState.STALLED))
        for second in range(59):
            site.now += 1
            site.give(site.beat(door=CameraState.RECONNECTING if second > 5 else CameraState.STALLED))
        assert site.rows == []
        site.now += 1
        site.give(site.beat(door=CameraState.RECONNECTING))
        assert "down: camera door has been reconnecting for 60 s" in site.texts[0]
        site.give(site.camera(CameraState.LIVE))
        for _ in range(60):
            site.tick(1)
        assert site.actions == ["raised", "ended"]  # one that is back escalates no more
        site.give(site.camera(CameraState.FAILED))
        site.now += 400
        site.give(site.beat(door=CameraState.FAILED))
        assert len(site.rows) == 2


def test_a_short_break_is_told_to_nobody(tmp_path: Path) -> None:
    with Site(tmp_path, rule("down", kind="camera", down_seconds=60)) as site:
        for _ in range(10):
            site.give(site.camera(CameraState.STALLED))
            site.tick(0)
            site.now += 50
            site.give(site.camera(CameraState.LIVE))
            site.now += 50
        assert [row for row in site.rows if "camera" in row.text] == []


@pytest.mark.parametrize("restarts", [False, True])
def test_a_node_falls_silent(restarts: bool, tmp_path: Path) -> None:
    with Site(tmp_path, rule("down", kind="camera")) as site:
        site.tick(1)
        for second in range(100):
            site.now += 1
            site.give()
            if restarts and second % 40 == 39:
                site.reopen()
        assert ["node node has been silent for 30 s" in text for text in site.texts] == [True]
        site.tick(1)
        assert site.actions == ["raised", "ended"]


def test_a_node_that_never_spoke(tmp_path: Path) -> None:
    with Site(tmp_path, rule("down", kind="camera"), rule("quiet", kind="camera", nodes=False)) as site:
        site.now += 31
        site.give()
        assert [(row.rule, "node bus has been silent" in row.text) for row in site.rows] == [("down", True)]


# missing


def test_somebody_did_not_come_by_nine(tmp_path: Path) -> None:
    times = {"zone": "UTC", "times": [{"days": ["thu", "fri"], "start": "07:00", "end": "09:00"}]}
    late = rule("work", kind="missing", people=["Kim", "Lee"], schedule=times)
    with Site(tmp_path, late) as site:
        site.visit(1, "Kim")
        for _ in range(70):
            site.tick(60)
        assert [(row.person, row.happened_at) for row in site.rows] == [("Lee", START + HOUR)]
        assert "Lee was not seen between 07:00 UTC and 09:00 UTC" in site.texts[0]
        site.visit(2, "Lee")  # after the time
        site.reopen()
        site.now = START + 25 * HOUR + 10
        site.tick(1)
        site.tick(HOUR)
        assert [row.person for row in site.rows] == ["Lee", "Kim", "Lee"]


# all


def test_rules_that_cannot_be() -> None:
    def refused(**fields: object) -> str:
        with pytest.raises(ValueError, match=r".") as error:
            make_rules(AlertSettings(rules=(rule("r", **fields),)), Subjects(lambda rule, subject: None))
        return str(error.value)

    assert "rules[0] 'r': text: expected fields" in refused(text="{who.__class__}")
    assert "text: expected fields" in refused(text="{0}")
    assert "text: expected fields" in refused(text="{who!r}")
    assert "text: expected fields" in refused(text="{who:>1000000}")
    assert "text: " in refused(text="{who")
    assert "expected an IANA name" in refused(schedule={"zone": "Mars/Base"})
    assert "expected letters" in refused(cameras=["a/b"])
    assert "min_px is not for kind camera" in refused(kind="camera", min_px=3)
    assert "expected people" in refused(kind="missing")
    assert "schedule.times" in refused(kind="missing", people=["Kim"])
    assert "within_seconds: expected at least min_seconds" in refused(kind="loitering", min_seconds=9, within_seconds=3)


def test_two_rules_of_one_name() -> None:
    with pytest.raises(ConfigurationError, match="the name 'a' is used twice"):
        to_settings({"rules": [{"name": "a"}, {"name": "a"}]}, AlertSettings)

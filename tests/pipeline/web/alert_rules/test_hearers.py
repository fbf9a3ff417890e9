"""What keeps alerts from being raised or passed on is said, and nothing where all is well."""

from contextlib import closing
from pathlib import Path

import pytest

from pipeline.alerts.database import Database
from pipeline.alerts.memory import Memory
from pipeline.alerts.views import NodeView
from pipeline.settings.load import make_settings
from pipeline.settings.types import Settings
from pipeline.web.alert_rules.hearers import SILENT_SECONDS, obstacles, receivers_of, say_receivers

NOW = 1.8e9
HOOK = {"name": "phone", "url": "https://h.example/x"}


def settings(**sections: object) -> Settings:
    usual = {
        "events": {"bind": "tcp://127.0.0.1:5556"},
        "alerts": {"file": "a.db", "bind": "tcp://127.0.0.1:5560", "rules": [{"name": "r"}]},
    }
    return make_settings(usual | sections, environment={})


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    """A file whose process has heard the node just now."""
    path = tmp_path / "a.db"
    with closing(Database(path, create=True)) as database, database.writing():
        memory = Memory(database)
        memory.touch_node(NodeView(stream="s", heard=NOW))
        memory.touch_node(NodeView(stream="never"))
        memory.save(NOW)
    return path


def test_nothing_is_missing_where_all_is_well(heard: Path) -> None:
    assert list(obstacles(settings(webhooks={"receivers": [HOOK]}), heard, NOW + 1)) == []


def test_a_silent_process_and_none_at_all_are_said(heard: Path, tmp_path: Path) -> None:
    for file, now in ((heard, NOW + SILENT_SECONDS + 1), (tmp_path / "none.db", NOW), (heard, NOW - 3600)):
        assert "No alerts process hears the node now" in " ".join(obstacles(settings(), file, now))


def test_without_a_rule_no_process_is_missed(tmp_path: Path) -> None:
    assert list(obstacles(settings(alerts={"file": "a.db"}), tmp_path / "none.db", NOW)) == []


def test_settings_that_keep_alerts_from_being_passed_on_are_named(heard: Path) -> None:
    silent = settings(events={"bind": "none"})
    assert "Set events.bind" in " ".join(obstacles(silent, heard, NOW))
    elsewhere = settings(events={"bind": "none"}, alerts={"file": "a.db", "buses": ["tcp://10.0.0.2:5556"]})
    assert list(obstacles(elsewhere, heard, NOW)) == []
    unbound = settings(alerts={"file": "a.db"}, webhooks={"receivers": [HOOK]})
    assert "set alerts.bind" in " ".join(obstacles(unbound, heard, NOW))


def test_receivers_are_all_that_the_file_has() -> None:
    found = settings(
        webhooks={"receivers": [HOOK, {**HOOK, "name": "night", "rules": ["n"], "cameras": ["door"], "min_level": 1}]},
        mail={"server": "m:25", "recipients": ["a@b.example"]},
        mqtt={"broker": "b"},
    )
    assert [one.name for one in receivers_of(found)] == [
        "this page",
        "webhook phone",
        "webhook night",
        "mail to 1",
        "MQTT",
    ]
    assert "webhook night (only rules n; cameras door; level 1 and higher)" in say_receivers(found)

"""`glimpse alerts list`, `ack` and `check` on a site with alerts, and what a wrong configuration is told."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from glimpse.command.alerts_check import check_rules
from glimpse.command.app import main
from pipeline.history.store import HistoryWriter
from pipeline.settings.load import make_settings
from tests.synthetic.alert_site import START, Site, rule, seen
from tests.synthetic.portraits import FACES
from tests.synthetic.visits import visit


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.chdir(tmp_path)
    with Site(tmp_path, rule("list"), rule("who", kind="unknown")) as site:
        site.visit(1, "Bob")
        site.visit(2, camera="hall")
        site.give(site.track(3, evidence=seen("Zoë\x1b[31m")))
        yield site


def objects(words: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> list[dict[str, Any]]:
    assert main(["alerts", *words.split(), "--json"]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("site")
def test_list_page_by_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert [row["track"] for row in objects("list alerts.db", capsys)] == [3, 2, 1]
    first = objects("list alerts.db --limit 2", capsys)
    assert [row["track"] for row in objects(f"list alerts.db --after {first[-1]['id']}", capsys)] == [1]
    assert [row["track"] for row in objects("list alerts.db --rule who", capsys)] == [2]
    assert [row["track"] for row in objects("list alerts.db --camera hall", capsys)] == [2]
    assert [row["track"] for row in objects("list alerts.db --person Bob", capsys)] == [1]
    assert objects("list alerts.db --since 2030-01-01", capsys, code=1) == []
    assert len(objects("list alerts.db --before 2030-01-01", capsys)) == 3


def test_lines_for_people(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "list", "alerts.db"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "Zoë\\x1b[31m" in lines[0]
    assert lines[2].endswith("chance that this is a stranger's face: 1e-05  ended")
    assert main(["alerts", "ack", "alerts.db", site.rows[0].alert, "--by", "Kim"]) == 0
    assert main(["alerts", "list", "alerts.db", "--person", "Bob"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("ended  acknowledged by Kim")


def test_acknowledge_once(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    alert = site.rows[0].alert
    [row] = objects(f"ack alerts.db {alert} --by Kim", capsys)
    assert (row["alert"], row["acknowledged_by"]) == (alert, "Kim")
    assert objects(f"ack alerts.db {alert} --by Lee", capsys, code=1)[0]["acknowledged_by"] == "Kim"
    assert main(["alerts", "ack", "alerts.db", alert, "--by", "Lee"]) == 1
    assert "Kim acknowledged it before" in capsys.readouterr().out
    assert [row["track"] for row in objects("list alerts.db --open", capsys)] == [3, 2]
    assert site.actions[-1] == "acknowledged"


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("list none.db", "alerts none.db: no such file; glimpse alerts run makes one"),
        ("list site.yaml", "no alerts or damaged"),
        ("list alerts.db --limit 0", "--limit: expected 1 or more, got 0"),
        ("ack alerts.db nope --by Kim", "alert 'nope': there is no such alert in alerts.db"),
        ("ack alerts.db nope --by \x1b", "--by: expected a name of 1 to 64 characters"),
        ("run --config none.yaml", "none.yaml"),
        ("run --config site.yaml", "alerts.rules[0] 'r': text: expected fields"),
        ("check --config site.yaml", "alerts.rules[0] 'r': text: expected fields"),
    ],
)
def test_wrong_usage(words: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = "alerts: {file: a.db, buses: ['ipc://bus'], rules: [{name: r, text: '{a.b}'}]}  # " + "x" * 200
    (tmp_path / "site.yaml").write_text(config)
    assert main(["alerts", *words.split(" ")]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{}", "alerts.file: expected a file for alerts"),
        ("{alerts: {file: a.db}, events: {bind: none}}", "alerts.buses: expected the address of a node"),
        ("alerts: {file: a.db, buses: ['http://x']}", "expected tcp://HOST:PORT or ipc://PATH"),
        ("alerts: {file: a.db, buses: ['ipc://b'], bind: 'tcp://0.0.0.0:5560'}", "needs CURVE keys"),
    ],
)
def test_a_configuration_that_cannot_run(
    config: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site.yaml").write_text(config)
    assert main(["alerts", "run", "--config", str(tmp_path / "site.yaml")]) == 2
    assert message in capsys.readouterr().err


def test_check_says_what_is_to_be_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["enroll", str(FACES / "Ada.jpg"), "--name", "Ada", "--gallery", "people.db"]) == 0
    with closing(HistoryWriter(tmp_path / "h.db")) as history:
        history.add([event for n in range(14) for event in visit(None, number=n + 1, first_seq=9 * n, at=START)], None)
        history.add(visit("Ada", number=99, first_seq=900, at=START), None)
    hours = {"zone": "Europe/Berlin", "times": [{"days": ["thu"], "start": "08:00", "end": "20:00"}]}
    rules = [
        {"name": "ada", "people": ["Ada", "Eve"], "false_alarm": 0.01, "schedule": hours},
        {"name": "who", "kind": "unknown", "min_seconds": 2},
        {"name": "down", "kind": "camera"},
    ]
    raw: dict[str, Any] = {"gallery": "people.db", "history": {"file": "h.db"}, "alerts": {"rules": rules}}
    ada, who, down = check_rules(make_settings(raw), now=START + 3600)
    assert ada == {
        "rule": "ada",
        "kind": "person",
        "holds_now": True,
        "next_change": "2025-11-27T20:00:00+01:00",
        "share_of_week": round(12 / 168, 4),
        "not_enrolled": ["Eve"],
        "alerts_a_day": 0.14,
        "false_alerts_a_day": 0.02,
    }
    assert (who["alerts_a_day"], who["next_change"], who["share_of_week"]) == (2.0, None, 1.0)
    assert (down["alerts_a_day"], down["false_alerts_a_day"]) == (None, None)
    (tmp_path / "site.yaml").write_text(json.dumps(raw))
    assert main(["alerts", "check", "--config", "site.yaml"]) == 0
    assert "not enrolled: Eve" in capsys.readouterr().out
    (tmp_path / "empty.yaml").write_text("{}")
    assert main(["alerts", "check", "--config", "empty.yaml"]) == 1

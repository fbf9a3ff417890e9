"""The units for systemd and the dashboard for Grafana fit the program."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from glimpse.command.app import make_app
from pipeline.events import GalleryHealth, SelfCheckHealth
from pipeline.metrics.node_metrics import NodeMetrics
from tests.pipeline.metrics.test_node_metrics import heartbeat
from tests.synthetic.events import TrackAction, identity, track

INSTALL = Path(__file__).parents[2] / "install"
UNITS = sorted((INSTALL / "systemd").glob("*.service"))
FRESH = GalleryHealth(change=7, age=0.4, stale=False)
CHECKED = SelfCheckHealth(checked_at=1.0, cameras=1, findings=0, worst="")


def exposed() -> set[str]:
    """Names of all samples that a node gives."""
    metrics, registry = NodeMetrics(), CollectorRegistry()
    registry.register(metrics)
    for item in (heartbeat(gallery=FRESH, selfcheck=CHECKED), identity(0), track(0, action=TrackAction.END)):
        metrics.add(item)
    return set(re.findall(r"^(?:# TYPE )?(glimpse_\w+)", generate_latest(registry).decode(), re.MULTILINE))


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    dashboard = json.loads((INSTALL / "grafana" / "glimpse.json").read_text())
    asked = {name for panel in dashboard["panels"] for name in re.findall(r"glimpse_\w+", json.dumps(panel["targets"]))}
    assert len(asked) > 10
    assert asked <= exposed()


def test_the_page_names_every_metric() -> None:
    page = (INSTALL.parent / "docs" / "operate.md").read_text()
    bare = {re.sub(r"_(bucket|count|sum)$", "", name) for name in exposed()}
    assert [name for name in sorted(bare) if f"`{name}" not in page and f"`{name}_total`" not in page] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_there_is(unit: Path) -> None:
    [line] = re.findall(r"^ExecStart=/opt/glimpse/bin/glimpse (.*)$", unit.read_text(), re.MULTILINE)
    assert line.split()[0] in make_app()


def test_the_page_makes_the_folder_of_the_backups_before_the_timer_starts() -> None:
    """systemd refuses a unit one of whose ReadWritePaths is not there."""
    unit = (INSTALL / "systemd" / "glimpse-backup.service").read_text()
    page = (INSTALL.parent / "docs" / "upgrading.md").read_text()
    for text in (unit, page):
        makes = text.index("install -d -m 700 -o glimpse -g glimpse /var/backups/glimpse")
        assert makes < text.index("systemctl enable --now glimpse-backup.timer")
    [command] = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert f"  glimpse  {command}" in page


@pytest.mark.parametrize("timer", sorted((INSTALL / "systemd").glob("*.timer")), ids=lambda path: path.name)
def test_a_timer_has_a_unit_that_ends(timer: Path) -> None:
    assert "Type=oneshot" in timer.with_suffix(".service").read_text()
    assert re.search(r"^OnCalendar=\*-\*-\* \d\d:\d\d:\d\d$", timer.read_text(), re.MULTILINE)
    assert "WantedBy=timers.target" in timer.read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_a_unit(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text().replace("/opt/glimpse/bin/glimpse", "/bin/true").replace("User=glimpse", "User=root")
    (tmp_path / unit.name).write_text(text.replace("Group=glimpse", "Group=root"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / unit.name)], capture_output=True, text=True, timeout=15
    )
    assert (done.returncode, done.stderr) == (0, "")

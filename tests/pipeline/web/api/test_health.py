"""Figures and health of the page."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import ASGIApp

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.api.figures import PageFigures, Requests
from pipeline.web.app import make_app
from pipeline.web.room import Room
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users
from tests.pipeline.web.api.conftest import Program
from tests.pipeline.web.security.site import Browser
from tests.synthetic.events import health


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Value by name and labels."""
    families = text_string_to_metric_families(text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


@pytest.fixture
def protected(room: Room, settings: WebSettings, users: Users) -> ASGIApp:
    return secure(make_app(room), settings, users=users, public=("/health/live", "/health/ready"), local=("/metrics",))


def test_metrics_are_for_viewers_and_for_this_machine(protected: ASGIApp, viewer: Program, users: Users) -> None:
    with Browser(protected) as local, Browser(protected, "http://10.0.0.1", address="10.0.0.7") as far:
        assert samples(local.get("/metrics").text)["glimpse_up", ""] == 0
        assert far.get("/metrics", headers={"host": "127.0.0.1"}).status_code == 401
        token = {"authorization": f"Bearer {viewer.token}", "host": "127.0.0.1"}
        assert far.get("/metrics", headers=token).status_code == 200
        forwarded = {"x-forwarded-for": "10.0.0.7"}
        assert local.get("/metrics", headers=forwarded).status_code == 401
        assert local.post("/metrics").status_code == 401


def test_the_page_is_ready_while_the_node_beats(room: Room, protected: ASGIApp) -> None:
    with Browser(protected) as browser:
        assert browser.get("/health/live").status_code == 200
        assert browser.get("/health/ready").json()["reasons"] == ["no heartbeat yet"]
        room.api.metrics.add(health(0))
        assert browser.get("/health/ready").status_code == 200
        assert 'glimpse_up{node="node"} 1.0' in browser.get("/metrics").text


def test_figures_of_the_page(room: Room, protected: ASGIApp) -> None:
    with Browser(room.api.requests.around(protected)) as browser:
        browser.get("/health/live")
        browser.get("/api/v1/cameras")
        found = samples(browser.get("/metrics").text)
    assert found["glimpse_page_requests_total", "200"] == 1
    assert found["glimpse_page_requests_total", "401"] == 1
    assert found["glimpse_page_streams",] == 0
    assert found["glimpse_history_bytes",] == sum(path.stat().st_size for path in room.api.history_files)


def test_a_file_of_deliveries_that_is_not_there_yet_is_left_out(room: Room) -> None:
    figures = PageFigures(Requests(), lambda: 0, deliveries={"mqtt": room.api.history_files[0].parent / "none.db"})
    assert [len(family.samples) for family in figures.collect() if "deliver" in family.name] == [0, 0, 0]

"""A site whose settings change: workers get the newest with the answer to a beat, and cameras that stay go on."""

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from configs.read import ConfigurationError
from pipeline.cluster.lease import GUARD_SECONDS
from pipeline.cluster.messages import Beat, Grant, SiteSettings
from pipeline.cluster.site import Site, SiteFile
from pipeline.settings.load import make_settings
from pipeline.settings.types import Settings

TERM = 4.0 + GUARD_SECONDS


def settings(*names: str, **more: object) -> Settings:
    cameras = [{"name": name, "source": f"rtsp://10.0.0.1/{name}"} for name in names]
    return make_settings({"cluster": {"folder": "x", "lease_seconds": 4}, "cameras": cameras, **more})


def version(number: int, *names: str) -> SiteSettings:
    return SiteSettings(settings=settings(*names), version=f"v{number}")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Worker:
    """Holds what it is granted, and takes up the settings that it gets."""

    def __init__(self, site: Site, node: str, version: str) -> None:
        self.site, self.node, self.version = site, node, version
        self.held: frozenset[str] = frozenset()
        self.number = 0

    def beat(self) -> Grant:
        self.number += 1
        beat = Beat(node=self.node, run=f"{self.node}1", number=self.number, held=self.held, version=self.version)
        grant = self.site.beat(beat)
        self.held = grant.cameras
        self.version = grant.site.version if grant.site else self.version
        return grant


@pytest.fixture
def clock() -> Clock:
    return Clock()


def running(clock: Clock, site: Site, *nodes: str) -> list[Worker]:
    clock.now += TERM + 0.1
    workers = [Worker(site, node, site.newest.version) for node in nodes]
    for worker in workers * 3:
        clock.now += 0.1
        worker.beat()
    return workers


def test_added_and_removed_cameras_are_taken_up_and_the_others_stay(clock: Clock) -> None:
    site = Site(version(1, "a", "b", "c", "d"), clock=clock)
    workers = running(clock, site, "one", "two")
    before = {camera: worker.node for worker in workers for camera in worker.held}
    assert before.keys() == {"a", "b", "c", "d"}
    site.take_up(version(2, "b", "c", "d", "e"))
    for worker in workers * 2:
        clock.now += 0.1
        assert not (grant := worker.beat()).site or grant.site.settings.cameras[-1].name == "e"
    after = {camera: worker.node for worker in workers for camera in worker.held}
    assert after.keys() == {"b", "c", "d", "e"}
    assert all(after[camera] == before[camera] for camera in ("b", "c", "d"))
    assert {worker.version for worker in workers} == {"v2"}
    assert site.status().version == "v2"
    assert site.status().moves == 0


def test_settings_are_sent_only_to_who_lacks_them(clock: Clock) -> None:
    site = Site(version(1, "a"), clock=clock)
    [worker] = running(clock, site, "one")
    assert worker.beat().site is None
    site.take_up(version(2, "a"))
    assert worker.beat().site == site.newest
    assert worker.beat().site is None


def test_a_removed_camera_that_comes_back_goes_to_nobody_else_before_it_is_let_go(clock: Clock) -> None:
    site = Site(version(1, "a"), clock=clock)
    first, second = running(clock, site, "one", "two")
    holder, other = (first, second) if first.held else (second, first)
    site.take_up(version(2))
    holder.beat()
    holder.held = frozenset({"a"})  # its engine has not let go yet
    holder.beat()
    site.take_up(version(3, "a"))
    assert other.beat().cameras == frozenset()


def test_a_supervisor_that_begins_anew_takes_nothing_away_before_it_knows_the_newest_settings(clock: Clock) -> None:
    """Ray starts it with the settings of its first start; `up` sends the newest within a second."""
    site = Site(version(2, "a", "new"), clock=clock)
    [worker] = running(clock, site, "one")
    assert worker.held == {"a", "new"}
    worker.site = again = Site(version(1, "a", "old"), clock=clock)
    for _ in range(3):
        clock.now += 0.5
        assert worker.beat().site is None
        assert worker.held == {"a", "new"}
    again.take_up(version(2, "a", "new"))
    clock.now += TERM
    for _ in range(3):
        assert worker.beat().site is None
    assert worker.held == {"a", "new"}


def reader(*found: Settings | Exception) -> Callable[[], Settings]:
    left = list(found)

    def read() -> Settings:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return read


def test_a_file_that_says_the_same_is_no_change() -> None:
    file = SiteFile(settings("a"), reader(settings("a"), settings("a", "b")))
    first = file.newest
    file.take_up()
    assert file.newest is first
    file.take_up()
    assert file.newest.version != first.version
    assert [camera.name for camera in file.newest.settings.cameras] == ["a", "b"]


def test_a_wrong_file_changes_nothing() -> None:
    file = SiteFile(settings("a"), reader(ConfigurationError("cameras: expected some")))
    first = file.newest
    with pytest.raises(ConfigurationError):
        file.take_up()
    assert file.newest is first


def test_what_cannot_change_while_workers_run_is_named(caplog: pytest.LogCaptureFixture) -> None:
    moved = make_settings({"cluster": {"folder": "y"}, "cameras": [{"name": "b", "source": "rtsp://10.0.0.1/b"}]})
    file = SiteFile(settings("a"), reader(moved))
    with caplog.at_level(logging.WARNING):
        file.take_up()
    assert "cluster: a change needs glimpse cluster down and up" in caplog.text
    assert file.newest.settings.cluster == settings("a").cluster
    assert [camera.name for camera in file.newest.settings.cameras] == ["b"]


def test_settings_travel_whole(tmp_path: Path) -> None:
    """As Ray carries them."""
    import pickle

    sent = version(1, "a", "b")
    assert pickle.loads(pickle.dumps(sent)) == sent
    assert msgspec.structs.asdict(sent)["version"] == "v1"

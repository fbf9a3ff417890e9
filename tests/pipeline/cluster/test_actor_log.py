"""Processes of a cluster log as the site says, each into a file of its own."""

import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pipeline.cluster.actor_log import SUPERVISOR, open_actor_log
from pipeline.settings.load import make_settings
from pipeline.settings.rooms.log import LogSettings
from pipeline.settings.types import Settings
from tests.synthetic.kept_logging import kept_logging


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    with kept_logging():
        yield


def site(log: LogSettings) -> Settings:
    return msgspec.structs.replace(make_settings({}), log=log)


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_process_writes_json_into_a_file_of_its_own(tmp_path: Path) -> None:
    settings = site(LogSettings(format="json", file=str(tmp_path / "site.log")))
    open_actor_log(settings, SUPERVISOR, "head")
    logging.getLogger("glimpse.cluster").info("starting the worker of %s", "shop")
    open_actor_log(settings, "worker", "shop")
    logging.getLogger("glimpse").warning("door: reconnecting")
    [first] = lines(tmp_path / "site.supervisor.log")
    [second] = lines(tmp_path / "site.worker.shop.log")
    assert (first["process"], first["node"], first["message"]) == (SUPERVISOR, "head", "starting the worker of shop")
    assert (second["process"], second["node"], second["level"]) == ("worker", "shop", "warning")
    assert stat.S_IMODE((tmp_path / "site.worker.shop.log").stat().st_mode) == 0o600


def test_a_large_file_is_put_aside(tmp_path: Path) -> None:
    open_actor_log(site(LogSettings(file=str(tmp_path / "site.log"), file_mb=0.001, keep=2)), "worker", "shop")
    for number in range(100):
        logging.getLogger("glimpse").info("line %d of a log that grows", number)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"site.worker.shop.log", "site.worker.shop.log.1", "site.worker.shop.log.2"}


def test_without_a_file_standard_error_has_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    open_actor_log(site(LogSettings(format="json")), "worker", "shop")
    logging.getLogger("glimpse").info("a line")
    assert json.loads(capsys.readouterr().err)["process"] == "worker"


def test_a_file_that_cannot_be_opened_ends_no_worker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").write_text("a file, and no folder")
    open_actor_log(site(LogSettings(file=str(tmp_path / "log" / "site.log"))), "worker", "shop")
    assert "site.worker.shop.log cannot be written on this machine" in capsys.readouterr().err

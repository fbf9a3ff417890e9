"""What is said of a site: whole, and with one fault after the other."""

import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from configs.at_rest import new_key
from glimpse.command.site_settings import read_site
from glimpse.doctor import Finding, Health
from glimpse.doctor_file_times import examine_file_times
from glimpse.doctor_site import examine_site
from glimpse.doctor_stores import examine_store
from pipeline.backup.places import Kept, Part
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.erasable_site import make_site, vector
from tests.synthetic.video import numbered, write_clip


@pytest.fixture
def config(tmp_path: Path) -> Path:
    site = make_site(tmp_path / "site")
    site.chmod(0o700)
    for path in site.glob("*.db"):
        path.chmod(0o600)
    write_clip(site / "clip.mp4", numbered(3))
    path = site / "site.yaml"
    path.write_text(
        "node: shop\ngallery: people.db\nevents: {outbox: outbox.db, bind: 'tcp://127.0.0.1:{port}'}\n"
        "history: {file: history.db}\nmqtt: {file: mqtt.db}\ncameras: [{name: door, source: clip.mp4}]\n".replace(
            "{port}", str(free_port())
        )
    )
    return path


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def findings(config: Path, *, dial: bool = False) -> dict[str, Finding]:
    return {found.part: found for found in examine_site(read_site(config), config, dial=dial)}


def of(found: dict[str, Finding], begin: str) -> Finding:
    [one] = [finding for part, finding in found.items() if part.startswith(begin)]
    return one


def test_a_whole_site_is_good_and_what_is_not_there_yet_is_missing(config: Path) -> None:
    found = findings(config, dial=True)
    health = {part.split()[0]: finding.health for part, finding in found.items() if not part.startswith("times")}
    assert health.pop("mqtt.file") is Health.MISSING
    assert set(health.values()) == {Health.GOOD}
    assert set(health) == {
        *("configuration", "gallery", "history.file", "events.outbox", "folder", "shipped", "events.bind", "camera")
    }
    assert of(found, "camera door").found == "64x48"
    assert "schema 4" in of(found, "gallery").found
    assert of(found, "events.bind").found == "free"


def test_a_damaged_store_is_broken(config: Path) -> None:
    with (config.parent / "history.db").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 8192)
    found = of(findings(config), "history.file")
    assert found.health is Health.BROKEN
    assert "damaged" in found.found


def test_a_store_of_a_newer_version_is_broken(config: Path) -> None:
    with closing(sqlite3.connect(config.parent / "people.db")) as gallery:
        gallery.execute("PRAGMA user_version = 99")
    found = of(findings(config), "gallery")
    assert found.health is Health.BROKEN
    assert "update Glimpse" in found.found


def test_what_is_no_store_is_broken(config: Path) -> None:
    (config.parent / "outbox.db").write_text("x")
    assert of(findings(config), "events.outbox").health is Health.BROKEN


def test_a_store_that_others_may_read_is_doubtful(config: Path) -> None:
    (config.parent / "people.db").chmod(0o644)
    found = of(findings(config), "gallery")
    assert found.health is Health.DOUBTFUL
    assert f"chmod 600 {config.parent / 'people.db'}" in found.advice


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_store_of_another_owner_is_doubtful(config: Path) -> None:
    os.chown(config.parent / "people.db", 1234, 1234)
    assert "chown root" in of(findings(config), "gallery").advice


def test_an_encrypted_store_without_its_key_is_broken(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIMPSE_KEY", new_key())
    with Gallery(config.parent / "people.db") as gallery:
        gallery.add("Cleo", Face(vector(5), "c.jpg", "sha5"), model_id="m")
    assert of(findings(config), "gallery").health is Health.GOOD
    monkeypatch.delenv("GLIMPSE_KEY")
    found = of(findings(config), "gallery")
    assert found.health is Health.BROKEN
    assert "set GLIMPSE_KEY" in found.advice


def test_a_folder_that_others_may_write_to_is_doubtful(config: Path) -> None:
    config.parent.chmod(0o777)
    assert of(findings(config), "folder").health is Health.DOUBTFUL


def test_a_full_disk_is_broken(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glimpse.doctor_stores.LEAST_FREE_MB", 1e12)
    assert of(findings(config), "folder").health is Health.BROKEN


def test_a_port_in_use_is_said(config: Path) -> None:
    port = int(config.read_text().partition("127.0.0.1:")[2].partition("'")[0])
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", port))
        opened.listen()
        assert "in use" in of(findings(config), "events.bind").found


def test_an_address_of_another_machine_is_broken(config: Path) -> None:
    config.write_text(config.read_text().replace("127.0.0.1", "192.0.2.1"))
    found = of(findings(config), "events.bind")
    assert found.health is Health.BROKEN
    assert "no such address" in found.advice


def test_a_camera_that_gives_no_picture_is_broken_and_its_password_is_not_shown(config: Path) -> None:
    text = config.read_text().replace(
        "source: clip.mp4", f"source: 'rtsp://u:hunter2@127.0.0.1:{free_port()}/s', connect_seconds: 1"
    )
    config.write_text(text)
    found = of(findings(config, dial=True), "camera door")
    assert found.health is Health.BROKEN
    assert "hunter2" not in found.found


def test_a_variable_of_a_camera_that_is_not_set_is_said_and_the_rest_is_looked_at(config: Path) -> None:
    config.write_text(config.read_text().replace("source: clip.mp4", "source: 'rtsp://u:${env:NOT_SET}@192.0.2.9/s'"))
    found = findings(config, dial=True)
    assert "NOT_SET" in of(found, "cameras").found
    assert of(found, "gallery").health is Health.GOOD


def test_a_model_that_is_not_there_is_broken(config: Path) -> None:
    config.write_text(config.read_text() + "recognizer: {model: models/mine.onnx}\n")
    assert "no such file" in of(findings(config), "recognizer.model").found


def test_a_file_from_the_future_says_that_the_clock_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.touch()
    os.utime(path, (1000, 1000))
    found = examine_file_times([path], clock=lambda: 900.0)
    assert found.health is Health.DOUBTFUL
    assert "100 s in the future" in found.found
    assert examine_file_times([path], clock=lambda: 1001.0).health is Health.GOOD
    assert examine_file_times([tmp_path / "none.db"], clock=lambda: 900.0).health is Health.GOOD


def test_a_database_that_does_not_answer_is_broken() -> None:
    place = f"postgresql://user:hunter2@127.0.0.1:{free_port()}/x"
    found = examine_store(Kept("history.file", place, Part.STORE))
    assert found.health is Health.BROKEN
    assert "hunter2" not in f"{found}"


@pytest.mark.parametrize(
    ("address", "health", "said"),
    [
        ("tcp://127.0.0.1:*", Health.GOOD, "free"),
        ("tcp://*:*", Health.GOOD, "free"),
        ("tcp://127.0.0.1:99999", Health.BROKEN, "no address"),
        ("tcp://127.0.0.1:x", Health.BROKEN, "no address"),
        ("tcp://127.0.0.1", Health.BROKEN, "no address"),
        pytest.param(f"tcp://{'ä' * 64}:1", Health.BROKEN, "no address", id="a label that is too long"),
    ],
)
def test_every_address_gets_an_answer(config: Path, address: str, health: Health, said: str) -> None:
    settings = read_site(config)
    settings = msgspec.structs.replace(settings, events=msgspec.structs.replace(settings.events, bind=address))
    found = of({found.part: found for found in examine_site(settings, config, dial=False)}, "events.bind")
    assert (found.health, found.found) == (health, said)


def test_a_model_in_a_folder_that_nobody_may_look_into_is_broken(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Path.is_file

    def refuse(path: Path) -> bool:
        if path.name == "mine.onnx":
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(Path, "is_file", refuse)
    config.write_text(config.read_text() + f"recognizer: {{model: {tmp_path / 'mine.onnx'}}}\n")
    assert "Permission denied" in of(findings(config), "recognizer.model").found

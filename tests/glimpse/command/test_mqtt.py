"""`glimpse mqtt`: mistakes of the file, a broker that is not there, and who is enrolled."""

from pathlib import Path

import pytest

from glimpse.command.app import main
from glimpse.command.mqtt import PEOPLE_SECONDS, EnrolledPeople
from recognizer.gallery.store import Gallery


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("", "mqtt.broker: expected HOST or HOST:PORT, got none"),
        ("broker: 'mqtt://h'", "mqtt.broker: expected HOST or HOST:PORT, got something else"),
        ("broker: h, password: x", "mqtt.username: expected one beside mqtt.password"),
        ("broker: h, ca: ca.pem", "mqtt.tls: expected true beside mqtt.ca"),
        ("broker: h, tls: true, ca: missing.pem", "expected PEM files that fit"),
        ("broker: h, topic: 'a/#'", "mqtt.topic"),
        ("broker: h, discvery: x", "did you mean 'discovery'?"),
        ("broker: h", "mqtt.file: expected the path of an SQLite file, got none"),
    ],
)
def test_a_mistake_in_the_file_is_wrong_usage(
    tmp_path: Path, section: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site.yaml").write_text(f"mqtt: {{{section}}}")
    assert main(["mqtt", "--config", str(tmp_path / "site.yaml")]) == 2
    assert sentence in capsys.readouterr().err


def test_a_broker_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site.yaml").write_text("mqtt: {broker: '127.0.0.1:1', file: m.db}")
    assert main(["mqtt", "--config", str(tmp_path / "site.yaml"), "--test"]) == 1
    assert "broker: not delivered: cannot be reached" in capsys.readouterr().out


def test_the_enrolled_are_read_again_and_kept_while_the_gallery_is_away(tmp_path: Path) -> None:
    now, path = 0.0, tmp_path / "people.db"
    enrolled = EnrolledPeople(path, ticks=lambda: now)
    assert enrolled() is None
    Gallery(path, create=True).close()
    assert enrolled() is None  # it is not looked at again so soon
    now += PEOPLE_SECONDS
    assert enrolled() == set()
    path.unlink()
    now += PEOPLE_SECONDS
    assert enrolled() == set()


def test_a_missing_variable_of_its_section_is_named_and_one_of_a_camera_is_not_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        "cameras: [{source: 'rtsp://guard:${env:NO_SUCH_CAMERA}@10.0.0.1/main'}]\n"
        "mqtt: {broker: 127.0.0.1, file: mqtt.db, password: '${env:NO_SUCH_BROKER}'}\n"
    )
    assert main(["mqtt", "--config", str(path), "--status"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "mqtt.password: ${env:NO_SUCH_BROKER}: the environment variable NO_SUCH_BROKER is not set" in said
    assert "NO_SUCH_CAMERA" not in said
    path.write_text(path.read_text().replace("${env:NO_SUCH_BROKER}", "x"))
    main(["mqtt", "--config", str(path), "--status"])
    assert "mqtt.db: no such file" in capsys.readouterr().err

"""Values of `${env:NAME}` are filled in, cannot change what is dialled, and are hidden wherever they land."""

from typing import Any
from urllib.parse import quote

import pytest

from configs.read import ConfigurationError
from pipeline.parts.sources import open_sources
from pipeline.secrets.redact import redact
from pipeline.settings.load import ROOMS, format_settings, ignored_but, make_settings


@pytest.mark.parametrize(
    "password", ["hun?ter=2", "a@evil/b", "12/x@evil:554", "p#1", "p ss", "50%", "ä&b=c", "p%40ss"]
)
def test_a_password_never_decides_what_is_dialled(password: str) -> None:
    settings = make_settings(
        {"cameras": [{"source": "rtsp://guard:${env:CAM}@10.0.0.1/main"}]}, environment={"CAM": password}
    )
    ((source, _),) = open_sources(settings)
    encoded = quote(password, safe="%").replace("50%", "50%25")
    assert source.location == f"rtsp://guard:{encoded}@10.0.0.1/main"
    assert source.name == "10.0.0.1-main"
    assert password not in format_settings(settings)
    assert password not in redact(f"so {password!r} is wrong") or len(password) < 4


def test_a_parameter_is_encoded_and_a_whole_url_is_not() -> None:
    raw = {"cameras": [{"source": "http://cam/v?token=${env:T}&x=1"}, {"source": "${env:URL}"}]}
    environment = {"T": "a&b#c@d", "URL": "rtsp://u:hunter2@cam/x?channel=1"}
    first, second = make_settings(raw, environment=environment).cameras
    assert first.source == "http://cam/v?token=a%26b%23c%40d&x=1"
    assert second.source == environment["URL"]


@pytest.mark.parametrize(
    "raw",
    [
        {"cameras": [{"source": "rtsp://10.0.0.1/x", "fps": "${env:CAM}"}]},
        {"cameras": [{"source": "rtsp://10.0.0.1/x", "name": "x", "decode": "${env:CAM}"}]},
        {"cameras": "${env:CAM}"},
        {"recognizer": {"profile": "/nowhere/${env:CAM}.yaml"}},
        {"device": "${env:CAM}"},
    ],
)
def test_it_is_not_shown_under_a_wrong_key(raw: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make_settings(raw, environment={"CAM": "plainword"})
    assert "plainword" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({"node": "${env:CAM}"}, "node: "),
        ({"cameras": [{"source": "0"}, {"source": "1", "name": "a${env:CAM}"}]}, r"cameras\[1\].name: "),
    ],
)
def test_a_published_name_takes_none(raw: dict[str, object], place: str) -> None:
    with pytest.raises(ConfigurationError, match=place + r".*\$\{env:CAM\} is hidden .* write the name itself"):
        make_settings(raw, environment={"CAM": "s3cret"})


def test_it_lands_in_no_name_and_no_message() -> None:
    raw = {"gallery": "/data/${env:SITE}/people.db", "cameras": [{"source": "rtsp://u:p@10.0.0.1/${env:SITE}?x/live"}]}
    settings = make_settings(raw, environment={"SITE": "vault?9"})
    ((source, _),) = open_sources(settings)
    assert "vault" not in source.name
    assert "vault" not in repr(source)
    assert "vault" not in format_settings(settings)
    assert settings.gallery == "/data/vault?9/people.db"
    assert redact(f"gallery {settings.gallery}: no such file") == "gallery /data/***/people.db: no such file"


SITE: dict[str, Any] = {
    "cameras": [{"name": "door", "source": "rtsp://guard:${env:CAM}@10.0.0.1/main"}],
    "history": {"file": "postgresql://glimpse:${env:PG}@db/glimpse"},
    "mqtt": {"broker": "${env:BROKER_HOST}", "password": "${env:BROKER}", "file": "mqtt.db"},
    "mail": {"server": "mail.example", "password": "${env:MAIL}"},
}


def test_the_engine_needs_no_variable_of_a_room() -> None:
    settings = make_settings(SITE, environment={"CAM": "hunter2"}, ignored=ROOMS)
    assert settings.cameras[0].source == "rtsp://guard:hunter2@10.0.0.1/main"
    assert settings.mqtt.broker, "so that glimpse run --web sees that there is such a room"
    with pytest.raises(ConfigurationError, match=r"cameras\[0\]\.source: \$\{env:CAM\}: .* CAM is not set"):
        make_settings(SITE, environment={"PG": "x", "BROKER": "x"}, ignored=ROOMS)


def test_a_room_needs_no_variable_of_cameras_and_other_rooms_and_is_told_where_its_own_stands() -> None:
    environment = {"PG": "secret-pg", "BROKER_HOST": "broker.example"}
    with pytest.raises(ConfigurationError, match=r"^mqtt\.password: \$\{env:BROKER\}: .* BROKER is not set$"):
        make_settings(SITE, environment=environment, ignored=ignored_but("mqtt", "history"))
    settings = make_settings(SITE, environment={**environment, "BROKER": "b"}, ignored=ignored_but("mqtt", "history"))
    assert (settings.mqtt.broker, settings.mqtt.password) == ("broker.example", "b")
    assert settings.history.file == "postgresql://glimpse:secret-pg@db/glimpse"


def test_a_variable_that_is_set_is_hidden_in_an_ignored_section_too() -> None:
    text = format_settings(make_settings(SITE, environment={"CAM": "c", "BROKER": "hunter2-b"}, ignored=ROOMS))
    assert "hunter2-b" not in text


def test_names_take_no_variable_wherever_it_stands() -> None:
    with pytest.raises(ConfigurationError, match=r"cameras\[0\]\.name"):
        make_settings({"cameras": [{"name": "${env:X}"}]}, environment={}, ignored=ignored_but("mqtt"))

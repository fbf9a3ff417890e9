"""From plain data to settings: defaults of cameras, environment variables, and errors that name the mistake."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml

from configs.read import ConfigurationError
from pipeline.bus.address import check_bind
from pipeline.settings.load import format_settings, make_settings, read_config

CAMERA = {"source": "rtsp://10.0.0.1/stream"}


def refused(raw: dict[str, object], **options: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        make_settings(raw, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_camera_overrides_the_defaults_and_nothing_else() -> None:
    settings = make_settings(
        {
            "defaults": {"fps": 5, "stride": 2},
            "cameras": [CAMERA | {"name": "gate", "fps": 0}, CAMERA | {"name": "hall"}],
        }
    )
    gate, hall = settings.cameras
    assert (gate.fps, gate.stride) == (0, 2)
    assert (hall.fps, hall.stride) == (5, 2)
    assert gate.min_face_px == 10


def test_everything_has_a_default() -> None:
    assert make_settings({}).detector.score == 0.25


def test_secrets_come_from_the_environment() -> None:
    source = "rtsp://guard:${env:CAM}@10.0.0.1/${env:PATH_}"
    camera = {"source": source, "sub_stream": "rtsp://guard:${env:CAM}@10.0.0.2/sub"}
    settings = make_settings({"cameras": [camera]}, environment={"CAM": "s3cret", "PATH_": "a"})
    assert settings.cameras[0].source == "rtsp://guard:s3cret@10.0.0.1/a"
    assert "s3cret" not in format_settings(settings)
    assert "10.0.0.1" in format_settings(settings)
    assert "10.0.0.2" in format_settings(settings)


def test_a_webcam_index_needs_no_quotes() -> None:
    assert make_settings({"cameras": [{"source": 0}]}).cameras[0].source == "0"
    assert make_settings({"defaults": {"fps": 5}, "cameras": [{"source": 0}]}).cameras[0].source == "0"


def test_a_missing_secret_is_named() -> None:
    assert "CAM" in refused({"cameras": [{"source": "rtsp://a:${env:CAM}@b/"}]}, environment={})


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"galery": "x"}, "unknown key 'galery'; did you mean 'gallery'?"),
        ({"cameras": [CAMERA | {"fsp": 3}]}, "unknown key 'fsp' in cameras[0]; did you mean 'fps'?"),
        ({"detector": {"modle": "x"}}, "unknown key 'modle' in detector; did you mean 'model'?"),
        ({"defaults": {"minface": 3}, "cameras": [CAMERA]}, "in defaults; did you mean 'min_face_px'?"),
        ({"events": {"zzz": 3}}, "known here: bind"),
        ({"recognizer": {"chip_spec": {"size": 16, "colour": "RGB"}}}, "did you mean 'color'?"),
    ],
)
def test_an_unknown_key_suggests_the_right_one(raw: dict[str, object], expected: str) -> None:
    assert expected in refused(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"cameras": [CAMERA | {"fps": "fast"}]}, ["cameras[0].fps", "'fast'", "a number"]),
        ({"cameras": [CAMERA | {"fps": -1}]}, ["cameras[0].fps", "-1", ">= 0"]),
        ({"detector": {"score": 2}}, ["detector.score", "2", "<= 1"]),
        ({"device": "gpu"}, ["device", "'gpu'", "cuda"]),
        ({"cameras": [CAMERA | {"name": "a b"}]}, ["cameras[0].name", "'a b'"]),
        ({"recognizer": {"chip_spec": {"size": 16, "color": "GRB"}}}, ["chip_spec.color", "'GRB'", "RGB or BGR"]),
        ({"cameras": [{"name": "x"}]}, ["cameras[0]", "source"]),
        ({"cameras": 3}, ["cameras", "3"]),
        ({"cameras": [CAMERA | {"name": "x"}, CAMERA | {"name": "x"}]}, ["'x'", "twice"]),
        ({"cameras": [CAMERA | {"name": "вход"}, CAMERA | {"name": "вход"}]}, ["'вход'", "twice"]),
        (
            {"cameras": [CAMERA | {"name": "вход"}, CAMERA | {"name": "source-d291253f"}]},
            ["'вход' and 'source-d291253f'", "published as 'source-d291253f'"],
        ),
        (
            {"cameras": [CAMERA | {"name": "Caf\u00e9"}, CAMERA | {"name": "Cafe\u0301"}]},
            ["'Caf\u00e9' and 'Cafe\u0301'", "published as 'Cafe-"],
        ),
        ({"cameras": [CAMERA | {"name": "入\u200b口"}]}, ["cameras[0].name", "letters may be of any script"]),
    ],
)
def test_a_wrong_value_is_shown_with_its_place(raw: dict[str, object], expected: list[str]) -> None:
    message = refused(raw)
    assert all(part in message for part in expected), message


@pytest.mark.parametrize("name", ["вход", "入口", "Entrée", "प्रवेश", "الباب"])
def test_a_camera_may_be_named_in_any_script(name: str) -> None:
    settings = make_settings({"cameras": [CAMERA | {"name": name}]})
    assert settings.cameras[0].name == name
    assert name in format_settings(settings)


@pytest.mark.parametrize(
    "raw",
    [
        {"node": "gate\n"},
        {"cameras": [CAMERA | {"name": "door\n"}]},
        {"cameras": [CAMERA | {"aspect": "16:9\n"}]},
    ],
)
def test_a_line_break_at_the_end_is_refused(raw: dict[str, object]) -> None:
    assert "got a text of" in refused(raw)


def test_no_password_in_an_error() -> None:
    message = refused({"cameras": [{"source": 3, "name": "rtsp://a:hush@b/"}]})
    assert "hush" not in message


@pytest.mark.parametrize(
    "camera",
    [
        {"source": {"url": "x", "password": "hunter2"}},
        {"source": ["hunter2"]},
        {"source": "x", "fps": "hunter2"},
        {"source": "x", "name": "hunter2?="},
        {"source": "x", "password": "hunter2"},
    ],
)
def test_a_secret_under_a_wrong_key_is_not_repeated(camera: dict[str, object]) -> None:
    assert "hunter2" not in refused({"cameras": [camera]})


@pytest.mark.parametrize(
    "line", ["source: rtsp://admin:hunter2: x@cam", "password: *hunter2", "password: !hunter2 x", "password: '@hunter2"]
)
def test_a_line_that_is_no_yaml_is_not_repeated(line: str, tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(f"cameras:\n- {line}\n")
    with pytest.raises(ConfigurationError, match=r"site\.yaml: not readable as YAML: .*line [23], column") as caught:
        read_config(path)
    assert "hunter2" not in str(caught.value)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        "gallery: people.db\ndetector: {model: pack:buffalo_s}\ncameras: [{source: clips/a.mp4}, {source: '0'}]\n"
    )
    raw = read_config(path)
    assert raw["gallery"] == str(tmp_path / "people.db")
    assert raw["detector"]["model"] == "pack:buffalo_s"
    assert [camera["source"] for camera in raw["cameras"]] == [str(tmp_path / "clips/a.mp4"), "0"]


def test_an_unreadable_file_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml: No such file"):
        read_config(tmp_path / "nowhere.yaml")


def test_formatted_settings_can_be_read_again() -> None:
    settings = make_settings({"cameras": [CAMERA | {"roi": [[0, 0], [1, 0], [1, 1]]}]})
    assert make_settings(yaml.safe_load(format_settings(settings))) == settings
    assert msgspec.json.schema(type(settings))["$defs"]


@pytest.mark.parametrize("written", ["2024", "'2024'"])
def test_a_folder_of_digits_beside_the_file_is_no_webcam(tmp_path: Path, written: str) -> None:
    path = tmp_path / "glimpse.yaml"
    path.write_text(f"cameras:\n  - source: {written}\n")
    assert make_settings(read_config(path)).cameras[0].source == "2024"
    (tmp_path / "2024").mkdir()
    assert make_settings(read_config(path)).cameras[0].source == str(tmp_path / "2024")


@pytest.mark.parametrize("url", ["file:/clips/a%20b.mp4", "FILE:/x.mp4", "file:///x.mp4"])
def test_a_file_url_is_no_path_beside_the_file(tmp_path: Path, url: str) -> None:
    path = tmp_path / "glimpse.yaml"
    path.write_text(f"cameras: [{{source: '{url}'}}]")
    assert make_settings(read_config(path)).cameras[0].source == url


URL_IN_A_WRONG_PLACE = "rtsp://viewer:qwe rty^zu`i@10.0.0.7/x?k=poi'u"


@pytest.mark.parametrize("url", [URL_IN_A_WRONG_PLACE, "rtsp//viewer:qwe rty^zu`i@h", "viewer:qwe rty*zu`i@h/x"])
@pytest.mark.parametrize(
    "raw",
    [
        lambda url: {"gallery": url},
        lambda url: {"detector": {"model": url}},
        lambda url: {"recognizer": {"profile": url}},
        lambda url: {"recognizer": {"calibration": url}},
        lambda url: {"events": {"outbox": url}},
        lambda url: {"events": {"curve": url}},
        lambda url: {"cameras": [CAMERA | {"allow_redirect_hosts": [url]}]},
    ],
)
def test_a_url_where_none_belongs_is_refused_without_it(
    raw: Callable[[str], dict[str, object]], url: str, tmp_path: Path
) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(raw(url)))
    for plain in (raw(url), read_config(path)):
        message = refused(plain)
        assert not any(part in message for part in ("qwe", "rty", "zu`", "poi", "10.0.0.7")), message


@pytest.mark.parametrize("bind", [URL_IN_A_WRONG_PLACE, "tcp://viewer:qwe rty@h", "viewer:qwerty", "https:/u:qwe;rty"])
def test_a_url_in_place_of_the_bus_address_is_not_printed(bind: str) -> None:
    settings = make_settings({"events": {"bind": bind}})
    with pytest.raises(ValueError, match="expected tcp://") as caught:
        check_bind(bind, curve=False)
    for text in (format_settings(settings), str(caught.value)):
        assert not any(part in text for part in ("qwe", "rty", "poi"))


@pytest.mark.parametrize("bind", ["auto", "none", "tcp://127.0.0.1:5556", "tcp://*:5556", "tcp://[::1]:*", "ipc:///b"])
def test_a_bus_address_is_printed(bind: str) -> None:
    assert yaml.safe_load(format_settings(make_settings({"events": {"bind": bind}})))["events"]["bind"] == bind


@pytest.mark.parametrize(
    ("site", "sentence"),
    [
        ({"timezone": "Mars/X"}, "site.timezone: time zone 'Mars/X': expected an IANA name such as Europe/Berlin"),
        ({"timezone": {"name": "Europe/Berlin"}}, "site.timezone: expected text, got a mapping with 'name'"),
        ("Europe/Berlin", "site: expected a mapping of settings, such as 'timezone', got a text of 13 characters"),
    ],
)
def test_a_wrong_zone_is_named_with_what_was_given_and_expected(site: object, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make_settings({"site": site})
    assert str(caught.value) == sentence

"""People copy the example configuration: it must load, name only settings that exist, and pass --check."""

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from configs.read import ConfigurationError
from detectors.runtime import Runtime
from pipeline.parts.identification import open_gallery
from pipeline.parts.models import open_detector, open_recognizer
from pipeline.settings.load import format_settings, make_settings, read_config
from tests.synthetic.node import running
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.world import ROOT, World

EXAMPLE = ROOT / "configs" / "example.yaml"
SECRETS = {"DOOR_PASSWORD": "d00r", "HALL_PASSWORD": "h@ll"}


def with_passwords(text: str) -> str:
    """The example as somebody fills it in whose cameras have passwords, by the line that shows how."""
    for host, name in (("10", "DOOR_PASSWORD"), ("11", "HALL_PASSWORD")):
        text = text.replace(f"source: rtsp://192.0.2.{host}:", f"source: rtsp://viewer:${{env:{name}}}@192.0.2.{host}:")
    return text


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    path = tmp_path / "filled.yaml"
    path.write_text(with_passwords(EXAMPLE.read_text(encoding="utf-8")), encoding="utf-8")
    return path


def test_it_works_in_an_empty_folder_but_for_its_cameras(tmp_path: Path) -> None:
    settings = make_settings(read_config(Path(shutil.copy(EXAMPLE, tmp_path / "site.yaml"))), environment={})
    runtime = Runtime("cpu")
    assert open_detector(settings, runtime).name
    assert open_recognizer(settings, runtime)
    open_gallery(settings).close()


def test_it_loads_with_overrides_and_hides_its_secrets(filled: Path) -> None:
    settings = make_settings(read_config(filled), environment=SECRETS)
    door, hall = settings.cameras
    assert (door.fps, hall.fps) == (10, 5)
    assert (door.min_face_px, hall.min_face_px) == (10, 16)
    assert len(door.roi) == 4
    assert hall.roi == ()
    assert "d00r" in door.source
    assert not any(secret in format_settings(settings) for secret in SECRETS.values())


def test_a_missing_secret_is_named(filled: Path) -> None:
    with pytest.raises(ConfigurationError, match="HALL_PASSWORD"):
        make_settings(read_config(filled), environment={"DOOR_PASSWORD": "x"})


def test_it_fits_the_schema_editors_check_it_by() -> None:
    schema = json.loads((EXAMPLE.parent / "glimpse.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")), schema)


def test_what_is_commented_out_would_load_too() -> None:
    """Settings that are offered in comments must exist."""
    text = EXAMPLE.read_text(encoding="utf-8").partition("\nnode:")
    offered = re.sub(r"(?m)^( *)# ((?:- )?[a-z_]+:|  source:)", r"\1\2", text[1] + text[2])
    plain = yaml.safe_load(offered)
    assert [camera["name"] for camera in plain["cameras"]] == ["door", "hall", "desk", "yesterday"]
    assert plain["detector"]["tile"] == 640
    settings = make_settings(plain, environment=SECRETS)
    assert settings.recognizer.chip_spec is not None
    assert settings.events.outbox
    assert settings.schedule.scan_seconds == 1


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_check_accepts_it_where_models_and_cameras_are(tmp_path: Path) -> None:
    world = World(tmp_path / "world", seconds=2)
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(world.detector, models / "detector.onnx")
    shutil.copy(world.recognizer, models / "recognizer.onnx")
    shutil.copy(world.gallery, tmp_path / "people.db")
    with rtsp_server({"stream1": world.clip}, user="viewer", password=SECRETS["DOOR_PASSWORD"]) as camera:
        text = with_passwords(EXAMPLE.read_text(encoding="utf-8"))
        text = text.replace("embedded  ", "models/detector.onnx  ", 1).replace(
            "embedded  ", "models/recognizer.onnx  ", 1
        )
        text = text.replace("# gallery:", "gallery:")
        site = tmp_path / "site.yaml"
        site.write_text(re.sub(r"192\.0\.2\.1\d:554", f"127.0.0.1:{camera.port}", text), encoding="utf-8")
        secrets = SECRETS | {"HALL_PASSWORD": SECRETS["DOOR_PASSWORD"]}
        with running(tmp_path, "--config", site, "--check", **secrets) as node:
            assert node.end() == 0, node.output
    assert "2 people" in node.output
    assert node.output.count("320x240") == 2
    assert secrets["DOOR_PASSWORD"] not in node.output

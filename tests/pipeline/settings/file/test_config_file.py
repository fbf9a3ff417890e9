"""A file is saved whole or not at all, and never over somebody else's change."""

from pathlib import Path

import pytest

from configs.read import ConfigurationError
from pipeline.capture.camera_names import topic_name
from pipeline.settings.file.config_file import ConfigFile, FileChangedError
from pipeline.settings.file.yaml_edit import set_value

SITE = "# shop\ncameras:\n  - source: rtsp://10.0.0.2/main\n    name: дверь\n  - source: rtsp://10.0.0.3/h264\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    path.chmod(0o640)
    return path


def test_it_is_saved_and_keeps_its_mode(path: Path) -> None:
    file = ConfigFile(path)
    version = file.read()
    saved = file.save(version.digest, lambda text: set_value(text, ("cameras", 0, "fps"), 5))
    assert path.read_text() == SITE.replace("дверь\n", "дверь\n    fps: 5\n")
    assert saved.digest == file.read().digest != version.digest
    assert path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in path.parent.iterdir()] == ["site.yaml"]


def test_a_change_of_somebody_else_is_kept(path: Path) -> None:
    file = ConfigFile(path)
    digest = file.read().digest
    path.write_text(SITE + "node: other\n")
    with pytest.raises(FileChangedError, match="somebody else"):
        file.save(digest, lambda text: set_value(text, ("node",), "mine"))
    assert path.read_text() == SITE + "node: other\n"


def test_what_no_node_could_run_is_not_written(path: Path) -> None:
    file = ConfigFile(path)
    with pytest.raises(ConfigurationError, match=r"cameras\[0\]\.fps"):
        file.save(file.read().digest, lambda text: set_value(text, ("cameras", 0, "fps"), -1))
    assert path.read_text() == SITE


def test_cameras_are_found_by_the_names_in_events(path: Path) -> None:
    version = ConfigFile(path).read()
    assert version.camera("10.0.0.3-h264") == 1
    assert version.camera("nobody") is None
    assert version.camera(topic_name("дверь")) == 0


def test_a_file_that_cannot_be_read_is_said_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^none\.yaml: No such file") as refused:
        ConfigFile(tmp_path / "none.yaml").read()
    assert str(tmp_path) not in str(refused.value)

"""Commands that look at what a site keeps need neither the passwords of cameras nor those of servers."""

from pathlib import Path

import pytest

from configs.read import ConfigurationError
from glimpse.command.site_settings import read_site
from pipeline.site.site_time import stamp

SECRETS = """\
gallery: people.db
cameras: [{name: door, source: "rtsp://u:${env:NOT_SET}@192.0.2.1/s"}]
mqtt: {broker: "192.0.2.2", password: "${env:NOT_SET}"}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_variables_of_cameras_and_rooms_need_not_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    assert read_site(write(tmp_path, SECRETS)).gallery.endswith("people.db")


def test_a_variable_of_what_is_looked_at_must_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    path = write(tmp_path, 'gallery: "postgresql://u:${env:NOT_SET}@h/d"\n')
    with pytest.raises(ConfigurationError, match=r"^.*site\.yaml: .*NOT_SET") as raised:
        read_site(path)
    assert str(raised.value).count(str(path)) == 1


@pytest.mark.parametrize("text", ["galery: people.db\n", "gallery: [\n", "threads: 0\n", "- a\n"])
def test_every_error_names_the_file_once(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigurationError) as raised:
        read_site(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert str(raised.value).count(str(path)) == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml"):
        read_site(tmp_path / "none.yaml")


def test_times_are_shown_in_the_zone_of_the_site(tmp_path: Path) -> None:
    read_site(write(tmp_path, "site: {timezone: Asia/Tokyo}\n"))
    assert stamp(0.0).startswith("1970-01-01 09:00")

"""The commands `glimpse backup` and `glimpse restore`, as a person types them."""

import json
from pathlib import Path

import pytest

from glimpse.command.app import main
from pipeline.erase.__main__ import main as erase
from recognizer.gallery.store import Face, Gallery
from tests.synthetic.erasable_site import vector

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    path = tmp_path / "site" / "site.yaml"
    path.write_text(
        "node: shop\ngallery: people.db\nhistory: {file: history.db}\ncameras: [{source: 'rtsp://${env:X}/s'}]\n"
    )
    with Gallery(tmp_path / "site" / "people.db", create=True) as gallery:
        for number, name in enumerate(("Ada", "Ben")):
            gallery.add(name, Face(vector(number), "a.jpg", f"sha{number}"), model_id="m")
    return path


def test_a_site_is_copied_and_put_back(config: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["backup", str(tmp_path / "b"), "--config", str(config)]) == 0
    shown = capsys.readouterr().out
    assert "gallery: " in shown
    assert "not copied: history.file" in shown
    assert "2 files, " in shown
    (config.parent / "people.db").unlink()
    config.unlink()
    assert main(["restore", str(tmp_path / "b")]) == 0
    with Gallery(config.parent / "people.db") as gallery:
        assert [person.name for person in gallery.people()] == ["Ada", "Ben"]
    assert "${env:X}" in config.read_text()


def test_what_is_there_already_ends_with_1(config: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x").touch()
    assert main(["backup", str(tmp_path / "b"), "--config", str(config)]) == 1
    assert "expected a new or an empty folder" in capsys.readouterr().err
    assert main(["backup", str(tmp_path / "c"), "--config", str(config)]) == 0
    assert main(["restore", str(tmp_path / "c")]) == 1
    assert "give --replace" in capsys.readouterr().err


def test_wrong_usage_ends_with_2(tmp_path: Path, capsys: Capture) -> None:
    assert main(["backup", str(tmp_path / "b")]) == 2
    assert "expected --config FILE, or files" in capsys.readouterr().err
    assert main(["restore", str(tmp_path)]) == 2
    assert "not a backup" in capsys.readouterr().err
    assert main(["backup", str(tmp_path / "b"), "--keep", "-1", str(tmp_path)]) == 2


def test_json_is_one_document(config: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["backup", str(tmp_path / "b"), "--config", str(config), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert [entry["setting"] for entry in made["manifest"]["files"]] == ["gallery", "config"]
    assert main(["restore", str(tmp_path / "b"), "--to", str(tmp_path / "d"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["restored"]["since"]["names"] == []


def test_backups_by_time_are_kept_to_a_number(config: Path, tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "all"
    for day in ("2026-11-01", "2026-11-02"):
        main(["backup", str(folder / f"{day}T000000Z"), "--config", str(config)])
    assert main(["backup", str(folder), "--keep", "2", "--config", str(config)]) == 0
    assert "deleted: " in capsys.readouterr().out
    assert len(list(folder.iterdir())) == 2
    assert not (folder / "2026-11-01T000000Z").exists()


def test_somebody_who_was_erased_since_is_named_and_ends_with_1(config: Path, tmp_path: Path, capsys: Capture) -> None:
    main(["backup", str(tmp_path / "b"), "--config", str(config)])
    erase(["Ada", str(config.parent)])
    capsys.readouterr()
    assert main(["restore", str(tmp_path / "b"), "--replace"]) == 1
    shown = capsys.readouterr().out
    assert "Ada was erased after this backup and is in it: python -m pipeline.erase 'Ada' DIR" in shown
    assert "counted 1 erasures after this backup" in shown

"""`glimpse doctor`."""

import json
from pathlib import Path

import pytest

from glimpse.command.app import main
from glimpse.doctor import Finding, Health


def test_a_sound_machine_is_good_and_a_gallery_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert "detector" in capsys.readouterr().out
    assert main(["doctor", "--gallery", str(tmp_path / "none.db"), "--json"]) == 1
    [gallery] = [each for each in json.loads(capsys.readouterr().out) if each["part"] == "gallery none.db"]
    assert gallery["health"] == "broken"
    assert "no such file" in gallery["found"]


@pytest.mark.parametrize(("health", "code"), [(Health.GOOD, 0), (Health.MISSING, 0), (Health.BROKEN, 1)])
def test_only_what_is_broken_is_a_failure(
    health: Health, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = Finding("part", health, "found [1]", "do this")
    monkeypatch.setattr("glimpse.command.doctor.examine", lambda gallery: iter([finding]))
    assert main(["doctor"]) == code
    assert "found [1]" in capsys.readouterr().out


def test_it_takes_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "heal"]) == 2
    assert "heal" in capsys.readouterr().err


def test_a_site_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glimpse.command.doctor.examine", lambda gallery: iter(()))
    config = tmp_path / "site.yaml"
    config.write_text("gallery: people.db\n")
    assert main(["doctor", "--config", str(config), "--without-cameras", "--json"]) == 0
    found = {each["part"]: each["health"] for each in json.loads(capsys.readouterr().out)}
    assert found["gallery people.db"] == "missing"
    config.write_text("galery: people.db\n")
    assert main(["doctor", "--config", str(config)]) == 2
    assert "did you mean 'gallery'" in capsys.readouterr().err

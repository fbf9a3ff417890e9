"""Recorded settings: the first run writes them, later runs must match."""

from pathlib import Path

import pytest

from distill.data.manifest import read_or_create, require_unchanged
from distill.errors import DistillError


def test_the_first_run_records_its_settings(tmp_path: Path) -> None:
    path = tmp_path / "new" / "label.json"
    require_unchanged(path, "label", {"px": 16, "kinds": ("real", "mixed")})
    require_unchanged(path, "label", {"px": 16, "kinds": ("real", "mixed")})  # a tuple is a list in JSON
    assert read_or_create(path, {"px": 8}) == {"px": 16, "kinds": ["real", "mixed"]}


def test_the_first_setting_that_differs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "label.json"
    require_unchanged(path, "label", {"px": 16, "low": True})
    with pytest.raises(DistillError, match=r"label\.low: .* was made with True, got False; name another `work`"):
        require_unchanged(path, "label", {"px": 16, "low": False})


def test_a_setting_that_the_record_lacks_differs(tmp_path: Path) -> None:
    path = tmp_path / "label.json"
    require_unchanged(path, "label", {"px": 16})
    with pytest.raises(DistillError, match=r"label\.seed: .* was made with None, got 1"):
        require_unchanged(path, "label", {"px": 16, "seed": 1})


def test_a_record_of_an_older_version_has_former_names(tmp_path: Path) -> None:
    path = tmp_path / "label.json"
    path.write_text('{"shard": 2048}')
    require_unchanged(path, "label", {"shard_faces": 2048}, former={"shard_faces": "shard"})
    with pytest.raises(DistillError, match=r"label\.shard_faces: .* was made with 2048, got 64"):
        require_unchanged(path, "label", {"shard_faces": 64}, former={"shard_faces": "shard"})

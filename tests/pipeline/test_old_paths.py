"""Commands and imports that the documentation shows keep working, wherever their code lives."""

import re
import runpy
import sys
from pathlib import Path

import pytest

import pipeline.bus.client
import pipeline.client
import pipeline.redact
import pipeline.secrets.redact

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
IMPORTS = sorted(
    {
        line
        for page in PAGES
        for line in re.findall(
            r"^from (?:pipeline|recognizer|detectors)\S* import .+$", page.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
)


def test_the_client_is_importable_from_its_documented_path() -> None:
    for name in ("ALL", "Gap", "Item", "Position", "Subscriber"):
        assert getattr(pipeline.client, name) is getattr(pipeline.bus.client, name)


def test_redaction_is_importable_from_its_documented_path() -> None:
    for name in pipeline.redact.__all__:
        assert getattr(pipeline.redact, name) is getattr(pipeline.secrets.redact, name)


@pytest.mark.parametrize(
    ("module", "usage"),
    [("pipeline.watch", "Usage: glimpse watch"), ("pipeline.curve", "usage: python -m pipeline.curve")],
)
def test_the_command_runs_at_its_documented_path(
    module: str, usage: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [module, "--help"])
    monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(SystemExit) as exit_info:
        runpy.run_module(module, run_name="__main__")
    assert exit_info.value.code == 0
    assert usage in capsys.readouterr().out


def test_the_documentation_shows_imports() -> None:
    assert any("pipeline.client" in line for line in IMPORTS)


@pytest.mark.parametrize("line", IMPORTS)
def test_every_import_in_the_documentation_works(line: str) -> None:
    exec(line, {})

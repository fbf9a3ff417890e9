"""`glimpse distill` hands over to the training's own command line."""

import sys
from importlib.util import find_spec
from types import ModuleType

import pytest

from glimpse.command.app import main


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What reaches a stand-in for the training."""
    calls: list[list[str]] = []

    def run(words: list[str]) -> int:
        calls.append(words)
        return 7

    stand_in = ModuleType("distill.cli")
    vars(stand_in)["main"] = run
    monkeypatch.setitem(sys.modules, "distill.cli", stand_in)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: find_spec("sys"))
    return calls


@pytest.mark.parametrize("words", [[], ["--help"], ["run", "x.yaml", "--flag", "-v", "a=b"]])
def test_every_word_and_the_exit_code_are_handed_over(words: list[str], handed_over: list[list[str]]) -> None:
    assert main(["distill", *words]) == 7
    assert handed_over == [words]


def test_without_torch_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["distill", "run", "x.yaml"]) == 2
    assert "pip install torch torchvision" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["site", "detector", "bundle", "collect", "run", "landmarks"])
def test_the_help_of_each_command_is_that_of_the_training(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torchvision")
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["distill", command, "--help"])
    usage = capsys.readouterr().out
    assert usage.startswith("usage: python -m distill")
    if command in ("site", "detector", "bundle", "collect"):  # they have parsers of their own
        assert usage.startswith(f"usage: python -m distill {command} ")


def test_the_help_of_the_training_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torchvision")
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["distill", "--help"])
    usage = capsys.readouterr().out
    for command in ("prepare", "label", "ablation", "detector", "bundle", "collect", "site", "schema"):
        assert command in usage


def test_the_schema_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torchvision")
    monkeypatch.setattr("distill.cli.write_schema", lambda: 5)
    assert main(["distill", "schema"]) == 5

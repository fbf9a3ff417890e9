"""`glimpse distill` hands over to the training's own command line."""

import sys
from importlib.util import find_spec
from types import ModuleType

import pytest

from glimpse.command.app import main


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What reaches a stand-in for the training."""
    calls: list[tuple[str, ...]] = []

    def run(words: tuple[str, ...]) -> int:
        calls.append(words)
        return 7

    stand_in = ModuleType("distill.cli")
    vars(stand_in)["main"] = run
    monkeypatch.setitem(sys.modules, "distill.cli", stand_in)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: find_spec("sys"))
    return calls


@pytest.mark.parametrize("words", [(), ("--help",), ("run", "x.yaml", "--flag", "-v", "a=b")])
def test_every_word_and_the_exit_code_are_handed_over(
    words: tuple[str, ...], handed_over: list[tuple[str, ...]]
) -> None:
    assert main(["distill", *words]) == 7
    assert handed_over == [words]


def test_without_torch_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["distill", "run", "x.yaml"]) == 2
    assert "pip install torch torchvision" in capsys.readouterr().err

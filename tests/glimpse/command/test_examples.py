"""Every example of every `--help` can be typed, and a mistyped word is answered with the one that was meant."""

import shlex
from collections.abc import Iterator
from importlib import import_module

import pytest
from cyclopts import App

from configs.command_line import fill_bare_flags
from glimpse.command.app import COMMANDS, main, make_app
from pipeline.settings.flags import FLAGS

NESTED = ("people", "history", "accounts", "alerts", "tokens", "collect", "cluster")
"""Commands with commands of their own."""


def commands() -> Iterator[tuple[str, App]]:
    """Each command's words and its app; those of people too."""
    for name in COMMANDS:
        app: App = import_module(f"glimpse.command.{name.replace('-', '_')}").app
        yield name, app
        for inner in app if name in NESTED else ():
            if not inner.startswith("-"):
                yield f"{name} {inner}", app[inner]
    yield "--install-completion", import_module("glimpse.command.completion").app


def examples(app: App) -> list[str]:
    assert isinstance(app.help_epilogue, str)
    lines = app.help_epilogue.partition("Examples:\n")[2].splitlines()
    return [line.strip() for line in lines if line.startswith("  glimpse ")]


@pytest.mark.parametrize(("name", "app"), list(commands()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_has_examples_that_parse(name: str, app: App) -> None:
    lines = examples(app)
    assert lines
    assert any(line.startswith(f"glimpse {name}") for line in lines)
    assert max(map(len, lines)) <= 78  # a help page of 80 columns breaks no line
    for line in lines:
        words = shlex.split(line.partition(" | ")[0], comments=True)[1:]
        make_app().parse_args(fill_bare_flags(words, FLAGS), print_error=False, exit_on_error=False)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["evalute"], "evaluate"),
        (["people", "lst"], "list"),
        (["people", "list", "--galery", "x.db"], "--gallery"),
        (["evaluate", "x", "--gallery", "p.db", "--stranger", "d"], "--strangers"),
        (["enroll", "x", "--gallery", "p.db", "--reviw", "d"], "--review"),
        (["check", "x.mp4", "--galery", "p.db"], "--gallery"),
        (["compare", "a", "b", "--jsn"], "--json"),
        (["doctor", "--galery", "p.db"], "--gallery"),
        (["calibrate", "--recogniser", "tiny"], "--recognizer"),
        (["watch", "tcp://127.0.0.1:1", "--topics", "x"], "--topic"),
        (["mqtt", "--config", "site.yaml", "--tset"], "--test"),
        (["webhooks", "--confg", "site.yaml"], "--config"),
        (["mail", "--config", "site.yaml", "--statsu"], "--status"),
        (["history", "shwo", "h.db"], "show"),
        (["accounts", "lst", "a.db"], "list"),
        (["history", "record", "tcp://127.0.0.1:1", "h.db", "--unknown"], "--unknowns"),
    ],
)
def test_the_word_that_was_meant_is_named(words: list[str], meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    error = capsys.readouterr().err
    assert "Did you mean" in error
    assert meant in error.partition("Did you mean")[2]

"""`glimpse tokens`: printed once, listed by their begin, removed."""

import io
import json
from pathlib import Path

import pytest

from glimpse.command.app import main
from pipeline.web.security.accounts_file import AccountsFile
from pipeline.web.security.roles import Role, User
from pipeline.web.security.tokens import Tokens


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert main(["accounts", "add", str(tmp_path / "a.db"), "ada", "--role", "admin"]) == 0
    return tmp_path / "a.db"


def test_they_are_added_listed_and_removed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tokens", "add", str(file), "robot", "--role", "operator", "--days", "2"]) == 0
    [token] = capsys.readouterr().out.split()
    with AccountsFile(file) as opened:
        assert Tokens(opened).user_of(token) == User("token:robot", Role.OPERATOR)
    assert main(["tokens", "list", str(file), "--json"]) == 0
    [row] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["name"], row["role"], row["prefix"]) == ("robot", "operator", token.split("_")[1])
    assert row["until"] > row["used_at"]
    assert main(["tokens", "list", str(file)]) == 0
    assert token not in capsys.readouterr().out
    assert main(["tokens", "remove", str(file), "robot"]) == 0
    with AccountsFile(file) as opened:
        assert Tokens(opened).user_of(token) is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["remove", "nemo"], "there is no such token"),
        (["add", "robot", "--role", "viewer", "--days", "-1"], "expected 0 to 36500"),
        (["add", "a b", "--role", "viewer"], "token 'a b': expected 1 to 64"),
    ],
)
def test_mistakes_are_sentences(
    file: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tokens", words[0], str(file), *words[1:]]) == 2
    assert sentence in capsys.readouterr().err


def test_a_file_is_not_made(tmp_path: Path) -> None:
    assert main(["tokens", "list", str(tmp_path / "none.db")]) == 2
    assert not (tmp_path / "none.db").exists()

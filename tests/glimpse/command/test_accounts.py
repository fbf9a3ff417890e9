"""`glimpse accounts`: made, listed, changed and removed, with passwords from standard input alone."""

import io
import json
from pathlib import Path

import pytest

from glimpse.command.app import main
from pipeline.web.security.accounts import Accounts
from pipeline.web.security.accounts_file import AccountsFile

PASSWORD = "correct horse battery"


def run(monkeypatch: pytest.MonkeyPatch, words: str, typed: str = PASSWORD) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
    return main(["accounts", *words.split()])


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("USER", "test")
    assert run(monkeypatch, f"add {tmp_path}/a.db ada --role admin") == 0
    assert run(monkeypatch, f"add {tmp_path}/a.db guest --role viewer --until 2999-01-01") == 0
    return tmp_path / "a.db"


def test_they_are_listed(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, f"list {file} --json") == 0
    ada, guest = map(json.loads, capsys.readouterr().out.splitlines())
    assert (ada["name"], ada["role"], ada["until"]) == ("ada", "admin", None)
    assert (guest["name"], guest["until"][:10]) == ("guest", "2999-01-01")
    assert run(monkeypatch, f"list {file}") == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("guest                    viewer    until 2999-01-01T")


def test_they_are_changed_and_removed(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "another long password"
    assert run(monkeypatch, f"password {file} guest", other) == 0
    assert run(monkeypatch, f"role {file} guest operator") == 0
    with AccountsFile(file) as opened:
        found = Accounts(opened).check_password("guest", other)
    assert found
    assert found.role.word == "operator"
    assert run(monkeypatch, f"remove {file} guest") == 0
    assert run(monkeypatch, f"log {file} --json") == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    actions = ["account removed", "role changed", "password changed", "account added", "account added"]
    assert [entry["action"] for entry in entries] == actions
    assert {entry["by"].partition(" (")[0] for entry in entries} == {"command line"}
    assert run(monkeypatch, f"log {file} --limit 1") == 0
    assert ": account removed: guest" in capsys.readouterr().out
    assert PASSWORD.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        ("add {file} bob --role viewer", "short", "password: expected 12 to 1024 characters, got 5"),
        ("add {file} bob --role viewer", "", "got 0"),
        ("add {file} ADA --role viewer", PASSWORD, "there is one of this name already"),
        ("add {file} bob --role root", PASSWORD, "root"),
        ("add {file} bob", PASSWORD, "--role"),
        ("add {file}.new bob --role viewer", PASSWORD, "the first account must be an admin's"),
        ("add {file} bob --role viewer --until 2001-01-01", PASSWORD, "expected a time to come"),
        ("add {file} bob --role viewer --password x", PASSWORD, "--password"),
        ("remove {file} ada", "", "the last admin"),
        ("role {file} ada viewer", "", "the last admin"),
        ("remove {file} eve", "", "there is no such account"),
        ("list {file}.none", "", "no such file"),
        ("log {file} --limit 0", "", "expected 1 or more"),
    ],
)
def test_a_mistake_is_a_sentence(
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    typed: str,
    sentence: str,
) -> None:
    assert run(monkeypatch, words.format(file=file), typed) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert sentence in told
    assert PASSWORD not in told

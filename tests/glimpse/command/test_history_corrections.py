"""`glimpse history this-is`, `this-is-not`, `rename`, `merge`, `undo` and `audit` as an operator types them."""

import json
from pathlib import Path

import pytest

from glimpse.command.app import main
from tests.synthetic.corrections import dump, make_site


@pytest.fixture(autouse=True)
def _in_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_site(tmp_path))


def history(*words: str) -> int:
    return main(["history", words[0], "history.db", *words[1:]])


def test_corrections_are_made_listed_and_undone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, gallery = dump(tmp_path), ("--gallery", "people.db", "--by", "eve")
    assert history("this-is-not", "1", "Ada", *gallery) == 0
    assert history("this-is", "3", "Bob", *gallery) == 0
    assert history("rename", "Ada", "Ada L", *gallery) == 0
    assert history("merge", "Ada L", "Bob", *gallery, "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"audit": 4, "notes": []}
    assert history("audit", "--json") == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(entry["by"], entry["action"], entry["undo"]) for entry in entries] == [
        ("eve", action, True) for action in ("merge", "rename", "this is", "this is not")
    ]
    assert [history("undo", str(number), *gallery) for number in (4, 3, 2, 1)] == [0] * 4
    assert dump(tmp_path) == before
    capsys.readouterr()
    assert history("audit", "--before", "5") == 0
    assert "eve: rename Ada (to Ada L); undone" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ("this-is", "99", "Ada"),
        ("this-is", "1", "Ada", "--enrol"),
        ("this-is-not", "1", "Nobody"),
        ("undo", "7"),
        ("audit", "--limit", "0"),
        ("rename", "Ada", "Bob"),
        ("merge", "Ada", "Ada"),
    ],
)
def test_what_cannot_be_done_is_wrong_usage(words: tuple[str, ...]) -> None:
    assert history(*words) == 2


def test_a_name_that_nobody_has_is_said_to_be_that(capsys: pytest.CaptureFixture[str]) -> None:
    gallery = ("--gallery", "people.db")
    assert history("this-is", "3", "Adda", *gallery) == 2
    assert (
        "neither gallery nor history knows this name; did you mean 'Ada'? If not, add --new" in capsys.readouterr().err
    )
    assert history("this-is", "3", "Adda", *gallery, "--new") == 0
    assert "Adda is not enrolled: cameras do not use this name yet" in capsys.readouterr().out
    assert history("this-is", "3", "Quentin", *gallery, "--json") == 0
    assert json.loads(capsys.readouterr().out)["notes"][0].startswith("Quentin is not enrolled")


def test_an_empty_log_and_a_missing_history(tmp_path: Path) -> None:
    assert history("audit") == 1
    assert main(["history", "this-is", "none.db", "1", "Ada"]) == 2
    assert not (tmp_path / "none.db").exists()

"""A flag with an empty value is refused before anything is done."""

from pathlib import Path

import pytest

from glimpse.command.app import main
from glimpse.command.empty_values import empty_flag
from tests.synthetic.portraits import FACES


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (["enroll", "a.jpg", "--name", "", "--gallery", "g.db"], "--name"),
        (["enroll", "a.jpg", "--name=", "--gallery", "g.db"], "--name"),
        (["enroll", "a.jpg", "--name", "  "], "--name"),
        (["people", "list", "--gallery", ""], "--gallery"),
        (["who", "a.jpg", "--calibration", "", "--chip-spec="], ""),
        (["who", "", "--gallery", "g.db"], ""),
        (["people", "erase", "--gallery", "g.db", "--", "--name", ""], ""),
        (["run", "--gallery", ""], ""),
        (["distill", "site", "--recognizer", ""], ""),
        ([], ""),
    ],
)
def test_the_flag_with_an_empty_value_is_found(words: list[str], flag: str) -> None:
    assert empty_flag(words) == flag


@pytest.mark.parametrize("words", [["--name", ""], ["--name="], ["--name", "Ada", "--review", ""]])
def test_nobody_is_enrolled_by_an_unset_variable(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gallery = tmp_path / "g.db"
    assert main(["enroll", str(FACES / "Ada.jpg"), *words, "--gallery", str(gallery)]) == 2
    assert "expected a value, got an empty one; is a variable of the shell not set?" in capsys.readouterr().err
    assert not gallery.exists()

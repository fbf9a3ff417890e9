"""`glimpse compare`."""

import json
from pathlib import Path

import cv2
import pytest

from glimpse.command.app import main
from tests.synthetic.portraits import FACES, nothing, write_group

ADA, BEN = str(FACES / "Ada.jpg"), str(FACES / "Ben.jpg")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "FIRST"),
        ([ADA], "SECOND"),
        ([ADA, "none.jpg"], "none.jpg: no such file"),
        ([ADA, BEN, BEN], "Unused"),
        ([ADA, BEN, "--false-match-rate", "0"], "false_match_rate: expected above 0"),
        ([ADA, BEN, "--recognizer", "none.onnx"], "none.onnx"),
    ],
)
def test_wrong_usage(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *words]) == 2
    printed = capsys.readouterr()
    assert message.casefold() in printed.err.casefold()
    assert printed.out == ""


def test_two_people_are_told_apart_and_the_threshold_follows_the_rate(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", ADA, BEN]) == 0
    assert capsys.readouterr().out.startswith("not the same person (likeness 0.")
    thresholds = []
    for rate in ("0.1", "0.0001"):
        assert main(["compare", ADA, BEN, "--false-match-rate", rate, "--json"]) == 0
        thresholds.append(json.loads(capsys.readouterr().out)["threshold"])
    assert thresholds[0] < thresholds[1]


def test_a_picture_of_nobody_of_two_or_of_nothing_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), nothing())
    write_group(tmp_path / "two.png", "Ada", "Ben")
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    for name, message in (
        ("wall.png", "wall.png: expected one face, found none"),
        ("two.png", "two.png: expected one face, found 2 faces"),
        ("bad.jpg", "not a picture"),
    ):
        assert main(["compare", ADA, str(tmp_path / name)]) == 2
        assert message in capsys.readouterr().err

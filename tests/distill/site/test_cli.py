"""The command line of `python -m distill site`: what is wrong is told before anything is made."""

from pathlib import Path

import pytest

from distill.cli import main
from distill.site.visitors import Visitor
from tests.synthetic.made_site import make_visitors, write_family, write_tracks


def test_tracks_that_are_missing_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["site", str(tmp_path / "none"), str(tmp_path / "out"), "--recognizer", str(write_family(tmp_path / "own"))]
    assert main(words) == 2
    assert f"{tmp_path / 'none'}: no such folder of tracks" in capsys.readouterr().err


def test_a_recogniser_that_is_missing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", str(tmp_path), str(tmp_path / "out"), "--recognizer", str(tmp_path / "no.onnx")]) == 2
    assert "recognizer.model: no such file" in capsys.readouterr().err


def test_too_few_people_are_told_and_nothing_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tracks, family = write_tracks(tmp_path / "tracks", make_visitors(30)), write_family(tmp_path / "own")
    assert main(["site", str(tracks), str(tmp_path / "out"), "--recognizer", str(family)]) == 2
    assert "expected 40 people or more to learn from, 15 to choose with and 40 to measure" in capsys.readouterr().err
    assert not list(tmp_path.glob("out*"))


def test_missing_second_visits_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = make_visitors(180, visits=2)
    once = [Visitor(one.name, one.looks[: len(one.looks) // 2]) for one in people[:-13]]
    tracks, family = write_tracks(tmp_path / "tracks", [*once, *people[-13:]]), write_family(tmp_path / "own")
    assert main(["site", str(tracks), str(tmp_path / "out"), "--recognizer", str(family)]) == 2
    printed = capsys.readouterr().err
    assert "expected 40 people or more who measure and surely came on two days, got 13 of 45" in printed
    assert "27 second visits are missing" in printed
    assert "--without-second-day" in printed
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--near-px", "20"), "expected near faces to be larger than far ones, got 20 and 28 px"),
        (("--near-px", "2"), "expected 4 to 512 pixels, got '2'"),
        (("--far-px", "wide"), "expected 4 to 512 pixels, got 'wide'"),
        (("--mixed", "0"), "expected 1 or more, got '0'"),
        (("--threads", "x"), "expected 1 or more, got 'x'"),
    ],
)
def test_flags_out_of_their_limits_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str], told: str
) -> None:
    try:
        code = main(["site", str(tmp_path), str(tmp_path / "out"), *words])
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == 2
    assert told in capsys.readouterr().err

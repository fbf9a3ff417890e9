"""The command as a whole: its list, its mistakes and its exit codes."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glimpse.command.app import COMMANDS, main

ROOT = Path(__file__).parents[3]
FACES = ROOT / "docs" / "faces"


def test_every_command_is_listed_and_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out
    for name in COMMANDS.keys() - {"distill"}:  # which hands everything over
        assert f" {name} " in listed
        assert main([name, "--help"]) == 0
        assert f"glimpse {name}" in capsys.readouterr().out.partition("Examples:")[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wacth"], 'Did you mean "watch"?'),
        (["who", "--galery", "p.db"], "Did you mean --gallery?"),
        (["run", "--fsp", "3"], "Did you mean --fps?"),
        (["run", "x.mp4", "--resume"], "--resume needs --report"),
        (["run", "nowhere/x.jpg", "--as", "photos"], "no such file or folder"),
        (["run", "x.jpg", "--as", "photos", "--fps", "3"], "--fps: only for frames in a row"),
        (["who", "--gallery", "p.db"], "expected at least one photograph"),
        (["who", "x.jpg", "--gallery", "none.db"], "none.db: no such file"),
        (["who", "x.jpg"], "who needs --gallery; add --help to see what it is, with examples"),
        (["who", "x.jpg", "--gallery"], "--gallery requires an argument"),
        (["people", "show", "--gallery", "p.db"], "people show needs NAME; add --help"),
        (["run"], "nothing to watch: give a recording, a camera or photographs, such as glimpse run night.mp4"),
        (["run", "--webcam", "0"], "A webcam is a source: glimpse run 0."),
        (["help"], "glimpse --help lists them all."),
        (["version"], "glimpse --version shows it."),
        (["compare", "x.jpg", "y.jpg"], "x.jpg: no such file"),
    ],
)
def test_a_mistake_is_one_sentence_and_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_two_photographs_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(FACES / "Ada.jpg"), str(FACES / "Ben.jpg"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["same"] is False
    assert main(["compare", str(FACES / "Ada.jpg"), str(FACES / "Ada.jpg")]) == 0
    assert "the same person" in capsys.readouterr().out


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    gallery = tmp_path_factory.mktemp("gallery") / "people.db"
    names = ["Ada", "Ben"]
    for name in names:
        assert main(["enroll", str(FACES / f"{name}.jpg"), "--name", name, "--gallery", str(gallery)]) == 0
    return gallery


def test_the_photograph_that_was_enrolled_is_named(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["who", str(FACES / "Ada.jpg"), "--gallery", str(people), "--json"]) == 0
    [face] = json.loads(capsys.readouterr().out)["faces"]
    assert (face["name"], face["state"]) == ("Ada", "named")


def test_photographs_are_sorted_by_person(people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = [str(FACES / f"{name}.jpg") for name in ("Ada", "Ben", "Hedy")]
    assert main(["who", *pictures, "--gallery", str(people), "--sort", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["Ada", "Ben", "people.csv", "unknown"]
    assert "sorted into" in capsys.readouterr().out


def test_a_run_on_photographs_judges_each_on_its_own(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(FACES), "--gallery", str(people)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(list(FACES.glob("*.jpg")))
    assert any("Ada.jpg" in line and "Ada (score" in line for line in lines)


def test_a_run_on_a_photograph_without_a_gallery_says_that_nothing_is_compared(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", str(FACES / "Ada.jpg")]) == 0
    printed = capsys.readouterr()
    assert "Nothing is compared" in printed.err
    assert "1 face: " in printed.out


def test_only_unreadable_photographs_are_a_failure(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    assert main(["who", str(tmp_path / "bad.jpg"), "--gallery", str(people)]) == 1
    assert "not a picture" in capsys.readouterr().out


@pytest.mark.parametrize("package", ["configs", "detectors", "glimpse", "pipeline", "recognizer"])
def test_no_message_sends_people_to_the_old_doors(package: str) -> None:
    """Those of recognizer and pipeline.watch still work, and say so in their own docstrings."""
    old = re.compile(r"python -m (recognizer\.(gallery|calibrate)\b|pipeline\.watch)")
    named = [
        f"{path.relative_to(ROOT)}: {node.value}"
        for path in (ROOT / package).rglob("*.py")
        for node in without_docstrings(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and old.search(node.value)
    ]
    assert named == []


def without_docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but the texts that stand alone."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.Expr):
            yield node
            yield from without_docstrings(node)


def test_a_package_that_a_camera_box_lacks_is_named() -> None:
    code = "import sys; sys.modules['cryptography'] = None; from glimpse.command.app import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, "verify-receipt", "r.json"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "verify-receipt needs the package cryptography: pip install '.[room]'" in done.stderr

"""Errors are one line without secrets."""

from pathlib import Path

import pytest

from pipeline.secrets.error_line import cause_of, print_error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("rtsp://viewer:hush@door/1: no answer", "error: rtsp://***@door/1: no answer\n"),
        (ValueError("[bold] is no markup here"), "error: [bold] is no markup here\n"),
        (TimeoutError(), "error: TimeoutError\n"),
        ("long " * 60, f"error: {('long ' * 60).rstrip()}"),
    ],
)
def test_an_error_is_one_line_without_secrets(
    error: BaseException | str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_error(error)
    printed = capsys.readouterr().err
    assert printed.startswith(expected)
    assert printed.count("\n") == 1


def test_a_refusal_of_the_system_is_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    print_error(FileNotFoundError(2, "No such file or directory", str(tmp_path / "no" / "e.jsonl")))
    assert capsys.readouterr().err == f"error: {tmp_path}/no/e.jsonl: the folder {tmp_path}/no does not exist\n"


def test_events_hold_the_cause_without_paths_of_this_machine(tmp_path: Path) -> None:
    assert cause_of(OSError(28, "No space left on device", str(tmp_path / "r"))) == "No space left on device"
    assert cause_of(OSError(f"{tmp_path}: gone")) == "OSError"
    assert cause_of(ValueError(f"{tmp_path}: odd")) == "ValueError"

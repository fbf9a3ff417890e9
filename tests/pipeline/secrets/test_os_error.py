"""What the system refuses is told as a sentence that names the file."""

import os
from pathlib import Path

import pytest

from pipeline.secrets.os_error import describe_os_error


def refusal(path: Path, flags: int = os.O_WRONLY | os.O_CREAT) -> str:
    with pytest.raises(OSError) as caught:  # noqa: PT011
        os.close(os.open(path, flags))
    return describe_os_error(caught.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "events.jsonl"
    assert refusal(path) == f"{path}: the folder {tmp_path / 'nowhere'} does not exist"


def test_other_places_say_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal(tmp_path) == f"{tmp_path}: this is a folder, expected a file"
    assert refusal(tmp_path / "file" / "x").endswith("file/x: a part of this path is a file, expected a folder")
    assert refusal(tmp_path / "missing", os.O_RDONLY).endswith("missing: no such file or folder")
    assert refusal(tmp_path / ("x" * 300)).endswith("x: the name is too long")


def test_an_error_without_a_file_stays_as_it_is() -> None:
    assert describe_os_error(OSError("the publisher is gone")) == "the publisher is gone"
    assert describe_os_error(OSError(28, "No space left on device")) == "[Errno 28] No space left on device"

"""`glimpse new-key` and `glimpse seal`: a plain gallery is sealed, its key is changed, and it is exported."""

from pathlib import Path

import numpy as np
import pytest

from configs.at_rest import VARIABLE
from glimpse.command.app import main
from recognizer.gallery import Face, Gallery

AXES = np.eye(8, dtype=np.float32)


@pytest.fixture(autouse=True)
def _gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    with Gallery("people.db", create=True) as gallery:
        gallery.add("Ada", Face(AXES[0], "ada.jpg", "sha", chip=b"a picture"), model_id="m")


def printed_key(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["new-key"]) == 0
    name, _, key = capsys.readouterr().out.strip().partition("=")
    assert name == VARIABLE
    return key


def test_a_gallery_is_sealed_and_its_key_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["seal", "people.db"]) == 2
    assert f"expected a key in {VARIABLE}" in capsys.readouterr().err
    old, new = printed_key(capsys), printed_key(capsys)
    monkeypatch.setenv(VARIABLE, old)
    assert main(["seal", "people.db"]) == 0
    assert "people.db: 2 values encrypted" in capsys.readouterr().out
    assert AXES[0].tobytes() not in Path("people.db").read_bytes()
    monkeypatch.setenv(VARIABLE, new)
    assert main(["seal", "people.db"]) == 2
    assert "gallery: sealed with another key" in capsys.readouterr().err
    monkeypatch.setenv("OLD_KEY", old)
    assert main(["seal", "people.db", "--old-key-env", "OLD_KEY"]) == 0
    with Gallery("people.db") as gallery:
        assert gallery.index("m").people == ("Ada",)
        assert gallery.portrait("Ada") == b"a picture"


def test_an_export_of_sealed_faces_is_asked_for_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, printed_key(capsys))
    assert main(["seal", "people.db"]) == 0
    export = ["people", "export", "out.jsonl", "--gallery", "people.db"]
    assert main(export) == 2
    assert "give --plain" in capsys.readouterr().err
    assert not Path("out.jsonl").exists()
    assert main([*export, "--plain"]) == 0
    assert Path("out.jsonl").exists()


def test_a_key_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(VARIABLE, "secret")
    assert main(["seal", "people.db"]) == 2
    error = capsys.readouterr().err
    assert "expected 32 bytes in base64" in error
    assert "secret" not in error

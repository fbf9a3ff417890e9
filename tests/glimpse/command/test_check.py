"""`glimpse check`."""

import json
from pathlib import Path

import pytest

from glimpse.command.app import main
from tests.synthetic.portraits import write_portrait_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_portrait_clip(tmp_path_factory.mktemp("check") / "clip.mp4", "Ada", seconds=0.5))


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "nothing to watch"),
        (["none.mp4"], 3, "none.mp4"),
        (["--config", "none.yaml"], 2, "none.yaml"),
        (["CLIP", "--gallery", "none.db"], 2, "none.db: no such file"),
        (["CLIP", "--detector", "none.onnx"], 4, "none.onnx"),
        (["CLIP", "--fps", "-1"], 2, "--fps"),
    ],
)
def test_mistakes(words: list[str], code: int, message: str, clip: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *(clip if word == "CLIP" else word for word in words)]) == code
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""


def test_findings_come_before_settings(clip: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", clip]) == 0
    out = capsys.readouterr().out
    assert out.index("480x270") < out.index("Settings:")
    assert "nobody is compared" in out


def test_a_broken_film_is_found_and_exits_with_3(clip: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no film")
    assert main(["check", clip, str(tmp_path / "bad.mp4"), "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert [source["usable"] for source in document["sources"]] == [True, False]
    assert document["usable"] is False
    assert main(["check", clip, str(tmp_path / "bad.mp4")]) == 3


def test_a_password_is_in_neither_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.check.FIRST_FRAME_SECONDS", 0.1)
    (tmp_path / "site.yaml").write_text(
        "cameras: [{source: 'rtsp://viewer:hush-hush@127.0.0.1:1/x', connect_seconds: 1}]\n"
    )
    for json_flag in ([], ["--json"]):
        assert main(["check", "--config", str(tmp_path / "site.yaml"), *json_flag]) == 3
        printed = capsys.readouterr()
        assert "127.0.0.1" in printed.out
        assert "hush-hush" not in printed.out + printed.err

"""From arguments to settings, error messages and exit codes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.read import ConfigurationError
from pipeline import cli
from pipeline.check import Findings, SourceFound
from pipeline.cli import effective_settings
from pipeline.parts.models import ModelMissingError
from pipeline.parts.sources import SourceUnreachableError
from pipeline.settings.flags import parse_command_line
from pipeline.settings.types import Settings
from recognizer.gallery import Face, Gallery
from tests.synthetic.networks import write_detector, write_recognizer


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text("detector: {score: 0.5}\ncameras: [{name: door, source: clips/a.mp4, fps: 3}]\n")
    return path


@pytest.fixture(autouse=True)
def _no_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "open_log", lambda *_, **__: None)


def settings_of(*arguments: object) -> Settings:
    return effective_settings(parse_command_line([str(argument) for argument in arguments]))


def refused(*arguments: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        settings_of(*arguments)
    return str(caught.value)


def test_flags_override_the_file_and_paths_start_where_they_are_written(site: Path) -> None:
    settings = settings_of("--config", site, "--fps", "7", "--gallery", "people.db")
    assert settings.detector.score == 0.5
    assert settings.gallery == "people.db"
    assert [(camera.source, camera.fps) for camera in settings.cameras] == [(str(site.parent / "clips/a.mp4"), 7)]
    settings = settings_of("--config", site, "--fps", "7", "--source", "b.mp4")
    assert [(camera.source, camera.fps) for camera in settings.cameras] == [("b.mp4", 7)]
    assert settings.detector.score == 0.5


def test_environment_variables_stand_in_the_file_and_in_flags(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "10.0.0.7")
    site.write_text("cameras: [{source: 'rtsp://${env:HOST}/1'}]\n")
    assert [camera.source for camera in settings_of("--config", site).cameras] == ["rtsp://10.0.0.7/1"]
    settings = settings_of("--config", site, "--rtsp", "rtsp://${env:HOST}/2")
    assert [camera.source for camera in settings.cameras] == ["rtsp://10.0.0.7/2"]
    monkeypatch.delenv("HOST")
    assert "the environment variable HOST is not set" in refused("--rtsp", "rtsp://${env:HOST}/2")


def test_a_mistake_in_the_file_is_reported_with_its_name(site: Path) -> None:
    site.write_text("detector: {scor: 0.5}\ncameras: [{source: a.mp4}]\n")
    assert refused("--config", site) == f"{site}: unknown key 'scor' in detector; did you mean 'score'?"
    assert refused("--config", site, "--fps", "5").startswith(f"{site}: ")


def test_a_mistake_in_a_flag_is_not_blamed_on_the_file(site: Path) -> None:
    assert refused("--config", site, "--detector-score", "2").startswith(
        "--detector-score: Expected `float` <= 1.0 (got 2"
    )


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        *[("--fps", "-3"), ("--stride", "0"), ("--min-face-px", "0"), ("--start", "-1"), ("--threads", "0")],
        *[("--node", "a b"), ("--false-alarm", "2"), ("--scan-seconds", "99"), ("--aspect", "wide"), ("--roi", "1,2")],
        *[("--tile", "-1"), ("--source", ""), ("--duration", "-3")],
    ],
)
def test_an_error_names_the_flag_that_was_written(site: Path, flag: str, value: str) -> None:
    for first in (["--source", "a.mp4"], ["--config", str(site)]):
        arguments = [*first, f"{flag}={value}"]
        try:
            message = refused(*arguments)
        except SystemExit:  # options of the run are checked while the command line is read
            message = flag
        assert message.startswith(flag), message
        assert "cameras[" not in message


def test_a_missing_model_or_gallery_names_its_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.mp4").touch()
    source = ["--source", str(tmp_path / "x.mp4")]
    for flag, code in (("--detector", 4), ("--recognizer", 4), ("--gallery", 2)):
        assert cli.run([*source, flag, "nowhere.onnx"]) == code
        assert capsys.readouterr().err.startswith(f"error: {flag}")


def test_a_section_with_nothing_below_is_an_empty_section(site: Path) -> None:
    sections = "detector tracking recognizer schedule faces decision events defaults".split()
    site.write_text("".join(f"{name}:\n" for name in sections) + "cameras:\n", encoding="utf-8")
    assert settings_of("--config", site, "--source", "a.mp4") == settings_of("--source", "a.mp4")
    site.write_text("node:\n")
    assert "node: expected text, got nothing" in refused("--config", site, "--source", "a.mp4")


@pytest.mark.parametrize("words", [["a.mp4"], ["--source", "a.mp4"], ["--rtsp", "rtsp://127.0.0.1:9/x"]])
def test_sources_beside_a_file_are_watched_alone_with_its_settings_and_that_is_said(
    words: list[str], site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site.write_text(
        "node: shop\ncameras: [{source: 'rtsp://u:${env:UNSET_PW}@10.0.0.1/s'}, {source: 'rtsp://10.0.0.2/s'}]\n"
    )
    settings = settings_of("--config", site, *words)
    assert [camera.source for camera in settings.cameras] == [words[-1]]
    assert settings.node == "shop"
    cli.run(["--config", str(site), *words, "--check", "--detector", "nowhere.onnx"])
    assert "the 2 cameras in it are not watched, as sources were given beside it" in caplog.text
    site.write_text("cameras: [{source: 'rtsp://10.0.0.2/s'}]\n")
    cli.run(["--config", str(site), *words, "--check", "--detector", "nowhere.onnx"])
    assert "the camera in it is not watched, as sources were given beside it" in caplog.text
    caplog.clear()
    cli.run(["--config", str(site), "--check", "--detector", "nowhere.onnx"])
    assert caplog.text == ""


def test_a_recording_beside_a_file_is_not_published_as_what_its_cameras_see_now(
    site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clip = site.with_name("a.mp4")
    clip.write_bytes(b"")
    site.write_text('cameras: [{source: "rtsp://10.0.0.1/s"}]\nevents: {bind: "tcp://127.0.0.1:7000", outbox: o.db}\n')
    played = settings_of("--config", site, clip).events
    assert (played.bind, played.outbox) == ("none", "")
    cli.run(["--config", str(site), str(clip), "--check", "--detector", "nowhere.onnx"])
    assert "the camera in it is not watched" in caplog.text
    assert "its bus and outbox get nothing of recordings; --bind ADDRESS publishes them" in caplog.text
    asked = settings_of("--config", site, clip, "--bind", "tcp://127.0.0.1:7001").events
    assert (asked.bind, Path(asked.outbox).name) == ("tcp://127.0.0.1:7001", "o.db")
    for live in (["--rtsp", "rtsp://10.0.0.2/s"], ["--rtsp", "rtsp://10.0.0.2/s", clip], []):
        assert settings_of("--config", site, *live).events.bind == "tcp://127.0.0.1:7000"
    site.write_text('events: {bind: "tcp://127.0.0.1:7000", outbox: o.db}\n')  # settings for recordings, and no site
    assert settings_of("--config", site, clip).events.bind == "tcp://127.0.0.1:7000"


def test_nothing_to_watch_is_an_error() -> None:
    assert "such as glimpse run night.mp4, or --config with cameras" in refused()


def test_a_profile_gives_chip_spec_and_calibration_and_a_flag_beats_it(tmp_path: Path) -> None:
    profile = tmp_path / "model.yaml"
    profile.write_text("chip_spec: {size: 16}\ncalibration: {rates: []}\n")
    settings = settings_of("--source", "x.mp4", "--chip-spec", profile).recognizer
    assert settings.chip_spec is not None
    assert (settings.chip_spec.size, settings.calibration) == (16, str(profile))
    other = settings_of("--source", "x.mp4", "--chip-spec", profile, "--calibration", "mine.yaml").recognizer
    assert other.calibration == "mine.yaml"
    config = tmp_path / "site.yaml"
    config.write_text("recognizer: {profile: model.yaml}\ncameras: [{source: 0}]\n")
    assert settings_of("--config", config).recognizer == settings


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("x"), 2),
        (ValueError("x"), 2),
        (SourceUnreachableError("x"), 3),
        (ModelMissingError("x"), 4),
        (OSError("x"), 1),
        (RuntimeError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_every_error_has_its_exit_code(error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> int:
        raise error

    monkeypatch.setattr(cli, "_watch", fail)
    assert cli.run(["--source", "x.mp4"]) == code


@pytest.mark.parametrize(("argument", "code"), [("--version", 0), ("--help", 0), ("--fancy", 2), ("--resume", 2)])
def test_argparse_ends_with_its_own_code(argument: str, code: int) -> None:
    assert cli.run([argument]) == code


def test_an_error_is_one_line_without_markup_and_passwords(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> int:
        raise ValueError("cannot open rtsp://a:hush@b/cam[red].mp4, " + "long " * 40)

    monkeypatch.setattr(cli, "_watch", fail)
    cli.run(["--source", "x.mp4"])
    assert capsys.readouterr().err == "error: cannot open rtsp://***@b/cam[red].mp4, " + "long " * 40 + "\n"


@pytest.mark.parametrize(("complete", "code"), [(True, 0), (False, 3)])
def test_check_prints_the_settings_and_says_whether_all_sources_answered(
    complete: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = Findings({"detector": "one"}, [SourceFound("b", complete, "findings")])
    monkeypatch.setattr("pipeline.check.check", lambda settings: findings)
    assert cli.run(["--rtsp", "rtsp://a:hush@b/1", "--check"]) == code
    printed = capsys.readouterr().out
    assert "source: rtsp://***@b/1" in printed
    assert printed.index("findings") < printed.index("source:")
    assert cli.run(["--rtsp", "rtsp://a:hush@b/1", "--check", "--json"]) == code
    as_json = capsys.readouterr().out
    content = json.loads(as_json)
    assert (content["usable"], content["parts"]) == (complete, {"detector": "one"})
    assert content["sources"] == [{"name": "b", "usable": complete, "found": "findings"}]
    assert content["settings"]["cameras"][0]["source"] == "rtsp://***@b/1"
    assert "hush" not in printed + as_json


@pytest.mark.parametrize(
    ("chip", "sentence"),
    [
        (None, " and no pictures; enrol the photographs again: glimpse enroll FOLDER"),
        (b"x", "; read its pictures again: glimpse people reembed --gallery people.db"),
    ],
)
def test_a_gallery_of_another_model_is_refused_with_the_command_that_helps(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    chip: bytes | None,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    detector, recognizer = write_detector(Path("d.onnx")), write_recognizer(Path("r.onnx"))
    Path("x.mp4").touch()  # the gallery is checked before any frame is read
    with Gallery("people.db", create=True) as gallery:
        gallery.add("Ada", Face(np.eye(32, dtype=np.float32)[0], "x.jpg", "s", chip=chip), model_id="old")
    models = ["--detector", str(detector), "--recognizer", str(recognizer), "--gallery", "people.db"]
    assert cli.run(["--source", "x.mp4", *models]) == cli.run(["--source", "x.mp4", *models, "--check"]) == 2
    assert capsys.readouterr().err.count(f"gallery people.db holds vectors of another model{sentence}") == 2

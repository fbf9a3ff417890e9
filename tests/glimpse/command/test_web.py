"""`glimpse web` and `glimpse run --web`: mistakes, and a page that is not open to strangers."""

from pathlib import Path

import pytest

from glimpse.command.app import main
from glimpse.command.run_rooms import rooms_beside
from pipeline.settings.flags import make_command_line
from pipeline.settings.load import make_settings
from tests.synthetic.world import write_config


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected --config FILE or --bus ADDRESS"),
        (["--bus", "nowhere"], "expected tcp://HOST:PORT"),
        (["--config", "none.yaml"], "none.yaml"),
        (["--bus", "ipc://b", "--address", "0.0.0.0:8080"], "needs accounts"),
        (["--bus", "ipc://b", "--address", "localhost"], "web.address: expected HOST:PORT"),
        (["--bus", "ipc://b", "--curve", "none"], "none"),
    ],
)
def test_mistakes(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["web", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_run_without_web_starts_no_room() -> None:
    line = make_command_line(["clip.mp4"], {})
    with rooms_beside(line) as same:
        assert same is line


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"events": {"bind": "none"}, "history": {"file": "h.db"}}, r"events\.bind: expected an address in the file"),
        ({"events": {"bind": "tcp://127.0.0.1:7000", "curve": "keys"}}, r"--web: expected no events\.curve"),
    ],
)
def test_settings_that_do_not_go_together(tmp_path: Path, sections: dict[str, object], message: str) -> None:
    settings = make_settings(sections, environment={})
    assert settings
    config = write_config(tmp_path / "site.yaml", {"cameras": [{"source": "0"}], **sections})
    line = make_command_line([], {"config": config, "web": True})
    with pytest.raises(ValueError, match=message), rooms_beside(line):
        pass

"""`glimpse selfcheck` on a history of made tracks: what it prints, keeps and returns."""

import json
import time
from pathlib import Path
from typing import Any

import cv2
import pytest

from glimpse.command.app import main
from pipeline.events import TrackAction
from pipeline.site.selfcheck_file import load_state
from tests.synthetic.events import sample, track
from tests.synthetic.histories import write
from tests.synthetic.selfcheck_night import MODEL, night, recognizer

CONFIG = """
history: {file: history.db, unknowns: true}
selfcheck: {file: selfcheck.json, min_tracks: 40}
recognizer: {model: MODEL}
cameras: [{name: door, source: "rtsp://viewer:${env:NOT_SET_HERE}@10.0.0.7/stream"}]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site.yaml").write_text(CONFIG.replace("MODEL", MODEL))
    return tmp_path


def record(folder: Path, count: int) -> None:
    """Keep so many tracks of the last hour."""
    events: list[Any] = []
    begin = time.time() - 3600
    for number, seen in enumerate(night(3)[:count]):
        assert seen.crop is not None
        assert seen.template is not None
        times = {"wall_time": begin + number, "track": number, "media_time": float(number)}
        events.append(track(2 * number, action=TrackAction.NEW, **times))
        events.append(
            sample(
                number,
                person=None,
                model_id=recognizer().model_id,
                template=seen.template.astype("<f2").tobytes(),
                crop=bytes(cv2.imencode(".png", seen.crop)[1]),
                crop_px=seen.crop_px,
                pooled_px=seen.px,
                looks=seen.looks,
                agreement=seen.agreement,
                **times,
            )
        )
        events.append(track(2 * number + 1, action=TrackAction.END, reason="lost", **times))
    write(folder / "history.db", *events, unknowns=True)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_night_is_checked_and_remembered(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(site, 48)
    code = main(["selfcheck", "--config", "site.yaml", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert code == (1 if document["findings"] else 0)
    door = document["cameras"]["door"]
    assert (door["faces"], document["too_few"], document["tails"]) == (48, {}, [])
    assert door["area"] > 0.8  # eight people, who are their own strangers
    assert door["figures"]["colour"]["faces"] == 48
    state = load_state(site / "selfcheck.json")
    assert (state.model_id, state.cameras) == (recognizer().model_id, ("door",))
    assert len(state.faults) == len(document["findings"])
    assert main(["selfcheck", "--config", "site.yaml"]) == code
    out = capsys.readouterr().out
    assert "door" in out
    assert "AUC" in out


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_what_is_too_little_is_said_and_is_no_finding(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(site, 10)
    assert main(["selfcheck", "--config", "site.yaml"]) == 0
    out = capsys.readouterr().out
    assert "door: 10 faces, too few to say anything; 40 are needed (selfcheck.min_tracks)" in out
    assert "Nothing could be judged: no camera has the 40 faces that are needed, at most 10 were seen." in out
    assert "and set events.samples: all." in out
    with (site / "site.yaml").open("a") as file:
        file.write("events: {samples: all}\n")
    assert main(["selfcheck", "--config", "site.yaml"]) == 0
    out = capsys.readouterr().out
    assert out.rstrip().endswith("That is no sign that all is well. Look at more --hours or --minutes.")
    assert main(["selfcheck", "--config", "site.yaml", "--hours", "0.1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["too_few"], document["needed"]) == ({}, 40)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--hours", "0"], "--hours: expected more than 0"),
        (["--minutes", "nan"], "--minutes: expected more than 0"),
        (["--forget", "yard"], "--forget: expected one of none, got 'yard'"),
        (["--outbox"], "expected history.file or events.outbox"),
        ([], "history.db"),
    ],
)
def test_mistakes(words: list[str], message: str, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selfcheck", "--config", "site.yaml", *words]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""

"""`glimpse evaluate FOLDER`: how many of one's own pictures and recordings are named rightly."""

from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from glimpse.command.evaluate_answers import (
    describe_evaluation,
    describe_recording,
    evaluation_to_json,
    recording_to_json,
)
from glimpse.command.model_flags import SHIPPED, Choice
from glimpse.command.new_command import DONE, FAILED, exit_code, new_command, write_json
from glimpse.evaluation.evaluate import check_wished
from glimpse.evaluation.evaluate import evaluate as evaluate_folder
from glimpse.evaluation.recording import evaluate_recording
from glimpse.people import Gallery

app: App = new_command(
    "evaluate",
    "glimpse evaluate known/ --gallery people.db --strangers others/",
    "glimpse evaluate known/ --gallery people.db --wished-rate 0.01 --json",
    "glimpse evaluate night.mp4 --truth who-was-there.csv --gallery people.db",
)


@app.default
@exit_code
def evaluate(
    what: Path,
    *,
    gallery: str,
    strangers: Path | None = None,
    truth: Path | None = None,
    wished_rate: float | None = None,
    json: bool = False,
    models: Choice = SHIPPED,
) -> int:
    """Count right and wrong names, by size of face, and say which setting suits. Exit code 1: no face was judged.

    Parameters
    ----------
    what
        a folder with a folder of pictures or clips for each person; with --truth, one recording
    gallery
        the enrolled people, made by glimpse enroll from other pictures
    strangers
        pictures and clips of people who are not enrolled; a folder in it counts as one of them
    truth
        CSV file with the columns person, from and to: who is in the recording, from when to when
    wished_rate
        share of strangers that may get a name, for the advice on the setting (default: --false-alarm)
    json
        print the result as JSON
    """
    people = Gallery(gallery, models=models.open(), create=False)
    if truth is None:
        wished = models.false_alarm if wished_rate is None else wished_rate
        return _evaluate_folder(what, people, strangers, wished, json=json)
    if strangers is not None or wished_rate is not None:
        raise ValueError("--truth: expected neither --strangers nor --wished-rate with it")
    return _evaluate_recording(what, truth, people, json=json)


def _evaluate_folder(folder: Path, people: Gallery, strangers: Path | None, wished: float, *, json: bool) -> int:
    check_wished(wished)  # before minutes of work
    with _status() as status:
        done = evaluate_folder(folder, people, strangers=strangers, on_file=lambda path: _show(status, path))
    advice = done.advise(wished)
    if json:
        write_json(evaluation_to_json(done, advice))
    else:
        _print(*describe_evaluation(done, advice))
    return DONE if any(trial.face_px for trial in done.trials) else FAILED


def _evaluate_recording(recording: Path, truth: Path, people: Gallery, *, json: bool) -> int:
    with _status() as status:
        done = evaluate_recording(recording, truth, people, on_file=lambda path: _show(status, path))
    if json:
        write_json(recording_to_json(done))
    else:
        _print(*describe_recording(done))
    return DONE if done.tracks else FAILED


def _status() -> Status:
    return Console(stderr=True).status("evaluating")


def _show(status: Status, path: str) -> None:
    status.update(escape(path))


def _print(*parts: object) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for part in parts:
        console.print(part)

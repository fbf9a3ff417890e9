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
from glimpse.evaluation.error_report import PAGE, check_report_folder, write_report
from glimpse.evaluation.evaluate import check_wished
from glimpse.evaluation.evaluate import evaluate as evaluate_folder
from glimpse.evaluation.recording import RecordingEvaluation, evaluate_recordings
from glimpse.people import Gallery

app: App = new_command(
    "evaluate",
    "glimpse evaluate known/ --gallery people.db --strangers others/",
    "glimpse evaluate known/ --gallery people.db --wished-rate 0.01 --json",
    "glimpse evaluate night.mp4 --truth who-was-there.csv --gallery people.db",
    "glimpse evaluate a.mp4 b.mp4 --truth who.csv --gallery people.db --report out",
)


@app.default
@exit_code
def evaluate(
    what: Path,
    *others: Path,
    gallery: str,
    strangers: Path | None = None,
    truth: Path | None = None,
    partial: bool = False,
    report: Path | None = None,
    wished_rate: float | None = None,
    json: bool = False,
    models: Choice = SHIPPED,
) -> int:
    """Count right and wrong names, by size of face, and say which setting suits. Exit code 1: no face was judged.

    Parameters
    ----------
    what
        a folder with a folder of pictures or clips for each person; with --truth, a recording
    others
        with --truth: more recordings
    gallery
        the enrolled people, made by glimpse enroll from other pictures
    strangers
        pictures and clips of people who are not enrolled; a folder in it counts as one of them
    truth
        CSV file with the columns person, from and to: who is in view, from when to when; with a column clip or
        camera for several recordings, and face_px where it is known
    partial
        with --truth: the table does not list everybody, so names at other times than its rows are not wrong
    report
        with --truth: new folder for a page with a picture of every error
    wished_rate
        share of strangers that may get a name, for the advice on the setting (default: --false-alarm)
    json
        print the result as JSON
    """
    if truth is None and (others or partial or report is not None):
        raise ValueError("--partial, --report and several recordings: expected with --truth")
    if truth is not None and (strangers is not None or wished_rate is not None):
        raise ValueError("--truth: expected neither --strangers nor --wished-rate with it")
    if report is not None:
        check_report_folder(report)
    people = Gallery(gallery, models=models.open(), create=False)
    if truth is None:
        wished = models.false_alarm if wished_rate is None else wished_rate
        return _evaluate_folder(what, people, strangers, wished, json=json)
    with _status() as status:
        done = evaluate_recordings(
            [what, *others],
            truth,
            people,
            partial=partial,
            pictures=report is not None,
            on_file=lambda path: _show(status, path),
        )
    return _print_recordings(done, report, json=json)


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


def _print_recordings(done: RecordingEvaluation, report: Path | None, *, json: bool) -> int:
    errors = write_report(report, done) if report is not None else 0
    if json:
        write_json(recording_to_json(done))
    else:
        _print(*describe_recording(done))
        if report is not None:
            _print(f"{errors} error{'s' * (errors != 1)} with pictures: {report / PAGE}")
    return DONE if done.tracks else FAILED


def _status() -> Status:
    return Console(stderr=True).status("evaluating")


def _show(status: Status, path: str) -> None:
    status.update(escape(path))


def _print(*parts: object) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for part in parts:
        console.print(part)

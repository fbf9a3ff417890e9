"""`python -m distill COMMAND CONFIG [key=value …]`: one command for each stage, and `run` for all stages in order.

`python -m distill detector CONFIG` trains the face detector instead (distill/detector/cli.py).
`python -m distill bundle CONFIG OUT` and `collect CONFIG FOLDER` carry a training to another machine and back.
`python -m distill site TRACKS OUT` fits the student for small faces to the tracks of a site (distill/site/cli.py).
`python -m distill schema` writes the JSON Schemas and the reference page of the settings (distill/schema.py).
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from distill.ablation import run_ablation
from distill.adapt.stage import adapt
from distill.bundle.cli import main as carry
from distill.config import AdaptSettings, Settings, read_settings
from distill.data.measured import read_measured
from distill.data.prepare import load_state, prepare
from distill.errors import DistillError
from distill.evaluate.adaptation import AdaptationTest
from distill.evaluate.stage import evaluate
from distill.export.calibrate import calibrate, require_enough_people
from distill.export.stage import export
from distill.label.stage import label
from distill.landmarks.train import train_landmarks
from distill.progress import Log, read_log
from distill.schema import main as write_schema
from distill.site.cli import main as fit_to_site
from distill.teacher.ensemble import find_chip_spec, find_model, open_ensemble
from distill.teacher.exclude import exclude_test_people
from distill.training.distributed import require_single_process
from distill.training.students import train_students
from distill.work_folder import WorkFolder


def prepare_faces(settings: Settings, options: argparse.Namespace) -> None:
    work = WorkFolder(Path(settings.work))
    log = Log(work.log)
    for each in settings.teachers:  # a missing one is told before the faces are read, which takes long
        find_model(each)
        find_chip_spec(each)
    prepare(settings.faces, work, log)
    teacher, notes = open_ensemble(settings), load_state(work).notes
    share = settings.faces.measure_share
    usable = exclude_test_people(settings.faces.exclude, work, teacher, notes, log, measure_share=share)
    require_enough_faces(int(usable.sum()), settings.adapt)
    if share:
        require_enough_people(read_measured(work))


def require_enough_faces(faces: int, settings: AdaptSettings) -> None:
    """Raise DistillError where a new head could not be fitted to so many faces."""
    if not settings.head and faces <= settings.dim:
        raise DistillError(
            f"faces: expected more to learn from than the {settings.dim} dimensions of a head (adapt.dim), got {faces};"
            " add photographs and name another `work`, or lower adapt.dim"
        )


def adapt_head(settings: Settings, options: argparse.Namespace) -> None:
    work = WorkFolder(Path(settings.work))
    teacher = open_ensemble(settings)
    log = Log(work.log)
    head = adapt(settings.adapt, work, teacher, seed=settings.seed, log=log)
    is_tested = any(line["stage"] == "bridge" for line in read_log(work.log))  # the stage's name in all work folders
    if settings.evaluate.images and settings.evaluate.pairs and not is_tested:
        test = AdaptationTest(settings)
        log.write("bridge", before=test.accuracies(None), after=test.accuracies(head))


def label_faces(settings: Settings, options: argparse.Namespace) -> None:
    teacher = open_ensemble(settings)
    work = WorkFolder(Path(settings.work))
    done = label(settings.label, work, teacher, seed=settings.seed, worker=options.worker)
    if done.faces:
        Log(work.log).write("label", faces=done.faces, seconds=round(done.seconds, 1), rate=round(done.rate, 1))
        Console(stderr=True).print(f"label: {done.faces:,} faces, {done.rate:,.0f} a second", highlight=False)


def train(settings: Settings, options: argparse.Namespace) -> None:
    train_students(settings, *(options.student or settings.students))


def evaluate_models(settings: Settings, options: argparse.Namespace) -> None:
    evaluate(settings, Log(WorkFolder(Path(settings.work)).log))


def export_students(settings: Settings, options: argparse.Namespace) -> None:
    log = Log(WorkFolder(Path(settings.work)).log)
    for name in options.student or settings.students:
        export(settings, name, log)


def calibrate_students(settings: Settings, options: argparse.Namespace) -> None:
    log = Log(WorkFolder(Path(settings.work)).log)
    for name in options.student or settings.students:
        path = calibrate(settings, name, log)
        Console(stderr=True).print(f"calibrate: {path.name}", highlight=False)


def compare_students(settings: Settings, options: argparse.Namespace) -> None:
    run_ablation(settings, WorkFolder(Path(settings.work)).comparison(options.config.stem), options.student or ())


STAGES: dict[str, Callable[[Settings, argparse.Namespace], None]] = {
    "prepare": prepare_faces,
    "adapt": adapt_head,
    "label": label_faces,
    "train": train,
    "export": export_students,
    "calibrate": calibrate_students,
    "evaluate": evaluate_models,
}


def landmarks(settings: Settings, options: argparse.Namespace) -> None:
    train_landmarks(settings)


OTHER_COMMANDS = {"ablation": compare_students, "landmarks": landmarks}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns 0, or 2 if the configuration or the data need correction first."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["detector"]:
        from distill.detector.cli import main as detector  # only this command needs torchvision

        return detector(arguments[1:])
    if arguments[:1] in (["bundle"], ["collect"]):
        return carry(arguments[0], arguments[1:])
    if arguments[:1] == ["site"]:
        return fit_to_site(arguments[1:])
    if arguments == ["schema"]:
        return write_schema()
    options = _parser().parse_intermixed_args(arguments)
    try:
        if options.command != "train":
            require_single_process(options.command)
        settings = read_settings(options.config, Settings, options.overrides)
        for stage in stages_of(settings) if options.command == "run" else [options.command]:
            (STAGES | OTHER_COMMANDS)[stage](settings, options)
    except (DistillError, FileNotFoundError) as error:
        Console(stderr=True).print(f"distill: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        return 2
    return 0


def stages_of(settings: Settings) -> list[str]:
    """The stages of `run`: all but those for which the configuration names nobody to measure with."""
    measured = {
        "calibrate": settings.faces.measure_share > 0,
        "evaluate": bool(settings.evaluate.images or settings.evaluate.pairs),
    }
    return [name for name in STAGES if measured.get(name, True)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m distill", description=__doc__)
    parser.add_argument("command", choices=("run", *STAGES, *OTHER_COMMANDS))
    parser.add_argument("config", type=Path)
    parser.add_argument(
        "--student", action="append", help="train, compare or export only this student; may be repeated"
    )
    parser.add_argument(
        "--worker",
        type=_worker,
        default=(0, 1),
        metavar="K/N",
        help="label: make only every N-th shard, starting with number K, to share the work",
    )
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    return parser


def _worker(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and int(number) < int(of)):
        raise argparse.ArgumentTypeError(f"expected K/N with K below N, such as 0/2, got {text!r}")
    return int(number), int(of)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m recognizer.gallery`: enrol, list, erase, export, import and re-embed people.

Exit codes: 0 success; 1 a picture was refused, a name is not enrolled, or an erasure is incomplete; 2 wrong usage, or a
file or model that cannot be used.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from configs.read import load_yaml
from detectors.load import EMBEDDED as EMBEDDED_DETECTOR
from detectors.load import load_detector
from detectors.runtime import Runtime
from recognizer.gallery.database import Database
from recognizer.gallery.enroll import Enroller, Outcome, Verdict, usual_limits
from recognizer.gallery.flags import make_parser
from recognizer.gallery.names import printable
from recognizer.gallery.reembed import reembed
from recognizer.gallery.store import Gallery
from recognizer.gallery.transfer import export_gallery, import_gallery
from recognizer.load import EMBEDDED as EMBEDDED_RECOGNIZER
from recognizer.load import FAMILIES, load_recognizer, open_scoring
from recognizer.onnx import load_chip_spec
from recognizer.spec import ChipSpec

STYLES = {Verdict.TAKEN: "green", Verdict.KNOWN: "dim", Verdict.REFUSED: "red", Verdict.LEFT_OUT: "dim"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = make_parser(__doc__).parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except (ValueError, OSError) as error:
        timed_out = isinstance(error, TimeoutError)
        Console(stderr=True).print(f"[red]error:[/] {escape(str(error))}", soft_wrap=True)
        return 1 if timed_out else 2


def enroll(options: argparse.Namespace) -> int:
    """Enrol a folder that holds one folder of pictures per person."""
    enroller = _enroller(options)
    with Gallery(options.gallery, create=True) as gallery:
        outcomes = []
        with Console(stderr=True).status("enrolling") as status:
            for outcome in enroller.enroll(Path(options.folder), gallery):
                outcomes.append(outcome)
                status.update(escape(f"{len(outcomes)} pictures, {outcome.person}"))
    if options.json:
        sys.stdout.write(msgspec.json.encode(outcomes).decode() + "\n")
    else:
        _print_outcomes(outcomes)
    used = [outcome for outcome in outcomes if outcome.verdict is not Verdict.LEFT_OUT]
    return 1 if not used or any(outcome.verdict is Verdict.REFUSED for outcome in used) else 0


def list_people(options: argparse.Namespace) -> int:
    """List the enrolled people."""
    with Gallery(options.gallery) as gallery:
        people = [replace(person, name=printable(person.name)) for person in gallery.people()]
        model_id = printable(gallery.model_id)
    if options.json:
        sys.stdout.write(msgspec.json.encode({"model_id": model_id, "people": people}).decode() + "\n")
        return 0
    title = escape(f"{len(people)} people, model {model_id or '(none yet)'}")
    table = Table("person", "faces", "with picture", title=title)
    for person in people:
        table.add_row(Text(person.name), str(person.faces), str(person.chips))
    Console().print(table)
    return 0


def erase(options: argparse.Namespace) -> int:
    """Erase people and overwrite the bytes of their faces in the file."""
    missing = 0
    with Gallery(options.gallery) as gallery:
        for name in options.names:
            try:
                Console().print(escape(f"erased {name}: {gallery.erase(name)} faces"))
            except KeyError:
                missing += 1
                Console(stderr=True).print(f"[red]error:[/] {escape(name)} is not enrolled")
        if missing:
            gallery.scrub()  # completes an earlier erasure that was interrupted, or failed because the file was in use
            done = "bytes that an earlier erasure left are overwritten now: no erased face is left"
            Console(soft_wrap=True).print(done)
    return 1 if missing else 0


def export(options: argparse.Namespace) -> int:
    """Export the gallery to a file."""
    with Gallery(options.gallery) as gallery:
        Console().print(escape(f"{export_gallery(gallery, Path(options.file))} faces written to {options.file}"))
    return 0


def import_file(options: argparse.Namespace) -> int:
    """Import the people of an exported file."""
    with Gallery(options.gallery, create=True) as gallery:
        added, already_enrolled = import_gallery(gallery, Path(options.file))
    Console().print(f"{added} faces imported, {already_enrolled} already enrolled")
    return 0


def reembed_faces(options: argparse.Namespace) -> int:
    """Compute all vectors again from the stored pictures with another recogniser."""
    section, spec = _recognizer_section(options)
    recognizer = load_recognizer(_model_of(options, section), spec=spec, runtime=Runtime(threads=options.threads))
    console = Console(stderr=True)
    with closing(Database(Path(options.gallery), create=False)) as database, Progress(console=console) as progress:
        task = progress.add_task("reading pictures", total=None)
        done = reembed(
            database,
            recognizer,
            drop_without_chips=options.drop_without_chips,
            on_progress=lambda count, total: progress.update(task, completed=count, total=total),
        )
    dropped = f", {done.dropped} without a picture erased" if done.dropped else ""
    models = f"model {done.old_model_id or '(none)'} replaced by {done.model_id}"
    if done.old_model_id == done.model_id:
        models = f"the space is still that of {done.model_id}"
    Console().print(escape(f"{done.faces} faces read again{dropped}: {models}"), soft_wrap=True)
    return 0


def _print_outcomes(outcomes: Sequence[Outcome]) -> None:
    table = Table("picture", "result", "reason")
    for outcome in outcomes:
        style = "yellow" if outcome.warning else STYLES[outcome.verdict]
        reason = Text(outcome.reason or outcome.warning)
        table.add_row(Text(outcome.source), f"[{style}]{outcome.verdict}[/]", reason)
    console = Console()
    console.print(table)
    counts = Counter(outcome.verdict for outcome in outcomes)
    console.print(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict))


def _enroller(options: argparse.Namespace) -> Enroller:
    """Build the enroller from the flags; the configuration supplies what the flags leave out."""
    runtime = Runtime(threads=options.threads)
    recognizer, spec = _recognizer_section(options)
    detector = _section(options, "detector")
    recognizer_model = _model_of(options, recognizer)
    embedder = load_recognizer(recognizer_model, spec=spec, runtime=runtime)
    profile = recognizer.get("profile")
    path = options.calibration or recognizer.get("calibration") or (profile if _has_calibration(profile) else None)
    scoring = open_scoring(embedder, model=recognizer_model, file=str(path or ""))
    detector_model = str(options.detector or detector.get("model") or EMBEDDED_DETECTOR)
    usual = usual_limits(detector_model, recognizer_model)
    return Enroller(
        load_detector(detector_model, runtime=runtime, every_size=True),
        embedder,
        scoring.calibration,
        min_px=options.min_face_px,
        min_sharpness=options.min_sharpness,
        max_blur=options.max_blur or usual.max_blur,
        min_length=options.min_length,
        min_mirror=usual.min_mirror if options.min_mirror is None else options.min_mirror,
        min_score=options.min_score or usual.min_score,
        cohort=scoring.cohort,
        keep_chips=options.keep_chips,
    )


def _section(options: argparse.Namespace, name: str) -> dict[str, object]:
    """A section of the configuration with its paths resolved; empty without a configuration."""
    settings = load_yaml(Path(options.config)) if options.config else {}
    folder = Path(options.config).parent if options.config else Path()
    return _resolve_paths(settings.get(name) or {}, folder)


def _recognizer_section(options: argparse.Namespace) -> tuple[dict[str, object], ChipSpec | None]:
    """The configuration's recogniser with the profile of the flags, and how its chips are cut if that is set."""
    section = _section(options, "recognizer")
    profile = options.chip_spec or section.get("profile")
    spec = load_chip_spec(str(profile)) if profile else _inline_spec(section)
    return section | {"profile": profile}, spec


def _model_of(options: argparse.Namespace, section: dict[str, object]) -> str:
    return str(options.recognizer or section.get("model") or EMBEDDED_RECOGNIZER)


def _resolve_paths(section: dict[str, object], folder: Path) -> dict[str, object]:
    """Make the paths of a section relative to the configuration's folder, as the pipeline does."""
    paths = {key: value for key, value in section.items() if key in ("model", "profile", "calibration") and value}
    return {**section, **{key: _resolve_path(str(value), folder) for key, value in paths.items()}}


def _resolve_path(value: str, folder: Path) -> str:
    return value if value in FAMILIES or value.startswith("pack:") else str(folder / value)


def _has_calibration(profile: object) -> bool:
    """Whether the profile file has a calibration section."""
    return bool(profile) and "calibration" in load_yaml(Path(str(profile)))


def _inline_spec(recognizer: dict[str, object]) -> ChipSpec | None:
    section = recognizer.get("chip_spec")
    return msgspec.convert(section, ChipSpec) if section else None


COMMANDS = {
    "enroll": enroll,
    "list": list_people,
    "erase": erase,
    "export": export,
    "import": import_file,
    "reembed": reembed_faces,
}


if __name__ == "__main__":
    sys.exit(main())

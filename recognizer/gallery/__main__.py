"""`python -m recognizer.gallery`: enrol, list, erase, export and import people.

Exit codes: 0 success; 1 a picture was refused, a name is not enrolled, or an erasure is incomplete; 2 wrong usage, or a
file or model that cannot be used.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from detectors.load import EMBEDDED as EMBEDDED_DETECTOR
from detectors.load import load_detector
from detectors.runtime import Runtime
from recognizer.gallery.enroll import (
    BLUR_PX,
    EMBEDDED_MAX_BLUR,
    EMBEDDED_MIN_SCORE,
    MAX_BLUR,
    MIN_SCORE,
    MIN_SHARPNESS,
    Enroller,
    Outcome,
    Verdict,
)
from recognizer.gallery.store import Gallery
from recognizer.gallery.transfer import export_gallery, import_gallery
from recognizer.load import EMBEDDED as EMBEDDED_RECOGNIZER
from recognizer.load import FAMILIES, load_recognizer, open_scoring
from recognizer.onnx import load_chip_spec
from recognizer.spec import ChipSpec

STYLES = {Verdict.TAKEN: "green", Verdict.KNOWN: "dim", Verdict.REFUSED: "red"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (ValueError, OSError) as error:
        timed_out = isinstance(error, TimeoutError)
        Console(stderr=True).print(f"[red]error:[/] {escape(str(error))}")
        return 1 if timed_out else 2
    return code


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
    return 1 if not outcomes or any(outcome.verdict is Verdict.REFUSED for outcome in outcomes) else 0


def list_people(options: argparse.Namespace) -> int:
    """List the enrolled people."""
    with Gallery(options.gallery) as gallery:
        people, model_id = gallery.people(), gallery.model_id
    if options.json:
        sys.stdout.write(msgspec.json.encode({"model_id": model_id, "people": people}).decode() + "\n")
        return 0
    table = Table("person", "faces", title=escape(f"{len(people)} people, model {model_id or '(none yet)'}"))
    for person in people:
        table.add_row(escape(person.name), str(person.faces))
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
            gallery.scrub()  # completes an earlier erasure that failed because the file was in use
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


def _print_outcomes(outcomes: Sequence[Outcome]) -> None:
    table = Table("picture", "result", "reason")
    for outcome in outcomes:
        style = "yellow" if outcome.warning else STYLES[outcome.verdict]
        reason = escape(outcome.reason or outcome.warning)
        table.add_row(escape(outcome.source), f"[{style}]{outcome.verdict}[/]", reason)
    console = Console()
    console.print(table)
    counts = Counter(outcome.verdict for outcome in outcomes)
    console.print(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict))


def _enroller(options: argparse.Namespace) -> Enroller:
    """Build the enroller from the flags; the configuration supplies what the flags leave out."""
    settings = yaml.safe_load(Path(options.config).read_text(encoding="utf-8")) or {} if options.config else {}
    folder = Path(options.config).parent if options.config else Path()
    detector, recognizer = (_resolve_paths(settings.get(part) or {}, folder) for part in ("detector", "recognizer"))
    runtime = Runtime(threads=options.threads)
    profile = options.chip_spec or recognizer.get("profile")
    spec = load_chip_spec(str(profile)) if profile else _inline_spec(recognizer)
    recognizer_model = str(options.recognizer or recognizer.get("model") or EMBEDDED_RECOGNIZER)
    embedder = load_recognizer(recognizer_model, spec=spec, runtime=runtime)
    path = options.calibration or recognizer.get("calibration") or (profile if _has_calibration(profile) else None)
    scoring = open_scoring(embedder, model=recognizer_model, file=str(path or ""))
    detector_model = str(options.detector or detector.get("model") or EMBEDDED_DETECTOR)
    default_score = EMBEDDED_MIN_SCORE if detector_model == EMBEDDED_DETECTOR else MIN_SCORE
    default_blur = EMBEDDED_MAX_BLUR if recognizer_model in FAMILIES else MAX_BLUR
    return Enroller(
        load_detector(detector_model, runtime=runtime, every_size=True),
        embedder,
        scoring.calibration,
        min_px=options.min_face_px,
        min_sharpness=options.min_sharpness,
        max_blur=options.max_blur or default_blur,
        min_score=options.min_score or default_score,
        cohort=scoring.cohort,
    )


def _resolve_paths(section: dict[str, object], folder: Path) -> dict[str, object]:
    """Make the paths of a section relative to the configuration's folder, as the pipeline does."""
    paths = {key: value for key, value in section.items() if key in ("model", "profile", "calibration") and value}
    return {**section, **{key: _resolve_path(str(value), folder) for key, value in paths.items()}}


def _resolve_path(value: str, folder: Path) -> str:
    return value if value == EMBEDDED_DETECTOR or value.startswith("pack:") else str(folder / value)


def _has_calibration(profile: object) -> bool:
    """Whether the profile file has a calibration section."""
    return bool(profile) and "calibration" in (yaml.safe_load(Path(str(profile)).read_text(encoding="utf-8")) or {})


def _inline_spec(recognizer: dict[str, object]) -> ChipSpec | None:
    section = recognizer.get("chip_spec")
    return msgspec.convert(section, ChipSpec) if section else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recognizer.gallery", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("enroll", help="enrol people from one folder of pictures per person")
    command.set_defaults(run=enroll)
    command.add_argument("folder", help="folder that holds one folder of pictures per person")
    command.add_argument("--detector", help="ONNX file or pack:NAME; default: the embedded detector")
    command.add_argument("--recognizer", help="ONNX file; default: the embedded recogniser")
    command.add_argument(
        "--chip-spec",
        help="YAML profile of the recogniser with chip_spec and optional calibration; see configs/recognizers",
    )
    command.add_argument(
        "--calibration", help="output of python -m recognizer.calibrate; sets when two people count as alike"
    )
    command.add_argument("--config", help="pipeline configuration that supplies the models not set by a flag")
    command.add_argument(
        "--min-face-px", type=float, default=24.0, help="smallest face height to enrol, in pixels (24)"
    )
    command.add_argument(
        "--min-sharpness",
        type=float,
        default=MIN_SHARPNESS,
        help=f"lowest contrast in the finest detail ({MIN_SHARPNESS})",
    )
    command.add_argument(
        "--min-score",
        type=float,
        help=f"lowest detector score of a face (embedded detector: {EMBEDDED_MIN_SCORE}, others: {MIN_SCORE})",
    )
    command.add_argument(
        "--max-blur",
        type=float,
        help=f"highest cosine of a face with its copy reduced to {BLUR_PX} px "
        f"(embedded recogniser: {EMBEDDED_MAX_BLUR}, others: {MAX_BLUR})",
    )
    command.add_argument("--threads", type=int, default=1, help="CPU threads per model (1)")
    command.add_argument("--json", action="store_true", help="print the outcomes as JSON on standard output")
    command = commands.add_parser("list", help="list the enrolled people")
    command.set_defaults(run=list_people)
    command.add_argument("--json", action="store_true", help="print the list as JSON on standard output")
    command = commands.add_parser("erase", help="erase people and overwrite the bytes of their faces")
    command.set_defaults(run=erase)
    command.add_argument("names", nargs="+", metavar="NAME")
    command = commands.add_parser("export", help="write the gallery to a portable file")
    command.set_defaults(run=export)
    command.add_argument("file")
    command = commands.add_parser("import", help="import the people of an exported file")
    command.set_defaults(run=import_file)
    command.add_argument("file")
    for command in commands.choices.values():
        command.add_argument("--gallery", required=True, help="gallery file")
    return parser


if __name__ == "__main__":
    sys.exit(main())

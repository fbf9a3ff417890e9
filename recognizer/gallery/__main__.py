"""`python -m recognizer.gallery`: enrol, list, erase, export and import people.

Exit codes: 0 done (every picture taken or already enrolled), 1 some or all pictures refused, a name not enrolled, or an
erasure that could not be completed, 2 usage, files or models that do not fit.
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

from detectors.load import EMBEDDED, load_detector
from detectors.runtime import Runtime
from recognizer.calibration import load_calibration, uncalibrated
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
from recognizer.load import EMBEDDED as OURS
from recognizer.load import load_recognizer, shipped_calibration
from recognizer.onnx import load_chip_spec
from recognizer.spec import ChipSpec

STYLES = {Verdict.TAKEN: "green", Verdict.KNOWN: "dim", Verdict.REFUSED: "red"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (ValueError, OSError) as error:
        timed_out = isinstance(error, TimeoutError)
        Console(stderr=True).print(f"[red]error:[/] {escape(str(error))}")
        return 1 if timed_out else 2
    return code


def enroll(options: argparse.Namespace) -> int:
    """Enrol a folder of people's folders."""
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
        _show(outcomes)
    return 1 if not outcomes or any(outcome.verdict is Verdict.REFUSED for outcome in outcomes) else 0


def list_people(options: argparse.Namespace) -> int:
    """Show everybody enrolled."""
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
    """Erase people; with the last picture's bytes gone from the file."""
    missing = 0
    with Gallery(options.gallery) as gallery:
        for name in options.names:
            try:
                Console().print(escape(f"erased {name}: {gallery.erase(name)} faces"))
            except KeyError:
                missing += 1
                Console(stderr=True).print(f"[red]error:[/] {escape(name)} is not enrolled")
        if missing:
            gallery.scrub()  # also completes an erasure that found the file in use
    return 1 if missing else 0


def export(options: argparse.Namespace) -> int:
    """Write the gallery to a file."""
    with Gallery(options.gallery) as gallery:
        Console().print(escape(f"{export_gallery(gallery, Path(options.file))} faces written to {options.file}"))
    return 0


def import_file(options: argparse.Namespace) -> int:
    """Enrol everybody of an exported file."""
    with Gallery(options.gallery, create=True) as gallery:
        taken, known = import_gallery(gallery, Path(options.file))
    Console().print(f"{taken} faces taken, {known} already enrolled")
    return 0


def _show(outcomes: Sequence[Outcome]) -> None:
    table = Table("picture", "", "why")
    for outcome in outcomes:
        style = "yellow" if outcome.warning else STYLES[outcome.verdict]
        why = escape(outcome.reason or outcome.warning)
        table.add_row(escape(outcome.source), f"[{style}]{outcome.verdict}[/]", why)
    console = Console()
    console.print(table)
    counts = Counter(outcome.verdict for outcome in outcomes)
    console.print(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict))


def _enroller(options: argparse.Namespace) -> Enroller:
    """Models from the flags, what they leave open from the configuration."""
    settings = yaml.safe_load(Path(options.config).read_text(encoding="utf-8")) or {} if options.config else {}
    folder = Path(options.config).parent if options.config else Path()
    detector, recognizer = (_anchored(settings.get(part) or {}, folder) for part in ("detector", "recognizer"))
    runtime = Runtime(threads=options.threads)
    profile = options.chip_spec or recognizer.get("profile")
    spec = load_chip_spec(str(profile)) if profile else _inline_spec(recognizer)
    model = str(options.recognizer or recognizer.get("model") or OURS)
    embedder = load_recognizer(model, spec=spec, runtime=runtime)
    path = options.calibration or recognizer.get("calibration") or (profile if _calibrates(profile) else None)
    path = path or shipped_calibration(model)
    calibration = load_calibration(str(path), embedder.model_id) if path else uncalibrated(embedder.model_id)
    detecting = str(options.detector or detector.get("model") or EMBEDDED)
    finder = load_detector(detecting, runtime=runtime, every_size=True)
    sure = EMBEDDED_MIN_SCORE if detecting == EMBEDDED else MIN_SCORE
    blur = options.max_blur or (EMBEDDED_MAX_BLUR if model == OURS else MAX_BLUR)
    limits = {"min_px": options.min_face_px, "min_sharpness": options.min_sharpness, "max_blur": blur}
    return Enroller(finder, embedder, calibration, min_score=options.min_score or sure, **limits)


def _anchored(section: dict[str, object], folder: Path) -> dict[str, object]:
    """Paths as the pipeline reads them: relative to the configuration's folder."""
    paths = {key: value for key, value in section.items() if key in ("model", "profile", "calibration") and value}
    return {**section, **{key: _place(str(value), folder) for key, value in paths.items()}}


def _place(value: str, folder: Path) -> str:
    return value if value == EMBEDDED or value.startswith("pack:") else str(folder / value)


def _calibrates(profile: object) -> bool:
    """Whether a profile holds a calibration beside its chip_spec."""
    return bool(profile) and "calibration" in (yaml.safe_load(Path(str(profile)).read_text(encoding="utf-8")) or {})


def _inline_spec(recognizer: dict[str, object]) -> ChipSpec | None:
    given = recognizer.get("chip_spec")
    return msgspec.convert(given, ChipSpec) if given else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recognizer.gallery", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("enroll", help="enrol a folder with one folder of pictures per person")
    command.set_defaults(run=enroll)
    command.add_argument("folder")
    command.add_argument("--detector", help="ONNX file or pack:NAME; default: the embedded one")
    command.add_argument("--recognizer", help="ONNX file; default: the embedded one")
    command.add_argument("--chip-spec", help="profile with chip_spec and calibration, see configs/recognizers")
    command.add_argument("--calibration", help="file of python -m recognizer.calibrate, for warnings of resemblance")
    command.add_argument("--config", help="pipeline configuration to take these from")
    command.add_argument("--min-face-px", type=float, default=24.0, help="smallest face height to enrol (24)")
    command.add_argument(
        "--min-sharpness", type=float, default=MIN_SHARPNESS, help=f"contrast in the finest detail ({MIN_SHARPNESS})"
    )
    command.add_argument(
        "--min-score",
        type=float,
        help=f"the detector's score a face needs (embedded: {EMBEDDED_MIN_SCORE}, others: {MIN_SCORE})",
    )
    command.add_argument(
        "--max-blur",
        type=float,
        help=f"cosine with itself reduced to {BLUR_PX} px (embedded: {EMBEDDED_MAX_BLUR}, others: {MAX_BLUR})",
    )
    command.add_argument("--threads", type=int, default=1)
    command.add_argument("--json", action="store_true", help="outcomes as JSON on standard output")
    command = commands.add_parser("list", help="show everybody enrolled")
    command.set_defaults(run=list_people)
    command.add_argument("--json", action="store_true")
    command = commands.add_parser("erase", help="erase people, so that no byte of their faces stays")
    command.set_defaults(run=erase)
    command.add_argument("names", nargs="+", metavar="NAME")
    command = commands.add_parser("export", help="write the gallery to a portable file")
    command.set_defaults(run=export)
    command.add_argument("file")
    command = commands.add_parser("import", help="enrol everybody of an exported file")
    command.set_defaults(run=import_file)
    command.add_argument("file")
    for command in commands.choices.values():
        command.add_argument("--gallery", required=True, help="gallery file")
    return parser


if __name__ == "__main__":
    sys.exit(main())

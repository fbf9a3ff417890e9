"""The command line of `python -m recognizer.gallery`: its commands and their flags."""

import argparse
import math

from recognizer.gallery.enroll import (
    BLUR_PX,
    EMBEDDED_MAX_BLUR,
    EMBEDDED_MIN_MIRROR,
    EMBEDDED_MIN_SCORE,
    MAX_BLUR,
    MIN_SCORE,
    MIN_SHARPNESS,
)


def make_parser(description: str | None) -> argparse.ArgumentParser:
    """The parser; `command` of its result is the name of the command."""
    parser = argparse.ArgumentParser(prog="python -m recognizer.gallery", description=description)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    command = commands.add_parser("enroll", help="enrol people from one folder of pictures per person")
    command.add_argument("folder", help="folder that holds one folder of pictures per person")
    command.add_argument("--detector", help="ONNX file or pack:NAME; default: the embedded detector")
    _add_recognizer(command)
    command.add_argument(
        "--calibration", help="output of python -m recognizer.calibrate; sets when two people count as alike"
    )
    _add_limits(command)
    command.add_argument(
        "--no-chips",
        dest="keep_chips",
        action="store_false",
        help="store no picture of the faces; another model then needs the photographs again",
    )
    command.add_argument("--json", action="store_true", help="print the outcomes as JSON on standard output")
    command = commands.add_parser("list", help="list the enrolled people, their faces, and how many have a picture")
    command.add_argument("--json", action="store_true", help="print the list as JSON on standard output")
    command = commands.add_parser("erase", help="erase people and overwrite the bytes of their faces")
    command.add_argument("names", nargs="+", metavar="NAME")
    command = commands.add_parser("export", help="write the gallery to a portable file")
    command.add_argument("file")
    command = commands.add_parser("import", help="import the people of an exported file")
    command.add_argument("file")
    command = commands.add_parser("reembed", help="read the stored picture of every face again with another recogniser")
    _add_recognizer(command)
    command.add_argument(
        "--drop-without-chips", action="store_true", help="erase faces without a picture; default: refuse"
    )
    for command in commands.choices.values():
        command.add_argument("--gallery", required=True, help="gallery file")
    return parser


def _add_recognizer(command: argparse.ArgumentParser) -> None:
    command.add_argument("--recognizer", help="tiny, base, large, or an ONNX file; default: embedded")
    command.add_argument(
        "--chip-spec",
        help="YAML profile of the recogniser with chip_spec and optional calibration; see configs/recognizers",
    )
    command.add_argument("--config", help="pipeline configuration that supplies the models not set by a flag")
    command.add_argument("--threads", type=int, default=1, help="CPU threads per model (1)")


def _add_limits(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--min-face-px", type=_finite, default=24.0, help="smallest face height to enrol, in pixels (24)"
    )
    command.add_argument(
        "--min-sharpness",
        type=_finite,
        default=MIN_SHARPNESS,
        help=f"lowest contrast in the finest detail ({MIN_SHARPNESS})",
    )
    command.add_argument(
        "--min-score",
        type=_finite,
        help=f"lowest detector score of a face (embedded detector: {EMBEDDED_MIN_SCORE}, others: {MIN_SCORE})",
    )
    command.add_argument(
        "--max-blur",
        type=_finite,
        help=f"highest cosine of a face with its copy reduced to {BLUR_PX} px "
        f"(embedded recogniser: {EMBEDDED_MAX_BLUR}, others: {MAX_BLUR})",
    )
    command.add_argument(
        "--min-mirror",
        type=_finite,
        help=f"lowest cosine of a face with its mirror image (embedded recogniser: {EMBEDDED_MIN_MIRROR}, others: any)",
    )
    command.add_argument(
        "--min-length",
        type=_finite,
        help="shortest feature of a face to enrol, 0 for any (what one face in a hundred of its size stays below)",
    )


def _finite(text: str) -> float:
    """A number; `nan` would let every face pass a limit, or none."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


_finite.__name__ = "finite number"  # as argparse calls it: invalid finite number value: 'nan'

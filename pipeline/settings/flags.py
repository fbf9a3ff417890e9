"""The command line, and how its flags lie over the configuration file.

A flag given beats both the file's defaults and its cameras; a flag not given changes nothing.
"""

import argparse
from pathlib import Path
from typing import Any, NoReturn

from pipeline.redact import redact
from pipeline.scan.roi import parse_roi
from pipeline.version import VERSION

# Flag (as argparse names it) -> where it goes in the configuration.
_SECTIONS: dict[str, tuple[str, ...]] = {
    "gallery": ("gallery",),
    "detector": ("detector", "model"),
    "detector_score": ("detector", "score"),
    "long_side": ("detector", "long_side"),
    "tile": ("detector", "tile"),
    "scan_seconds": ("schedule", "scan_seconds"),
    "recognizer": ("recognizer", "model"),
    "calibration": ("recognizer", "calibration"),
    "bind": ("events", "bind"),
    "device": ("device",),
    "threads": ("threads",),
    "node": ("node",),
}
_PER_CAMERA = ("min_face_px", "fps", "stride", "roi", "start", "end")

EPILOG = """\
exit codes: 0 done, 1 failed, 2 usage or configuration, 3 source unreachable, 4 model missing,
130 interrupted (what was seen so far is reported)."""


class _Parser(argparse.ArgumentParser):
    """Repeats a mistake without the password that may stand in it."""

    def error(self, message: str) -> NoReturn:
        super().error(redact(message))


def parser() -> argparse.ArgumentParser:
    """All flags, grouped as a person looks for them."""
    root = _Parser(
        prog="run_pipeline.py",
        description="Names people from small faces in camera streams and recordings.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"glimpse {VERSION}")
    _input_flags(root.add_argument_group("what to watch"))
    _model_flags(root.add_argument_group("models"))
    _frame_flags(root.add_argument_group("which frames and faces"))
    _output_flags(root.add_argument_group("where results go"))
    _run_flags(root.add_argument_group("the run"))
    return root


def _input_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--rtsp", action="append", default=[], metavar="URL", help="a camera; may be repeated")
    group.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="WHAT",
        help="a URL, video file, folder of videos or images, glob, or webcam index; may be repeated",
    )
    group.add_argument("--config", type=Path, metavar="FILE", help="YAML with cameras and settings")


def _model_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--detector", metavar="MODEL", help="ONNX file or pack:NAME (insightface); default: our own")
    group.add_argument("--detector-score", type=float, metavar="0..1", help="weakest box to keep")
    group.add_argument("--long-side", type=int, metavar="PX", help="resize frames for detection; 0: as they are")
    group.add_argument("--tile", type=int, metavar="PX", help="search overlapping windows of this size; 0: whole frame")
    group.add_argument(
        "--scan-seconds", type=float, metavar="S", help="search whole frames this often, else where faces are or moved"
    )
    group.add_argument("--recognizer", metavar="MODEL", help="ONNX file; without it, ours if there is a --gallery")
    group.add_argument(
        "--chip-spec", type=Path, metavar="YAML", help="its preprocessing and calibration, see configs/recognizers"
    )
    group.add_argument("--calibration", metavar="FILE", help="its error rates, from python -m recognizer.calibrate")
    group.add_argument("--gallery", metavar="DB", help="enrolled people, from python -m recognizer.gallery enroll")
    group.add_argument("--device", choices=("cpu", "cuda"), help="cuda without CUDA is an error")
    group.add_argument("--threads", type=int, metavar="N", help="threads each network may use")


def _frame_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--min-face-px", type=float, metavar="PX", help="smallest face height to track and compare")
    group.add_argument("--fps", type=float, metavar="N", help="process at most N frames a second of each source")
    group.add_argument("--stride", type=int, metavar="N", help="process every N-th frame")
    group.add_argument("--roi", metavar="X,Y,...", help="rectangle (x1,y1,x2,y2) or polygon, in shares of the frame")
    group.add_argument("--start", type=float, metavar="S", help="recordings: skip to this second")
    group.add_argument("--end", type=float, metavar="S", help="recordings: stop at this second")


def _output_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--events", metavar="FILE", help="write events as JSON lines; - for standard output")
    group.add_argument("--report", type=Path, metavar="DIR", help="leave a report with timeline, faces and reasons")
    group.add_argument(
        "--save-video",
        nargs="?",
        const="",
        metavar="MP4",
        help="annotated video, to this file or into the report's folder",
    )
    group.add_argument("--bind", metavar="ADDRESS", help="ZeroMQ address to publish on; none: do not publish")
    group.add_argument("--node", metavar="NAME", help="name of this process in events")
    group.add_argument("--show", action="store_true", help="show the annotated picture in a window")


def _run_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--resume", action="store_true", help="go on with an interrupted recording (needs --report)")
    group.add_argument("--duration", type=float, default=0.0, metavar="S", help="stop after S seconds")
    group.add_argument("--check", action="store_true", help="check configuration, models and sources, then exit")
    group.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))


def overlaid(raw: dict[str, Any], given: argparse.Namespace) -> dict[str, Any]:
    """The configuration file's plain data with the given flags laid over it. Raises ValueError for a bad --roi."""
    merged = {key: dict(value) if isinstance(value, dict) else value for key, value in raw.items()}
    for flag, path in _SECTIONS.items():
        if (value := getattr(given, flag)) is not None:
            _put(merged, path, value)
    asked = {flag: getattr(given, flag) for flag in _PER_CAMERA if getattr(given, flag) is not None}
    if "roi" in asked:
        asked["roi"] = [list(point) for point in parse_roi(asked["roi"])]
    _put_cameras(merged, given, asked)
    return merged


def _put_cameras(merged: dict[str, Any], given: argparse.Namespace, asked: dict[str, Any]) -> None:
    listed = merged.get("cameras")
    added = [{"source": source} for source in (*given.rtsp, *given.source)]
    if isinstance(listed, list | None):
        merged["cameras"] = [item | asked if isinstance(item, dict) else item for item in [*(listed or []), *added]]
    if asked:
        merged["defaults"] = {**(merged.get("defaults") or {}), **asked}


def _put(tree: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for key in path[:-1]:
        tree[key] = dict(tree.get(key) or {})
        tree = tree[key]
    tree[path[-1]] = value

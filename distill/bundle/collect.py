"""`python -m distill collect CONFIG FOLDER`: takes results of a bundle back into the work folder.

Every result is checked before the first file is replaced. Each file is replaced at once and the checkpoint last, so a
killed call loses nothing and may be repeated.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import msgspec

from distill.bundle.manifest import find_difference, head_hash, read_manifest
from distill.config import Settings
from distill.data.store import write_atomic
from distill.errors import DistillError
from distill.training.checkpoint import load_checkpoint, plain_settings
from distill.work_folder import StudentFolder, WorkFolder


@dataclass(frozen=True)
class Result:
    """A student's training elsewhere. samples: what it has seen; ours: what the work folder's checkpoint has seen."""

    name: str
    source: StudentFolder
    target: StudentFolder
    samples: int
    ours: int


def collect(settings: Settings, folder: Path) -> list[Result]:
    """Take all students that FOLDER has results of; returns them. Raises DistillError, and then nothing is changed.

    folder: holds `bundle.json`, and `students` or `run/students`.
    """
    results = find_results(settings, folder)
    for result in results:
        _take(result)
    return results


def find_results(settings: Settings, folder: Path) -> list[Result]:
    """Find and check the results. Raises DistillError for none, another configuration, or older checkpoints."""
    manifest, work = read_manifest(folder), WorkFolder(Path(settings.work))
    if manifest.head != head_hash(work):
        raise DistillError(f"{folder}: its bundle was made with another head than {work.head}; name its `work`")
    if manifest.teachers != msgspec.json.decode(work.teachers.read_bytes()):
        raise DistillError(f"{folder}: its bundle was made with other teachers than {work.root}")
    root = next((root for root in (folder / "run", folder) if (root / "students").is_dir()), folder)
    found = [name for name in manifest.students if WorkFolder(root).student(name).checkpoint.is_file()]
    if not found:
        raise DistillError(f"{folder}: expected checkpoints of {', '.join(manifest.students)} in students/, found none")
    return [_check(settings, name, WorkFolder(root).student(name), work.student(name)) for name in found]


def _check(settings: Settings, name: str, source: StudentFolder, target: StudentFolder) -> Result:
    if name not in settings.students:
        raise DistillError(f"students: no {name!r}; known here: {', '.join(settings.students)}")
    content = _load(source.checkpoint)
    theirs = content.get("settings", {}).get("students", {}).get(name, {})
    wanted = plain_settings(settings)["students"][name]
    if difference := find_difference(msgspec.json.decode(msgspec.json.encode(wanted)), theirs):
        raise DistillError(f"students.{name}.{difference} in {source.checkpoint}; it belongs to another configuration")
    samples, ours = int(content.get("samples", 0)), 0
    if target.checkpoint.is_file():
        ours = int(_load(target.checkpoint).get("samples", 0))
    if samples < ours:
        raise DistillError(
            f"students.{name}: {source.checkpoint} has seen {samples:,} samples and the work folder's {ours:,}; "
            "expected a newer one; nothing was taken"
        )
    return Result(name, source, target, samples, ours)


def _load(path: Path) -> dict[str, Any]:
    try:
        content = load_checkpoint(path)
    except (pickle.UnpicklingError, RuntimeError, EOFError, BadZipFile, ValueError) as error:
        raise DistillError(f"{path}: expected a checkpoint, got a damaged file") from error
    assert content is not None
    return content


def _take(result: Result) -> None:
    """Copy a student's files; the checkpoint last. The log keeps the lines of both sides, in the order of time."""
    write_atomic(result.target.log, merge_logs(result.target.log, result.source.log))
    for source, target in ((result.source.curves, result.target.curves), (result.source.chips, result.target.chips)):
        if source.is_file():
            write_atomic(target, source.read_bytes())
    write_atomic(result.target.checkpoint, result.source.checkpoint.read_bytes())


def merge_logs(*paths: Path) -> bytes:
    """All different lines of JSON logs, by their `time`; a torn line does not count."""
    lines: dict[bytes, float] = {}
    for path in paths:
        for line in path.read_bytes().splitlines() if path.is_file() else ():
            try:
                lines.setdefault(line, float(msgspec.json.decode(line)["time"]))
            except (msgspec.DecodeError, KeyError, TypeError):
                continue
    return b"".join(line + b"\n" for line in sorted(lines, key=lambda line: lines[line]))

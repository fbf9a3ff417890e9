"""`python -m distill bundle CONFIG OUT`: packs what a training needs into parts for a machine without network.

A bundle holds the usable prepared faces as WebP, the teachers (and their features of the faces on request), the head,
weights and checkpoints to start from, the code, and the configuration with its overrides. Test images stay here.
"""

import importlib.metadata
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import yaml

from detectors.arrays import Index
from distill.bundle.faces import ENDS, PICTURES, encode_faces
from distill.bundle.manifest import MANIFEST, Manifest, head_hash
from distill.bundle.parts import Archive, write_archive
from distill.config import EvaluateSettings, ExcludeSettings, FacesSettings, Settings, TeacherSettings
from distill.data.prepare import PreparationProgress, load_state, load_usable_rows
from distill.data.store import array_bytes, face_rows, write_atomic
from distill.errors import DistillError
from distill.teacher.ensemble import find_chip_spec, find_model, open_ensemble, record_teachers
from distill.teacher.features import feature_rows
from distill.training.checkpoint import COMMIT, code_version
from distill.work_folder import WorkFolder

MEGABYTE = 1_000_000
ROOT = Path(__file__).parents[2]
PACKAGES = ("configs", "detectors", "distill", "recognizer")
CODE_SUFFIXES = {".py", ".yaml", ".json"}
MODULES = ("torch", "numpy", "opencv-python", "onnx", "onnxruntime", "av", "matplotlib", "msgspec", "pyyaml", "rich")
README = """# A training of Glimpse to run elsewhere

`sh start.sh` checks the parts, unpacks them into `run/`, labels the faces and trains {students}. It needs no network.
Run it again to go on after an interruption. `sh start.sh --student NAME students.NAME.samples=1000000` trains one
student, with settings of its own. Then bring back `run/students` and `bundle.json`, side by side, for
`python -m distill collect CONFIG FOLDER`.

Python {python} or later, and these packages (other versions may do; what came as a wheel is installed into the bundle):

{packages}
Made from {faces:,} faces. {parts} parts of at most {limit:g} MB:

{listing}
"""


@dataclass(frozen=True)
class Contents:
    """What a bundle is to hold beside its necessary parts.

    students: names. wheels: folder of packages to install. labels: the teachers' features too. quality: of WebP.
    """

    students: tuple[str, ...]
    wheels: Path | None = None
    labels: bool = False
    quality: int = 76


def write_bundle(settings: Settings, out: Path, contents: Contents, *, part_mb: float) -> Manifest:
    """Write the bundle into a new or empty folder. Raises DistillError if anything that it needs is missing."""
    if part_mb <= 0:
        raise DistillError(f"--part-size: expected above 0, got {part_mb:g}")
    if out.exists() and any(out.iterdir()):
        raise DistillError(f"{out}: expected a new or empty folder")
    for name in contents.students:
        if name not in settings.students:
            raise DistillError(f"students: no {name!r}; known here: {', '.join(settings.students)}")
    work = WorkFolder(Path(settings.work))
    rows, head, teachers = load_usable_rows(work), head_hash(work), record_teachers(settings)
    started = _started_from(settings, contents.students)
    out.mkdir(parents=True, exist_ok=True)
    with write_archive(out, int(part_mb * MEGABYTE)) as (archive, writer):
        _add_code(archive)
        _add_settings(archive, settings, contents.students)
        _add_teachers(archive, settings)
        archive.add_file("adapt/head.npz", work.head)
        for name, path in started.items():
            archive.add_file(name, path)
        for path in sorted(contents.wheels.glob("*.whl")) if contents.wheels else ():
            archive.add_file(f"wheels/{path.name}", path)
        _add_faces(archive, work, rows, contents, settings)
    manifest = Manifest(list(contents.students), head, teachers, len(rows), writer.parts)
    _write_beside(out, manifest, part_mb)
    return manifest


def _started_from(settings: Settings, students: tuple[str, ...]) -> dict[str, Path]:
    """Checkpoints, logs and exported files that the students go on from, by their name in the bundle."""
    work, found = WorkFolder(Path(settings.work)), {}
    for name in students:
        for source in (name, *settings.students[name].starting_weights):
            if source.endswith(".onnx"):
                path = Path(settings.export.folder) / source
                if path.is_file():
                    found[f"weights/{source}"] = path
                elif not work.student(name).checkpoint.is_file():
                    raise DistillError(f"students.{name}.start_from: no such file: {path}")
                continue
            folder = work.student(source)
            for path in (folder.checkpoint, folder.log):
                if path.is_file():
                    found[f"students/{source}/{path.name}"] = path
    return found


def _add_code(archive: Archive) -> None:
    archive.add_bytes(f"code/{COMMIT.name}", code_version().encode())
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in CODE_SUFFIXES and "__pycache__" not in path.parts:
                archive.add_file(f"code/{path.relative_to(ROOT).as_posix()}", path)


def _add_settings(archive: Archive, settings: Settings, students: tuple[str, ...]) -> None:
    """Add the configuration with paths inside the bundle, without sources and test, which stay here."""
    needed = {name: settings.students[name] for name in students}
    for options in list(needed.values()):
        needed |= {name: settings.students[name] for name in options.starting_weights if name in settings.students}
    inside = msgspec.structs.replace(
        settings,
        work=".",
        faces=FacesSettings(sources=(), exclude=ExcludeSettings()),
        teachers=tuple(_inside(teacher, index) for index, teacher in enumerate(settings.teachers)),
        adapt=msgspec.structs.replace(settings.adapt, head="adapt/head.npz"),
        students=needed,
        evaluate=EvaluateSettings(),
        export=msgspec.structs.replace(settings.export, folder="weights"),
        pools={},
    )
    plain = msgspec.to_builtins(inside)
    archive.add_bytes("config.yaml", yaml.safe_dump(plain, sort_keys=False, allow_unicode=True).encode())


def _inside(teacher: TeacherSettings, index: int) -> TeacherSettings:
    folder = f"teachers/{index}"
    return msgspec.structs.replace(
        teacher, model=f"{folder}/{find_model(teacher).name}", chip_spec=f"{folder}/chip_spec.yaml"
    )


def _add_teachers(archive: Archive, settings: Settings) -> None:
    for index, teacher in enumerate(settings.teachers):
        place = _inside(teacher, index)
        archive.add_file(place.model, find_model(teacher))
        spec = yaml.safe_dump({"chip_spec": msgspec.to_builtins(find_chip_spec(teacher))})
        archive.add_bytes(place.chip_spec, spec.encode())
    archive.add_file("teachers.json", WorkFolder(Path(settings.work)).teachers)


def _add_faces(archive: Archive, work: WorkFolder, rows: Index, contents: Contents, settings: Settings) -> None:
    """Add the usable faces as pictures, and what preparation knows of them."""
    pictures, ends = encode_faces(face_rows(work).array(), rows, quality=contents.quality, threads=settings.threads)
    archive.add_bytes(PICTURES, pictures)
    archive.add_bytes(ENDS, array_bytes(ends))
    archive.add_bytes("faces/usable.npy", array_bytes(np.ones(len(rows), bool)))
    notes = load_state(work).notes
    state = PreparationProgress(notes=[notes[row] for row in rows], done=True)
    archive.add_bytes("faces/state.json", msgspec.json.encode(state))
    if contents.labels:
        features = feature_rows(work, open_ensemble(settings).dim).array()
        if len(features) != len(notes):
            raise DistillError(f"{work.face_features}: expected {len(notes)} rows, got {len(features)}; run `adapt`")
        archive.add_bytes("faces/features.f16", np.asarray(features[rows], np.float16).tobytes())


def _write_beside(out: Path, manifest: Manifest, part_mb: float) -> None:
    """Write what lies beside the parts; the manifest last, so that a folder with one is complete."""
    shutil.copy(Path(__file__).parent / "start.py", out / "start.py")
    (out / "start.sh").write_text('#!/bin/sh\nexec python3 "$(dirname "$0")/start.py" "$@"\n')
    (out / "start.sh").chmod(0o755)
    packages = "".join(f"- {name} {importlib.metadata.version(name)}\n" for name in MODULES)
    listing = "\n".join(f"- `{part.name}`, {part.size:,} bytes" for part in manifest.parts)
    text = README.format(
        students=", ".join(manifest.students),
        python=".".join(platform.python_version_tuple()[:2]),
        packages=packages,
        faces=manifest.faces,
        parts=len(manifest.parts),
        limit=part_mb,
        listing=listing,
    )
    (out / "README.md").write_text(text)
    write_atomic(out / MANIFEST, msgspec.json.encode(manifest))

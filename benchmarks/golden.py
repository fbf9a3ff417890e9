"""Golden outputs: what the program wrote before a refactoring, held against what it writes now.

    python -m benchmarks.golden record       # before the first change: writes benchmarks/golden.json
    python -m benchmarks.golden compare      # after it: exit code 1 and the names of all outputs that differ

Outputs: events and tracks of the demo clip and of two clips with 40 enrolled LFW people, the detector's answers on 50
photographs, and the files that toy trainings of students, landmarks and detector export. Only their hashes are kept in
the repository; the outputs themselves stay in the ignored folder out/golden, to be compared line by line. Run both on
one machine, in one environment: other builds of torch or FFmpeg give other bytes.
"""

import argparse
import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
import onnx

from detectors.arrays import Image
from detectors.load import load_detector
from detectors.runtime import Runtime
from tests.synthetic.detector_world import write_detector_world
from tests.synthetic.distill_world import write_distill_world

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("GLIMPSE_SHARED", ROOT.parent / "shared"))
HASHES = Path(__file__).with_name("golden.json")
OUT = ROOT / "out" / "golden"
CANDIDATES, PHOTOGRAPHS = 41, 50  # enrolment refuses one of the candidates
VARYING = ("node", "epoch", "wall_time", "capture_time")  # fields of an event that no two runs share


def main() -> int:
    """Make every output and record its hash, or compare it; 1 where one differs."""
    options = _arguments()
    OUT.mkdir(parents=True, exist_ok=True)
    found: dict[str, str] = {}
    for name in options.only or OUTPUTS:
        sys.stderr.write(f"{name} …\n")
        found |= {f"{name}/{file}": _digest(data) for file, data in OUTPUTS[name]().items()}
    if options.command == "record":
        known = json.loads(HASHES.read_text()) if HASHES.exists() else {}
        HASHES.write_text(json.dumps(known | found, indent=2, sort_keys=True) + "\n")
        return 0
    return _report(json.loads(HASHES.read_text()), found)


def demo() -> Mapping[str, bytes]:
    """`make demo`."""
    _run("-m", "tests.synthetic.demo")
    return _report_files("demo", ROOT / "out" / "demo" / "report")


def street_crowd() -> Mapping[str, bytes]:
    """A real clip with people walking up to the camera."""
    return _clip("street-crowd")


def mall_entrance() -> Mapping[str, bytes]:
    """A real clip of many small faces."""
    return _clip("mall-entrance")


def boxes() -> Mapping[str, bytes]:
    """The embedded detector's boxes, scores and landmarks on photographs, as it serves them and enlarged."""
    detector = load_detector("embedded", runtime=Runtime(), score=0.25, every_size=True)
    rows = []
    for name, image in _pictures(SHARED / "data" / "scenes" / "people.zip", PHOTOGRAPHS):
        found = detector.detect(image)
        assert found.landmarks is not None
        parts = (found.boxes, found.scores, found.landmarks)
        rows.append([name, *(part.astype(np.float32).tolist() for part in parts)])
    return _kept("boxes", {"boxes.json": json.dumps(rows, indent=1).encode()})


def students() -> Mapping[str, bytes]:
    """The files that a toy distillation exports."""
    config = write_distill_world(_fresh("students"))
    _run("-m", "distill", "run", str(config))
    return _exports("students", config.parent / "weights")


def landmarks() -> Mapping[str, bytes]:
    """The landmark regressor after a few steps on the same toy faces."""
    config = write_distill_world(_fresh("landmarks"))
    _run("-m", "distill", "prepare", str(config))
    own = ["landmarks.samples=1280", "landmarks.batch=64", "landmarks.workers=0", "landmarks.folder=weights"]
    _run("-m", "distill", "landmarks", str(config), *own, cwd=config.parent)
    return _exports("landmarks", config.parent / "weights")


def detector() -> Mapping[str, bytes]:
    """The file that a toy training of a detector exports."""
    config = write_detector_world(_fresh("detector"))
    _run("-m", "distill", "detector", str(config), "train.samples=800", "train.eval_every=400")
    return _exports("detector", config.parent / "weights")


OUTPUTS: dict[str, Callable[[], Mapping[str, bytes]]] = {
    "boxes": boxes,
    "demo": demo,
    "street-crowd": street_crowd,
    "mall-entrance": mall_entrance,
    "students": students,
    "landmarks": landmarks,
    "detector": detector,
}


def _clip(name: str) -> Mapping[str, bytes]:
    gallery, report = _gallery(), _fresh(name)
    clip = SHARED / "data" / "video" / f"{name}.mp4"
    _run("run_pipeline.py", "--source", str(clip), "--gallery", str(gallery), "--report", str(report))
    return _report_files(name, report)


def _gallery() -> Path:
    """Forty LFW people: the first by name, one photograph each."""
    folder, gallery = OUT / "people", OUT / "people.db"
    if gallery.exists():
        return gallery
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(SHARED / "data" / "lfw-view2.zip") as faces:
        names = sorted(name for name in faces.namelist() if name.endswith("_0001.jpg"))
        for name in names[:CANDIDATES]:
            person = folder / Path(name).parent.name
            person.mkdir(parents=True)
            chip = _decoded(faces.read(name))
            framed = cv2.copyMakeBorder(chip, 56, 56, 56, 56, cv2.BORDER_REPLICATE)
            cv2.imwrite(str(person / "photo.png"), framed)
    loose = ["--min-score", "0.2", "--min-sharpness", "0", "--max-blur", "1"]
    _run("-m", "recognizer.gallery", "enroll", str(folder), "--gallery", str(gallery), *loose, codes=(0, 1))
    return gallery


def _report_files(name: str, report: Path) -> Mapping[str, bytes]:
    """Events and tracks of a run without what no two runs share."""
    events = [json.loads(line) for line in (report / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps({key: value for key, value in one.items() if key not in VARYING}) for one in events]
    rows = list(csv.DictReader((report / "tracks.csv").read_text(encoding="utf-8").splitlines()))
    text = StringIO()
    kept = [key for key in rows[0] if "wall" not in key] if rows else []
    writer = csv.DictWriter(text, kept, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files = {"events.jsonl": "\n".join(lines).encode(), "tracks.csv": text.getvalue().encode()}
    return _kept(name, files)


def _exports(name: str, folder: Path) -> Mapping[str, bytes]:
    """Every network and table of an export; networks without their names, which say when and where they were made."""
    files = {}
    for path in sorted(folder.glob("*.*")):
        if path.suffix == ".onnx":
            files[path.name] = _weights(path)
        elif path.suffix == ".npz":
            with np.load(path) as arrays:
                files[path.name] = b"".join(arrays[key].tobytes() for key in sorted(arrays.files))
    return _kept(name, files)


def _weights(path: Path) -> bytes:
    """Nodes, tensors and metadata of a network."""
    model = onnx.load(path)
    metadata = [f"{entry.key}={entry.value}".encode() for entry in model.metadata_props]
    return b"".join([model.graph.SerializeToString(deterministic=True), *sorted(metadata)])


def _pictures(archive: Path, count: int) -> list[tuple[str, Image]]:
    with zipfile.ZipFile(archive) as scenes:
        names = sorted(name for name in scenes.namelist() if name.endswith(".webp"))[:count]
        return [(name, _decoded(scenes.read(name))) for name in names]


def _decoded(data: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _fresh(name: str) -> Path:
    folder = OUT / "runs" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _kept(name: str, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Keep the outputs beside the earlier ones, which get the name of their command."""
    folder = OUT / _arguments().command / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, data in files.items():
        (folder / file).write_bytes(data)
    return files


def _run(*arguments: str, codes: Sequence[int] = (0,), cwd: Path = ROOT) -> None:
    environment = dict(os.environ) | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, check=False, capture_output=True, text=True)
    if done.returncode not in codes:
        raise RuntimeError(f"{' '.join(arguments[:3])} ended with {done.returncode}: {done.stderr[-2000:]}")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _report(known: Mapping[str, str], found: Mapping[str, str]) -> int:
    different = [name for name, digest in found.items() if known.get(name) != digest]
    for name in different:
        sys.stdout.write(f"differs: {name}\n")
    sys.stdout.write(f"{len(found) - len(different)} of {len(found)} outputs are the same\n")
    return int(bool(different))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.golden", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("record", "compare"))
    parser.add_argument("only", nargs="*", metavar="OUTPUT", help="these outputs alone; default: all")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""Everything a run of the program needs, made in a second: models, a gallery, and a clip of the people in it.

Shared by the tests that start the program and by the benchmarks, so that both run from a clone with no downloads.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.synthetic.networks import write_detector, write_recognizer
from tests.synthetic.photos import write_photo
from tests.synthetic.video import Truth, walk_clip

ROOT = Path(__file__).parents[2]

# Every crop of a painted person embeds alike, which counts as one look however often it is taken.
RULE = {"min_effective": 1.0}


class World:
    """Painted people walk up, those of `names` (in order of their number) are enrolled, whoever follows is a stranger.

    look: what `walk_clip` takes (`people`, `seconds`, `fps`, `size`, `face_px`).
    """

    def __init__(self, folder: Path, *, names: tuple[str, ...] = ("Ada", "Grace"), **look: Any) -> None:
        self.folder, self.names = folder, names
        folder.mkdir(parents=True, exist_ok=True)
        self.detector = write_detector(folder / "detector.onnx")
        self.recognizer = write_recognizer(folder / "recognizer.onnx")
        self.clip = folder / "walk.mp4"
        self.truth: Truth = walk_clip(self.clip, **{"people": len(names) + 1} | look)
        self.gallery = self.enroll(folder / "people.db", dict(enumerate(names)))
        self.config = write_config(folder / "people.yaml", self.settings())

    def enroll(self, gallery: Path, names: Mapping[int, str]) -> Path:
        """Enrol painted people by their numbers, in a process of its own as a person would."""
        photos = self.folder / f"photos-{gallery.stem}-{'-'.join(names.values())}"
        for number, name in names.items():
            write_photo(photos / name / "sharp.png", number)
        models = ["--detector", str(self.detector), "--recognizer", str(self.recognizer)]
        command = ["-m", "recognizer.gallery", "enroll", str(photos), "--gallery", str(gallery), *models]
        done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"enrolling ended with {done.returncode}: {done.stdout}{done.stderr}")
        return gallery

    def settings(self, **sections: Any) -> dict[str, Any]:
        """Plain settings that name these people; `sections` (cameras, events, …) are laid over them."""
        return {
            "detector": {"model": str(self.detector)},
            "recognizer": {"model": str(self.recognizer)},
            "gallery": str(self.gallery),
            "decision": RULE,
        } | sections


def write_config(path: Path, settings: Mapping[str, Any]) -> Path:
    """Write settings as the YAML that --config reads."""
    path.write_text(yaml.safe_dump(dict(settings)), encoding="utf-8")
    return path

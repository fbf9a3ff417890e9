"""A small world for distillation: painted people, a teacher, a test with pairs, and a configuration of the chain."""

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import yaml

from detectors.arrays import Image
from tests.synthetic.networks import paint_person, write_recognizer

LEARNT, TESTED = range(16), range(16, 24)
EACH = 8


def painted(person: int, rng: np.random.Generator) -> Image:
    """An aligned 112-pixel face of a painted person, a little shifted, dimmed and noisy: BGR uint8 (112,112,3)."""
    image: Image = np.zeros((112, 112, 3), np.uint8)
    dx, dy = rng.normal(0, 2, 2)
    paint_person(image, person, (-14 + dx, -14 + dy, 126 + dx, 126 + dy))
    noisy = image * rng.uniform(0.7, 1.0) + rng.normal(0, 6, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def write_faces(folder: Path, people: range, rng: np.random.Generator) -> None:
    """`EACH` pictures of each person as Name/Name_0001.png."""
    for person in people:
        name = f"Person_{chr(ord('A') + person)}"
        (folder / name).mkdir(parents=True)
        for number in range(1, EACH + 1):
            cv2.imwrite(str(folder / name / f"{name}_{number:04d}.png"), painted(person, rng))


def write_pairs(path: Path, people: range) -> None:
    """Two folds of 40 pairs of each kind, in LFW's format."""
    names = [f"Person_{chr(ord('A') + person)}" for person in people]
    numbers = list(combinations(range(1, EACH + 1), 2))
    same = [f"{name}\t{a}\t{b}" for a, b in numbers for name in names]
    other = [f"{one}\t{a}\t{two}\t{b}" for a, b in numbers for one, two in combinations(names, 2)]
    rows = [line for fold in range(2) for kind in (same, other) for line in kind[fold * 40 : fold * 40 + 40]]
    path.write_text("\n".join(["2\t40", *rows]) + "\n")


def write_distill_world(folder: Path) -> Path:
    """Write `faces/`, `test/`, `pairs.txt`, `teacher.onnx` and `toy.yaml`, and return the path of the last."""
    rng = np.random.default_rng(3)
    write_faces(folder / "faces", LEARNT, rng)
    write_faces(folder / "test", TESTED, rng)
    write_pairs(folder / "pairs.txt", TESTED)
    write_recognizer(folder / "teacher.onnx", size=32)
    student = {
        "size": 16,
        "stages": [[16], [32, 1]],
        "samples": 12_800,
        "batch": 64,
        "warmup_samples": 640,
        "workers": 0,
        "eval_every": 6_400,
    }
    settings = {
        "work": "work",
        "faces": {
            "sources": [{"path": "faces", "people": "folder"}],
            "exclude": {"images": "test", "similarity": 0.9},
        },
        "teachers": [{"model": "teacher.onnx"}],
        "adapt": {"dim": 12, "faces": 128},
        "label": {"synthetic_faces": 256, "shard_faces": 128, "sharp_target_share": 0.5},
        "students": {"s16": student},
        "evaluate": {"images": "test", "pairs": "pairs.txt", "sizes": [112, 16]},
        "export": {"folder": "weights", "int8_calibration_faces": 64, "max_int8_drop": 5.0},
    }
    (folder / "toy.yaml").write_text(yaml.safe_dump(settings))
    return folder / "toy.yaml"

"""A small world for training a detector: painted photographs, scenes without a face, teachers and a configuration."""

import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper

from detectors.arrays import Image
from tests.synthetic.networks import paint_person, write_detector

TRAIN = {"stem": [8, 8], "width": 16, "deep_width": 16, "batch": 8, "samples": 2400, "warmup_samples": 80, "workers": 0}


def write_blind_retinaface(path: Path) -> Path:
    """A file in RetinaFace's format that never sees a face."""
    nodes, constants, levels = [], [], {"loc": 4, "conf": 2, "landms": 10}
    for name, channels in levels.items():
        flat = numpy_helper.from_array(np.array([1, -1, channels], np.int64), f"{name}_shape")
        constants.append(flat)
        for stride in (8, 16, 32):
            weight = np.zeros((2 * channels, 3, 1, 1), np.float32)
            constants.append(numpy_helper.from_array(weight, f"{name}_{stride}_w"))
            here = f"{name}_{stride}"
            nodes += [
                helper.make_node("Conv", ["input", f"{here}_w"], [f"{here}_c"], strides=[stride, stride]),
                helper.make_node("Transpose", [f"{here}_c"], [f"{here}_t"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{here}_t", f"{name}_shape"], [f"{here}_r"]),
            ]
        nodes.append(helper.make_node("Concat", [f"{name}_{stride}_r" for stride in (8, 16, 32)], [name], axis=1))
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, "height", "width"])
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "n", count]) for name, count in levels.items()]
    graph = helper.make_graph(nodes, "blind", [given], made, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def background(rng: np.random.Generator) -> Image:
    coarse = rng.integers(40, 200, (12, 16, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (256, 192), interpolation=cv2.INTER_CUBIC), np.uint8)


def write_detector_world(folder: Path) -> Path:
    """Write photographs of painted people, scenes without any, aligned chips, teachers and `toy.yaml`; its path."""
    rng = np.random.default_rng(5)
    for name in ("crowd", "empty", "chips"):
        (folder / name).mkdir()
    boxes = {}
    for number in range(40):
        image, side = background(rng), int(rng.integers(66, 90))
        x, y = int(rng.integers(4, 100 - side // 2)), int(rng.integers(4, 186 - side))
        paint_person(image, number % 24, (x, y, x + side, y + side))
        paint_person(image, (number * 7) % 24, (x + side + 10, y, x + 2 * side + 10, y + side))
        cv2.imwrite(str(folder / "crowd" / f"{number:02}.png"), image)
        boxes[f"{number:02}.png"] = [[x, y, x + side, y + side], [x + side + 10, y, x + 2 * side + 10, y + side]]
        cv2.imwrite(str(folder / "empty" / f"{number:02}.png"), background(rng))
        chip = np.zeros((112, 112, 3), np.uint8)
        paint_person(chip, number % 24, (-14, -14, 126, 126))
        cv2.imwrite(str(folder / "chips" / f"{number:02}.png"), chip)
    (folder / "crowd" / "boxes.json").write_text(json.dumps(boxes))
    write_detector(folder / "yunet.onnx")
    write_blind_retinaface(folder / "retinaface.onnx")
    settings = {
        "work": "work",
        "scenes": [{"path": "crowd", "boxes": "boxes.json"}, {"path": "empty", "without_faces": True}],
        "faces": [{"path": "chips"}],
        "label": {"yunet": "yunet.onnx", "retinaface": "retinaface.onnx", "long_side": 256},
        "pictures": {"side": 64, "to_px": 40, "paste_faces": 0, "swap_faces": 0, "without_faces": 0.3},
        "train": TRAIN | {"eval_every": 1200, "learning_rate": 0.004},
        "evaluate": {"peers": ["yunet.onnx"], "timing_rounds": 1},
        "export": "weights/toy.onnx",
        "int8": False,  # the network is too small for rounded boxes to lie where they lie in float
    }
    (folder / "toy.yaml").write_text(yaml.safe_dump(settings))
    return folder / "toy.yaml"

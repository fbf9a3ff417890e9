"""Real ONNX networks with hand-made weights, so that tests need no research data.

One is a detector in YuNet's format, the other a recogniser.

A painted face is a magenta rectangle whose luma carries the person as a smooth pattern; H.264 keeps both. The detector
measures runs of magenta left, right, up and down by directional max-pooling, so it is exact from 10 to 90 px.

Coordinates are continuous: pixel i covers i..i+1, so a box (0, 0, 12, 12) fills exactly the first twelve pixels.
"""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from detectors.arrays import Float32, Float64, Image, Index
from recognizer.spec import ARCFACE_112, ChipSpec

SMALLEST, LARGEST = 7.0, 90.0
"""Face sizes the detector reports, pixels (painted faces from 10 px are found reliably)."""

_CHROMA = 140.0  # (R + B) / 2 - G of painted skin
_REACH = 99  # pixels searched to each side, by two pools of ten
_WAVES = tuple((u, v) for u in range(4) for v in range(4) if 0 < u + v <= 3 or (u, v) in ((2, 2), (1, 3), (3, 1)))
PEOPLE = 2 * len(_WAVES)
_INNER = 0.8  # share of the box's middle square that the aligned chip shows

Box = tuple[float, float, float, float]


def face_landmarks(box: Box) -> Float32:
    """The five landmarks (5,2) of a face painted into `box`: the ArcFace template over 80 % of its
    middle square."""
    x1, y1, x2, y2 = box
    away = (_landmark_shares() - 0.5) * min(x2 - x1, y2 - y1)
    middle = np.array([x1 + x2, y1 + y2]) / 2
    return (middle + away).astype(np.float32)


def paint_person(image: Image, person: int, box: Box) -> None:
    """Draw person number `person` (0..23) over `box` (x1, y1, x2, y2) into a BGR uint8 image, edges anti-aliased.

    What lies outside the image is cut. Leave two pixels between faces. Raises ValueError for a number out of range.
    """
    if not 0 <= person < PEOPLE:
        raise ValueError(f"person: expected 0..{PEOPLE - 1}, got {person}")
    x1, y1, x2, y2 = box
    height, width = image.shape[:2]
    left, top = max(int(np.floor(x1)), 0), max(int(np.floor(y1)), 0)
    right, bottom = min(int(np.ceil(x2)), width), min(int(np.ceil(y2)), height)
    if left >= right or top >= bottom:
        return
    part, side = image[top:bottom, left:right], min(x2 - x1, y2 - y1)
    columns, rows = np.arange(left, right), np.arange(top, bottom)
    luma = _pattern(person, (columns + 0.5 - (x1 + x2) / 2) / side, (rows + 0.5 - (y1 + y2) / 2) / side)
    skin = (luma * (255 - _CHROMA))[..., None] + np.array([_CHROMA, 0, _CHROMA])
    alpha = np.multiply.outer(_coverage(rows, y1, y2), _coverage(columns, x1, x2))[..., None]
    part[:] = np.rint(part * (1 - alpha) + skin * alpha).astype(np.uint8)


def write_detector(path: Path) -> Path:
    """Write the detector: input n,3,H,W BGR 0..255, H and W multiples of 32; outputs as YuNet's. Scores are 0
    or 0.82 to 0.92."""
    graph = _Graph()
    fixed = _fixed_part(graph)
    sizes = {8: (SMALLEST, 26.0), 16: (22.0, 50.0), 32: (44.0, LARGEST)}
    outputs = {stride: _head(graph, fixed, stride, sizes[stride]) for stride in sizes}
    declared = [
        helper.make_tensor_value_info(f"{kind}_{stride}", TensorProto.FLOAT, ["batch", f"cells_{stride}", channels])
        for kind, channels in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
        for stride in outputs
    ]
    shape: list[str | int | None] = ["batch", 3, "height", "width"]
    return graph.save(path, helper.make_tensor_value_info("input", TensorProto.FLOAT, shape), declared)


def write_recognizer(path: Path, size: int = 16, model_id: str = "synthetic") -> Path:
    """Write the recogniser for `size`-pixel chips, 32-d, not normalised; all sizes share one embedding space."""
    spec = ChipSpec(size=size, dim=32, model_id=model_id, lineage="hand-made for tests")
    place = (np.arange(size) + 0.5) / size
    waves = np.stack([_wave(place, place, u, v) for u, v in _WAVES]).reshape(len(_WAVES), -1)
    spread = np.linalg.qr(np.random.default_rng(5).normal(size=(32, len(_WAVES))))[0]
    spread *= [1.07 ** (u + v) for u, v in _WAVES]  # small faces lose some of the short waves: given back
    graph = _Graph()
    luma = graph.add("Conv", "chips", graph.const(np.reshape([0.299, 0.587, 0.114], (1, 3, 1, 1))))
    flat = graph.add("Flatten", luma, axis=1)
    graph.add("MatMul", flat, graph.const((spread @ waves).T / size**2), output="embedding")
    given = helper.make_tensor_value_info("chips", TensorProto.FLOAT, ["batch", 3, size, size])
    made = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", 32])
    return graph.save(path, given, [made], {"chip_spec": msgspec.json.encode(spec).decode()})


class _Graph:
    """Collects nodes and constants; `add` returns the name of the node's output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def const(self, value: object, dtype: type[np.generic] = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def ints(self, *values: int) -> str:
        return self.const(values, np.int64)

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def every(self, tensor: str, axis: int, step: int, first: int = 0, count_from_end: int = 0) -> str:
        last = self.ints(-count_from_end if count_from_end else np.iinfo(np.int64).max)
        return self.add("Slice", tensor, self.ints(first), last, self.ints(axis), self.ints(step))

    def save(
        self,
        path: Path,
        given: onnx.ValueInfoProto,
        made: list[onnx.ValueInfoProto],
        notes: dict[str, str] | None = None,
    ) -> Path:
        graph = helper.make_graph(self.nodes, "synthetic", [given], made, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        helper.set_model_props(model, notes or {})
        onnx.checker.check_model(model)
        onnx.save(model, path)
        return path


def _fixed_part(graph: _Graph) -> dict[str, str]:
    """Edges x1, x2, y1, y2 and the pixel position px, py at every 8th pixel, (n,1,H/8,W/8)."""
    colour = np.reshape([0.5, -1.0, 0.5], (1, 3, 1, 1)) * np.ones((1, 1, 3, 3)) / 9
    chroma = graph.add("Conv", "input", graph.const(colour), pads=[1, 1, 1, 1])
    skin = graph.add("Cast", graph.add("Greater", chroma, graph.const(_CHROMA / 2)), to=TensorProto.FLOAT)
    rows, columns = graph.every(skin, 2, 8), graph.every(skin, 3, 8)
    found: dict[str, str] = {}
    found["x1"], found["x2"], found["px"] = _runs(graph, rows, axis=3)
    found["y1"], found["y2"], found["py"] = _runs(graph, columns, axis=2)
    found["chroma"] = graph.every(graph.every(chroma, 2, 8), 3, 8)
    return found


def _runs(graph: _Graph, skin: str, axis: int) -> tuple[str, str, str]:
    """Where the run of skin through each 8th pixel along `axis` begins and ends, and that pixel's position.

    The picture is widened by _REACH pixels of background, so positions there count from -_REACH.
    """
    pads = [0] * 8
    pads[axis] = pads[4 + axis] = _REACH
    wide = graph.add("Pad", skin, graph.ints(*pads))
    ones = graph.add("Add", graph.add("Mul", wide, graph.const(0.0)), graph.const(1.0))
    place = graph.add("Sub", graph.add("CumSum", ones, graph.const(axis, np.int64)), graph.const(1.0 + _REACH))
    hidden = graph.add("Mul", wide, graph.const(1e6))
    before = _highest(graph, graph.add("Sub", place, hidden), axis)
    after = _highest(graph, graph.add("Sub", graph.add("Neg", place), hidden), axis)
    begin = graph.add("Add", graph.every(before, axis, 8, 0, _REACH), graph.const(1.0))
    end = graph.add("Neg", graph.every(after, axis, 8, _REACH))
    return begin, end, graph.every(place, axis, 8, _REACH, _REACH)


def _highest(graph: _Graph, values: str, axis: int) -> str:
    """The highest of each value and the _REACH behind it: near ones first, then every tenth of those."""
    kernel = [10, 1] if axis == 2 else [1, 10]
    near = graph.add("MaxPool", values, kernel_shape=kernel)
    return graph.add("MaxPool", near, kernel_shape=kernel, dilations=kernel)


def _head(graph: _Graph, fixed: dict[str, str], stride: int, sizes: tuple[float, float]) -> dict[str, str]:
    """The four outputs of one stride; it answers for faces whose shorter side lies within `sizes`."""
    step = stride // 8
    at = {key: graph.every(graph.every(value, 2, step), 3, step) for key, value in fixed.items()}
    width, height = graph.add("Sub", at["x2"], at["x1"]), graph.add("Sub", at["y2"], at["y1"])
    score = graph.add("Mul", _valid(graph, at, (width, height), sizes), _trust(graph, at, width, height))
    unit = graph.const(1.0 / stride)
    made = {}
    for kind in ("cls", "obj"):
        made[kind] = _as_list(graph, [score], f"{kind}_{stride}")
    centre = [_centre(graph, at, "x", width, unit), _centre(graph, at, "y", height, unit)]
    extent = [graph.add("Log", graph.add("Mul", _at_least(graph, side), unit)) for side in (width, height)]
    made["bbox"] = _as_list(graph, centre + extent, f"bbox_{stride}")
    square = graph.add("Min", width, height)
    points = [
        graph.add("Add", middle, graph.add("Mul", square, graph.const((float(share) - 0.5) / stride)))
        for pair in _landmark_shares()
        for middle, share in zip(centre, pair, strict=True)
    ]
    made["kps"] = _as_list(graph, points, f"kps_{stride}")
    return made


def _valid(graph: _Graph, at: dict[str, str], sides: tuple[str, str], sizes: tuple[float, float]) -> str:
    shorter, longer = graph.add("Min", *sides), graph.add("Max", *sides)
    tests = (
        graph.add("Greater", at["chroma"], graph.const(_CHROMA * 0.75)),
        graph.add("Greater", shorter, graph.const(sizes[0] - 0.5)),
        graph.add("Less", shorter, graph.const(sizes[1] + 0.5)),
        graph.add("Less", longer, graph.const(LARGEST + 0.5)),
        graph.add("Less", longer, graph.add("Mul", shorter, graph.const(2.0))),
    )
    both = tests[0]
    for test in tests[1:]:
        both = graph.add("And", both, test)
    return graph.add("Cast", both, to=TensorProto.FLOAT)


def _trust(graph: _Graph, at: dict[str, str], width: str, height: str) -> str:
    """0.92 for a cell in the middle of its face, 0.82 at the rim, where corners blur and the measure is worst."""
    offsets = []
    for axis, side in (("x", width), ("y", height)):
        middle = graph.add("Mul", graph.add("Add", at[f"{axis}1"], at[f"{axis}2"]), graph.const(0.5))
        away = graph.add("Abs", graph.add("Sub", graph.add("Add", at[f"p{axis}"], graph.const(0.5)), middle))
        offsets.append(graph.add("Div", away, _at_least(graph, side)))
    return graph.add("Sub", graph.const(0.92), graph.add("Mul", graph.add("Max", *offsets), graph.const(0.2)))


def _at_least(graph: _Graph, side: str) -> str:
    return graph.add("Clip", side, graph.const(1.0), graph.const(1000.0))


def _centre(graph: _Graph, at: dict[str, str], axis: str, side: str, unit: str) -> str:
    """The middle of the face, measured from the cell in strides, as YuNet's heads give it."""
    from_cell = graph.add("Sub", at[f"{axis}1"], at[f"p{axis}"])
    return graph.add("Mul", graph.add("Add", from_cell, graph.add("Mul", side, graph.const(0.5))), unit)


def _as_list(graph: _Graph, channels: list[str], name: str) -> str:
    """(n,1,h,w) channels as (n, h*w, channels)."""
    stacked = graph.add("Concat", *channels, axis=1) if len(channels) > 1 else channels[0]
    last = graph.add("Transpose", stacked, perm=[0, 2, 3, 1])
    return graph.add("Reshape", last, graph.ints(0, -1, len(channels)), output=name)


def _landmark_shares() -> Float64:
    return 0.5 + (np.asarray(ARCFACE_112) / 112 - 0.5) * _INNER


def _coverage(pixels: Index, begin: float, end: float) -> Float64:
    return np.asarray(np.clip(np.minimum(pixels + 1, end) - np.maximum(pixels, begin), 0, 1))


def _pattern(person: int, across: Float64, down: Float64) -> Float64:
    """Luma 0..1 of a person at distances from the middle in shares of the square, (len(down), len(across))."""
    waves = np.stack([_wave(0.5 + across / _INNER, 0.5 + down / _INNER, u, v) for u, v in _WAVES])
    return np.asarray(np.clip(0.5 + 0.22 * np.tensordot(_people()[person], waves, axes=1), 0, 1))


def _wave(across: Float64, down: Float64, u: int, v: int) -> Float64:
    """One cosine of unit mean square over the inner face."""
    scale = np.sqrt((1 + (u > 0)) * (1 + (v > 0)))
    return np.asarray(scale * np.outer(np.cos(np.pi * v * down), np.cos(np.pi * u * across)))


@cache
def _people() -> Float64:
    """Unit amplitudes (PEOPLE, waves): a rotated cross-polytope, so every two people's cosine is 0 or -1."""
    axes = np.linalg.qr(np.random.default_rng(11).normal(size=(len(_WAVES), len(_WAVES))))[0]
    return np.concatenate([axes, -axes])

"""Parameters, LFW accuracy and faces a second beside the paper's, with and without its step 1.

Ge et al., "Efficient Low-Resolution Face Recognition via Bridge Distillation" (IEEE TIP 2020, arXiv 2409.11786). Speeds
are measured side by side in this run, on one thread; those of the paper are from its abstract and its own machines.

    python -m benchmarks.paper recognizer/weights/glimpse_[sb]??.onnx --reference edgeface_xs.onnx \
        --gallery recognizer/weights/glimpse_b64.onnx --data lfw-view2.zip --pairs lfw-view2-pairs.txt \
        --write docs/results/paper.md
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

# First: OpenBLAS takes one thread only if told so before NumPy is imported.
from detectors.runtime import Runtime

# isort: split
import numpy as np
import onnx
from rich.console import Console
from rich.progress import track

from benchmarks.recognizer import Contestant, open_contestant, warm_up
from benchmarks.section import print_markdown, provenance
from configs.markdown import table
from detectors.arrays import Chips, Float32
from distill.data.resample import enlarge, shrink
from distill.metrics.lfw import LfwFaces, Pairs, read_faces, read_pairs
from distill.metrics.verification import accuracy, pair_scores
from recognizer.base import Recognizer
from recognizer.load import load_recognizer
from recognizer.onnx import load_chip_spec
from recognizer.preprocess import l2_normalise

ROOT = Path(__file__).parents[1]
BATCHES = (1, 8, 32)
SIZES_PX = (16, 32, 64)
GALLERY_PX = 16
PAPER_ROW = ["Ge et al., 2020", "0.21 M", *[""] * (len(SIZES_PX) + 1), "14,705 GPU, 934 CPU, 763 phone", ""]
ABLATION = (("with step 1", "|  | base |"), ("random directions instead", "| adapt | none (random directions) |"))
PAGE = """\
# Beside the paper

Made by `python -m benchmarks.paper`; do not edit.

The paper is Ge et al., "Efficient Low-Resolution Face Recognition via Bridge Distillation", IEEE TIP 2020 ([arXiv
2409.11786](https://arxiv.org/abs/2409.11786)). Its row repeats its abstract: parameters, and speeds of its machines.
Accuracy is LFW View 2, ten folds, per cent, both faces shrunk to that size and enlarged to the model's input (the
smaller models get no larger faces). *16 px in a gallery* compares faces of 16 px with sharp ones that B-64 read, plain
and mirrored, as enrolment does; the scores of a pair's two assignments are averaged. Faces a second are those of one
thread at batches of 1, 8 and 32; *times* is the ratio to the last row in the same run. Compare ratios, not machines.
"""


def main() -> None:
    """Print the page, and write it on request."""
    options = _parser().parse_args()
    faces = read_faces(Path(options.data))
    pairs = read_pairs(Path(options.pairs), faces)
    models = [*map(Path, options.models), Path(options.reference)]
    gallery = embed_mirrored(load_recognizer(options.gallery, runtime=Runtime()), faces.images)
    speeds = measure_speeds(models, options.rounds)
    rows = [PAPER_ROW, *(list(_row(model, faces, pairs, gallery, speeds)) for model in models)]
    heads = ["model", "parameters", *(f"LFW {px} px" for px in SIZES_PX), f"{GALLERY_PX} px in a gallery"]
    heads += ["faces/s at 1, 8, 32", "times"]
    parts = [PAGE.rstrip(), provenance("benchmarks.paper"), table(heads, rows)]
    text = "\n\n".join([*parts, *step_1(ROOT / "docs" / "training" / "findings.md")])
    print_markdown(text)
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(text + "\n", encoding="utf-8")


def measure_speeds(models: Sequence[Path], rounds: int) -> dict[Path, list[float]]:
    """Faces a second of each model, by batch size; within a batch size the models take turns."""
    speeds: dict[Path, list[float]] = {model: [] for model in models}
    for batch in BATCHES:
        contestants: list[Contestant] = [open_contestant(model, batch, Runtime()) for model in models]
        for contestant in contestants:
            warm_up(contestant)
        for _ in track(range(rounds), f"batch {batch}", console=Console(stderr=True)):
            for contestant in contestants:
                contestant.turn()
        for model, contestant in zip(models, contestants, strict=True):
            speeds[model].append(contestant.rate)
    return speeds


def _row(
    model: Path, faces: LfwFaces, pairs: Pairs, gallery: Float32, speeds: dict[Path, list[float]]
) -> Iterator[str]:
    profile = ROOT / "configs" / "recognizers" / f"{model.stem}.yaml"
    recognizer = load_recognizer(model, spec=load_chip_spec(profile) if profile.is_file() else None, runtime=Runtime())
    yield model.stem
    yield f"{count_parameters(model):,}"
    for px in SIZES_PX:
        side = recognizer.spec_for(px).size
        yield f"{100 * low_low(recognizer, faces.images, pairs, px):.1f}" if px <= side else ""
    if recognizer.dim == gallery.shape[1]:
        small = embed_small(recognizer, faces.images, GALLERY_PX)
        yield f"{100 * accuracy(pair_scores(gallery, small, pairs, both_ways=True), pairs):.1f}"
    else:
        yield ""
    reference = list(speeds.values())[-1]
    yield ", ".join(f"{rate:,.0f}" for rate in speeds[model])
    yield ", ".join(f"{rate / base:.1f}" for rate, base in zip(speeds[model], reference, strict=True))


def low_low(recognizer: Recognizer, images: Chips, pairs: Pairs, px: int) -> float:
    """LFW accuracy, 0 to 1, with every face shrunk to `px` pixels. images: BGR uint8 (N,112,112,3)."""
    features = embed_small(recognizer, images, px)
    return accuracy(pair_scores(features, features, pairs), pairs)


def embed_small(recognizer: Recognizer, images: Chips, px: int) -> Float32:
    """Unit vectors (N,dim) of faces shrunk to `px` pixels. images: BGR uint8 (N,112,112,3)."""
    size = recognizer.spec_for(px).size
    vectors: list[Float32] = []
    for start in range(0, len(images), 256):
        small = shrink(images[start : start + 256], px)
        vectors.append(recognizer.embed(small if px == size else enlarge(small, size)))
    return np.concatenate(vectors)


def embed_mirrored(recognizer: Recognizer, images: Chips) -> Float32:
    """Unit vectors (N,dim) of sharp faces, BGR uint8 (N,112,112,3): the sum of a face's and its mirror image's."""
    size = recognizer.spec_for(images.shape[1]).size
    vectors: list[Float32] = []
    for start in range(0, len(images), 256):
        chips = shrink(images[start : start + 256], size)
        vectors.append(recognizer.embed(chips) + recognizer.embed(np.ascontiguousarray(chips[:, :, ::-1])))
    return l2_normalise(np.concatenate(vectors))


def count_parameters(model: Path) -> int:
    """Trained numbers of an ONNX file, taken from its float version beside it where there is one."""
    twin = model.with_name(f"{model.stem}_fp32.onnx")
    graph = onnx.load(str(twin if twin.is_file() else model)).graph
    floats = [one for one in graph.initializer if one.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)]
    return sum(int(np.prod(one.dims)) for one in floats)


def step_1(findings: Path) -> list[str]:
    """The part of the page on step 1 of the paper, from the ablation that findings.md holds."""
    lines = findings.read_text(encoding="utf-8").splitlines()
    rows = []
    for name, begin in ABLATION:
        found = next((line for line in lines if line.startswith(begin)), None)
        if found is None:
            raise ValueError(f"{findings}: expected a row that begins with {begin!r}")
        rows.append([name, *(cell.strip() for cell in found.strip("|").split("|")[-3:])])
    return [
        "## With and without step 1",
        "S-16 after 150,000 views, with the adapted space of step 1 and with random directions of the same teacher,\n"
        "from the ablation in [findings.md](../training/findings.md) (`python -m distill ablation\n"
        "configs/ablation.yaml`); *high-low* compares a sharp face with one of 16 px:",
        table(["space", "low-low, %", "TAR at FAR 1 %", "high-low, %"], rows, align_right=True),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="ONNX files")
    parser.add_argument("--reference", required=True, help="the ONNX file that speeds are ratios to")
    parser.add_argument("--gallery", required=True, help="the ONNX file that reads the sharp side of a gallery")
    parser.add_argument("--data", required=True, help="folder or zip of LFW View 2, aligned")
    parser.add_argument("--pairs", required=True, help="the official list of pairs")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each model at each batch size (9)")
    parser.add_argument("--write", type=Path, metavar="MD", help="also write the page")
    return parser


if __name__ == "__main__":
    main()

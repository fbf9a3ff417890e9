"""How wrongly a detector's landmarks align faces of each height: what `detector_alignment` draws from.

Prepared faces are laid out on sheets (benchmarks/lfw_sheets.py), and the sheets are compressed as a video is. Each face
found is aligned by the landmarks found. The similarity between this chip and the true one has a shift, a scale and a
rotation about the chip's middle; their quantiles are printed as a table and, with --code, as the constant of
distill/data/detector_errors.py.

    python -m benchmarks.landmark_errors configs/distill.yaml
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from detectors.load import EMBEDDED, load_detector
from detectors.runtime import Runtime

# isort: split
import numpy as np
from rich.console import Console

from benchmarks.alignment import match_faces
from benchmarks.lfw_sheets import CHIP_PX, TEMPLATE, Sheet, lay_out
from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Chips, Float32, Float64
from detectors.base import Detections, FaceDetector
from distill.config import Settings, read_settings
from distill.data.codec import compress_h264
from distill.data.detector_errors import QUANTILES
from distill.data.store import face_rows
from distill.errors import DistillError
from distill.work_folder import WorkFolder
from recognizer.chips import similarity

HEIGHTS_PX = (12, 16, 24, 32)
HEADS = ["face", "found", "error", "median", "middle half", "middle 95 %", "landmark error, % of eye distance"]
UNITS = ("shift right, % of the side", "shift down, % of the side", "size, %", "rotation, degrees")
QUALITY = 28  # H.264 constant rate factor


def main() -> None:
    """Print the table, and write it into a document on request."""
    options, console = _parser().parse_args(), Console(stderr=True)
    detector = load_detector(options.detector, runtime=Runtime())
    try:
        faces = _sample(options)
    except (DistillError, FileNotFoundError) as error:
        raise SystemExit(f"landmark_errors: {error}") from None
    lines: list[list[str]] = []
    code: list[str] = []
    for height in HEIGHTS_PX:
        found = [measure_sheet(sheet, detector, height) for sheet in lay_out(faces, range(len(faces)), height)]
        errors, landmark = (np.concatenate(part) for part in zip(*found, strict=True))
        lines += _rows(height, errors, landmark, len(errors) / len(faces))
        code.append(f"    {height}: {np.quantile(errors, QUANTILES, axis=0).T.round(4).tolist()},")
        console.print(f"{height} px: {len(errors)} of {len(faces)}")
    text = f"{provenance('benchmarks.landmark_errors')}\n\n{table(HEADS, lines)}"
    print_markdown(text)
    if options.code:
        print_markdown("\n".join(code))
    if options.write:
        write_section(options.write, "landmark-errors", text)


def measure_sheet(sheet: Sheet, detector: FaceDetector, height: int) -> tuple[Float64, Float64]:
    """The misalignments (N,4) of the faces found on a sheet, and their mean landmark errors (N,) in eye distances."""
    image = compress_h264(sheet.image[None], quality=QUALITY)[0]
    found = detector.detect(image)
    pairs = [(number, index) for number, index in enumerate(match_faces(sheet, found, height)) if index is not None]
    landmarks = _landmarks(found)
    errors = [misalignment(landmarks[index], sheet.landmarks[number]) for number, index in pairs]
    distances = [_landmark_error(landmarks[index], sheet.landmarks[number]) for number, index in pairs]
    return np.asarray(errors, np.float64).reshape(-1, 4), np.asarray(distances, np.float64)


def misalignment(landmarks: Float32, truth: Float32) -> Float64:
    """How a chip cut by `landmarks` (5,2) differs from one cut by the truth: shifts right and down of the face at the
    chip's middle as shares of its side, the logarithm of its size, and its rotation in degrees, clockwise."""
    wrong, right = (similarity(points.astype(np.float64) - 0.5, TEMPLATE) for points in (landmarks, truth))
    middle = np.full(2, CHIP_PX / 2 - 0.5)
    in_picture = np.linalg.solve(right[:, :2], middle - right[:, 2])
    shift = (wrong[:, :2] @ in_picture + wrong[:, 2] - middle) / CHIP_PX
    turn = (wrong[:, :2] @ np.linalg.inv(right[:, :2])) @ [1, 0]
    return np.array([*shift, np.log(np.hypot(*turn)), np.degrees(np.arctan2(turn[1], turn[0]))])


def _landmark_error(landmarks: Float32, truth: Float32) -> float:
    eyes = np.linalg.norm(truth[0] - truth[1])
    return float((np.linalg.norm(landmarks - truth, axis=1) / eyes).mean())


def _landmarks(found: Detections) -> Float32:
    if found.landmarks is None:
        raise SystemExit("landmark_errors: expected a detector that gives landmarks")
    return found.landmarks


def _sample(options: argparse.Namespace) -> Chips:
    work = WorkFolder(Path(read_settings(options.config, Settings, options.overrides).work))
    faces = face_rows(work).array()
    if not len(faces):
        raise DistillError(f"{work.face_pixels}: expected prepared faces; run `python -m distill prepare` first")
    rows = np.random.default_rng(1).choice(len(faces), min(options.faces, len(faces)), replace=False)
    return np.asarray(faces[np.sort(rows)])


def _rows(height: int, errors: Float64, landmark: Float64, found: float) -> Sequence[list[str]]:
    scaled = errors * [100, 100, 100, 1]
    scaled[:, 2] = 100 * np.expm1(errors[:, 2])
    rows = []
    for column, unit in enumerate(UNITS):
        low, first, middle, third, high = np.quantile(scaled[:, column], (0.025, 0.25, 0.5, 0.75, 0.975))
        head = [f"{height} px", f"{100 * found:.1f} %"] if not column else ["", ""]
        tail = f"{100 * landmark.mean():.1f}" if not column else ""
        rows.append([*head, unit, f"{middle:.1f}", f"{first:.1f} to {third:.1f}", f"{low:.1f} to {high:.1f}", tail])
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How wrongly a detector's landmarks align faces.")
    parser.add_argument("config", type=Path, help="configuration of a distillation with prepared faces")
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument("--detector", default=EMBEDDED, help="ONNX file, pack:NAME or embedded")
    parser.add_argument("--faces", type=int, default=3000, help="prepared faces, at random")
    parser.add_argument("--code", action="store_true", help="also print the quantiles as Python")
    parser.add_argument("--write", type=Path, help="also put the table into this document")
    return parser


if __name__ == "__main__":
    main()

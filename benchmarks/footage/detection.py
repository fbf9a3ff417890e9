"""Recall of detectors on 300 labelled frames of real footage, by face height, condition and clip.

All detectors search the frames at their own size. The score at which a detector gives one false box a frame (or one in
ten) over all clips as they are is also used for the other conditions: nobody sets a threshold for each night.

    python -m benchmarks.footage.detection FOLDER --detector embedded yunet_n.onnx …
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from detectors.load import load_detector
from detectors.runtime import Runtime

# isort: split
import av
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.footage.conditions import CONDITIONS
from benchmarks.footage.labels import FrameLabels, Matched, match, read_labels
from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Float32, Image
from detectors.base import FaceDetector

MIN_SCORE = 0.05
BANDS_PX = ((7, 10), (10, 14), (14, 20), (20, 28), (28, 40), (40, 1000))
RATES = (1.0, 0.1)  # false boxes a frame

Found = dict[tuple[str, str], list[tuple[FrameLabels, Matched]]]  # by condition and clip


def main() -> None:
    """Print the tables, and write them into a document on request."""
    options = _parser().parse_args()
    frames = [
        (clip, *labelled) for clip, labels in read_labels().items() for labelled in read(options.folder, clip, labels)
    ]
    results: dict[str, Found] = {}
    for model in options.detector:
        detector = load_detector(model, runtime=Runtime(), score=MIN_SCORE, every_size=True)
        name = detector.name if detector.name not in results else f"{Path(model).parent.name}/{detector.name}"
        results[name] = search(detector, frames)
    text = f"{provenance('benchmarks.footage.detection')}\n\n{format_tables(results)}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "footage", text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Recall on labelled frames of real footage.")
    parser.add_argument("folder", type=Path, help="with the clips that benchmarks/footage/labels.json names")
    parser.add_argument("--detector", nargs="+", default=["embedded"], help="embedded, ONNX files or pack:NAME")
    parser.add_argument("--write", type=Path, help="also put the tables into this document, section footage")
    return parser


def read(folder: Path, clip: str, labels: dict[int, FrameLabels]) -> Iterator[tuple[Image, FrameLabels]]:
    """The labelled frames of one clip, BGR uint8 (H,W,3)."""
    with av.open(str(folder / clip)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index in labels:
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), labels[index]


def search(detector: FaceDetector, frames: Sequence[tuple[str, Image, FrameLabels]]) -> Found:
    """Search every frame in every condition."""
    found: Found = defaultdict(list)
    for clip, image, labels in track(frames, detector.name, console=Console(stderr=True)):
        for condition, change in CONDITIONS.items():
            boxes = detector.detect(change(image))
            found[condition, clip].append((labels, match(labels, boxes.boxes, boxes.scores)))
    return found


def threshold(matched: Sequence[Matched], rate: float) -> float:
    """The lowest score with at most `rate` false boxes a frame."""
    false = np.sort(np.concatenate([one.false for one in matched]))[::-1]
    allowed = int(rate * len(matched))
    return float(np.nextafter(false[allowed], np.float32(2))) if allowed < len(false) else MIN_SCORE


def recall(found: Sequence[tuple[FrameLabels, Matched]], score: float, band: tuple[float, float] = (0, 1e9)) -> float:
    """Share of the faces of a height, pixels, that a box of this score or more was on."""
    best = np.concatenate([matched.best[_in_band(labels.boxes, band)] for labels, matched in found])
    return float(np.mean(best >= score)) if len(best) else float("nan")


def _in_band(boxes: Float32, band: tuple[float, float]) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    heights = boxes[:, 3] - boxes[:, 1]
    return (heights >= band[0]) & (heights < band[1])


def format_tables(results: dict[str, Found]) -> str:
    """Three tables: by height, by condition, by clip."""
    clips = read_labels()
    faces = np.concatenate([frame.boxes for frames in clips.values() for frame in frames.values()])
    counts = [int(_in_band(faces, band).sum()) for band in BANDS_PX]
    heads = [f"{low}-{high} px" if high < 1000 else f"from {low} px" for low, high in BANDS_PX]
    parts = ["Faces: " + ", ".join(f"{count} of {head}" for count, head in zip(counts, heads, strict=True)) + "."]
    for rate in RATES:
        rows = [_height_row(name, found, rate) for name, found in results.items()]
        parts.append(f"Recall at {rate:g} false boxes a frame:\n\n{table(['detector', 'score', *heads, 'all'], rows)}")
    rows = [_condition_row(name, found) for name, found in results.items()]
    parts.append(
        f"Recall of all faces at the score of 1 false box a frame, and false boxes a frame in brackets:\n\n"
        f"{table(['detector', *CONDITIONS], rows)}"
    )
    rows = [_clip_row(clip, results) for clip in clips]
    parts.append(f"The same by clip:\n\n{table(['clip', 'faces', *results], rows)}")
    return "\n\n".join(parts)


def _as_it_is(found: Found) -> list[tuple[FrameLabels, Matched]]:
    return [one for (condition, _), frames in found.items() if condition == "as it is" for one in frames]


def _height_row(name: str, found: Found, rate: float) -> list[str]:
    frames = _as_it_is(found)
    score = threshold([matched for _, matched in frames], rate)
    bands = [recall(frames, score, band) for band in BANDS_PX]
    return [name, f"{score:.2f}", *(f"{value:.3f}" for value in (*bands, recall(frames, score)))]


def _condition_row(name: str, found: Found) -> list[str]:
    score = threshold([matched for _, matched in _as_it_is(found)], RATES[0])
    cells = []
    for wanted in CONDITIONS:
        frames = [one for (condition, _), some in found.items() if condition == wanted for one in some]
        cells.append(_share_and_false(frames, score))
    return [name, *cells]


def _clip_row(clip: str, results: dict[str, Found]) -> list[str]:
    cells = []
    for found in results.values():
        score = threshold([matched for _, matched in _as_it_is(found)], RATES[0])
        cells.append(_share_and_false(found["as it is", clip], score))
    count = sum(len(labels.faces) for labels, _ in found["as it is", clip])
    return [clip, str(count), *cells]


def _share_and_false(frames: Sequence[tuple[FrameLabels, Matched]], score: float) -> str:
    false = np.mean([np.count_nonzero(matched.false >= score) for _, matched in frames])
    share = recall(frames, score)
    return f"{'none' if np.isnan(share) else f'{share:.3f}'} ({false:.2f})"


if __name__ == "__main__":
    main()

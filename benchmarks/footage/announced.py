"""Which announced tracks of real footage are faces, by the labels of 300 frames, for the whole pipeline.

When a track is announced, pipeline/tracks/acceptance.py says. It is *a face* if it lay on a labelled face in some
labelled frame, *no face* if it lay on none in any, and *unlabelled* if it was seen in no labelled frame or lay only on
what nobody can tell. *Covered* is the share of labelled faces on which an announced track lay. Sheets show one crop
of each announced track, to look at.

    python -m benchmarks.footage.announced FOLDER --detector embedded yunet_n.onnx [--sheets OUT]
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.footage.labels import SAME_FACE_IOU, FrameLabels, are_unknown, read_labels
from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Float32, Image
from detectors.boxes import box_iou
from pipeline.build import build
from pipeline.cli import effective_settings
from pipeline.events import Event
from pipeline.settings.flags import parse_command_line
from pipeline.settings.outputs import Outputs
from pipeline.sink import FrameResult

CELL_PX, COLUMNS = 80, 12
HEADS = ["detector", "clip", "announced", "faces", "no faces", "unlabelled", "covered"]


@dataclass
class Announced:
    """What became of the tracks of one clip; verdicts by track: True a face, False on nothing, None cannot tell."""

    labels: dict[int, FrameLabels]
    verdicts: dict[int, bool | None] = field(default_factory=dict)
    covered: int = 0
    crops: dict[int, tuple[float, Image]] = field(default_factory=dict)

    def on_event(self, event: Event) -> None: ...

    def close(self) -> None: ...

    def on_frame(self, result: FrameResult) -> None:
        """Compare the announced tracks of a frame with its labels, and keep the largest crop of each."""
        tracks = result.tracks
        for one in tracks:
            self.verdicts.setdefault(one.id, None)
            if one.face_px > self.crops.get(one.id, (0.0, None))[0]:
                self.crops[one.id] = (one.face_px, _crop(result.frame.image, one.box))
        labels = self.labels.get(result.frame.index)
        if labels is None or not tracks:
            return
        boxes = np.stack([one.box for one in tracks])
        overlaps = box_iou(labels.boxes, boxes)
        self.covered += int(np.count_nonzero(overlaps.max(axis=1, initial=0) >= SAME_FACE_IOU))
        on_faces = overlaps.max(axis=0, initial=0) >= SAME_FACE_IOU
        for one, on_face, unknown in zip(tracks, on_faces, are_unknown(labels, boxes), strict=True):
            if on_face:
                self.verdicts[one.id] = True
            elif not unknown and self.verdicts[one.id] is None:
                self.verdicts[one.id] = False

    def row(self) -> list[str]:
        """Counts of tracks, and the share of labelled faces that were covered."""
        counts = [list(self.verdicts.values()).count(verdict) for verdict in (True, False, None)]
        faces = sum(len(labels.faces) for labels in self.labels.values())
        return [
            str(len(self.verdicts)),
            *map(str, counts),
            f"{self.covered / faces:.3f} of {faces}" if faces else "none",
        ]


def main() -> None:
    """Print the table, write it into a document and draw sheets on request."""
    options = _parser().parse_args()
    rows = []
    for model in options.detector:
        for clip, labels in track(read_labels().items(), model, console=Console(stderr=True)):
            told = follow(options.folder / clip, labels, ["--detector", model, *options.flags])
            name = Path(model).stem
            rows.append([name, clip, *told.row()])
            if options.sheets:
                write_sheet(options.sheets / f"{name}-{clip}.png", told)
    text = f"{provenance('benchmarks.footage.announced')}\n\n{table(HEADS, [*rows, *_sums(rows)])}"
    print_markdown(text)
    if options.write:
        write_section(options.write, "announced", text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Which announced tracks of real footage are faces.")
    parser.add_argument("folder", type=Path, help="with the clips that benchmarks/footage/labels.json names")
    parser.add_argument("--detector", nargs="+", default=["embedded"], help="embedded, ONNX files or pack:NAME")
    parser.add_argument("--sheets", type=Path, help="folder for one picture of crops for each detector and clip")
    parser.add_argument("--flags", nargs=argparse.REMAINDER, default=[], help="last: further flags of run_pipeline.py")
    parser.add_argument("--write", type=Path, help="also put the table into this document, section announced")
    return parser


def follow(path: Path, labels: dict[int, FrameLabels], flags: Sequence[str]) -> Announced:
    """Run the pipeline on one clip."""
    told = Announced(labels)
    command = ["--source", str(path), "--bind", "none", "--recognizer", "embedded", *flags]
    job = build(effective_settings(parse_command_line(command)), Outputs(), listeners=[told])
    if failed := job.run():
        raise RuntimeError("; ".join(failed))
    return told


def write_sheet(path: Path, told: Announced) -> None:
    """One crop of each announced track, in order of its id; a red edge where the labels say no face."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [_edged(told.crops[number][1], verdict) for number, verdict in sorted(told.verdicts.items())]
    rows = max(1, -(-len(cells) // COLUMNS))
    cells += [np.full((CELL_PX, CELL_PX, 3), 40, np.uint8)] * (rows * COLUMNS - len(cells))
    sheet = np.vstack([np.hstack(cells[row * COLUMNS : (row + 1) * COLUMNS]) for row in range(rows)])
    cv2.imwrite(str(path), sheet)


def _edged(crop: Image, verdict: bool | None) -> Image:
    cell = np.asarray(cv2.resize(crop, (CELL_PX, CELL_PX), interpolation=cv2.INTER_CUBIC), np.uint8)
    if verdict is False:
        cv2.rectangle(cell, (0, 0), (CELL_PX - 1, CELL_PX - 1), (0, 0, 255), 2)
    return cell


def _crop(image: Image, box: Float32) -> Image:
    """A face with its surroundings: a square of twice its height, cut at the border of the picture."""
    centre, reach = (box[:2] + box[2:]) / 2, max(4.0, float(box[3] - box[1]))
    x1, y1 = np.maximum(centre - reach, 0).astype(int)
    x2, y2 = (centre + reach).astype(int)
    return image[y1:y2, x1:x2].copy()


def _sums(rows: Sequence[list[str]]) -> list[list[str]]:
    """One row of sums for each detector."""
    sums = []
    for name in dict.fromkeys(row[0] for row in rows):
        own = [row for row in rows if row[0] == name]
        counts = [str(sum(int(row[column]) for row in own)) for column in range(2, 6)]
        shares = [row[6].split(" of ") for row in own if row[6] != "none"]
        faces = sum(int(count) for _, count in shares)
        covered = sum(float(share) * int(count) for share, count in shares)
        sums.append([name, "all", *counts, f"{covered / faces:.3f} of {faces}"])
    return sums


if __name__ == "__main__":
    main()

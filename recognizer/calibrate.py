"""Command line: measure how alike strangers look to a recogniser and write its calibration.

Templates are pooled from several jittered views of each person's photographs, as a track pools its crops, and compared
with one sharp photograph of everybody else.
"""

import argparse
import datetime
import shlex
import sys
from pathlib import Path

import msgspec
import numpy as np
import yaml
from rich.console import Console

from detectors.arrays import Float32, Image, Index
from detectors.runtime import Runtime
from recognizer.base import Recognizer
from recognizer.calibration import RATES, Band, Calibration
from recognizer.load import load_recognizer
from recognizer.onnx import load_chip_spec
from recognizer.population import LANDMARK_JITTER, embed_shrunk, read_people
from recognizer.preprocess import l2_normalise

SIZES_PX = (8, 12, 16, 24, 32, 64)
CROP_COUNTS = (1, 5)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 written, 2 usage or data."""
    options = _parser().parse_args(arguments)
    try:
        spec = load_chip_spec(options.chip_spec) if options.chip_spec else None
        recognizer = load_recognizer(options.recognizer, spec=spec, runtime=Runtime(threads=options.threads))
        people = read_people(Path(options.data))
    except (ValueError, FileNotFoundError) as error:
        Console(stderr=True).print(f"[red]error:[/] {error}")
        return 2
    bands = measure(recognizer, people, probes=options.probes)
    _write(Path(options.out), _calibration(recognizer, bands, options), keep=options.keep)
    return 0


def measure(recognizer: Recognizer, people: dict[str, list[Image]], *, probes: int) -> tuple[Band, ...]:
    """Impostor statistics at every size and number of looks, from at most `probes` people's templates."""
    names = sorted(people)
    gallery = embed_shrunk(recognizer, [people[name][0] for name in names], len(people[names[0]][0]))
    chosen = np.random.default_rng(0).permutation(len(names))[:probes]
    return tuple(
        _band(recognizer, [people[names[who]] for who in chosen], (gallery, chosen), px=px, looks=looks)
        for px in SIZES_PX
        for looks in CROP_COUNTS
    )


def _band(
    recognizer: Recognizer, faces: list[list[Image]], against: tuple[Float32, Index], *, px: int, looks: int
) -> Band:
    gallery, own = against
    views = [
        embed_shrunk(
            recognizer, [pictures[look % len(pictures)] for pictures in faces], px, jitter=LANDMARK_JITTER, seed=look
        )
        for look in range(looks)
    ]
    scores = l2_normalise(np.sum(views, axis=0)) @ gallery.T
    scores[np.arange(len(own)), own] = np.nan  # one's own photograph is no impostor
    impostors = scores[np.isfinite(scores)]
    tail = np.quantile(impostors, [1 - rate for rate in RATES])
    return Band(
        px=px,
        looks=looks,
        mean=round(float(impostors.mean()), 4),
        std=round(float(impostors.std()), 4),
        tail=tuple(round(float(value), 4) for value in tail),
    )


def _calibration(recognizer: Recognizer, bands: tuple[Band, ...], options: argparse.Namespace) -> Calibration:
    named = [Path(options.recognizer).name, "--data", Path(options.data).name, "--probes", str(options.probes)]
    return Calibration(
        model_id=recognizer.model_id,
        command="python -m recognizer.calibrate --recognizer " + shlex.join(named),
        data=Path(options.data).name,
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        rates=RATES,
        bands=bands,
    )


def _write(path: Path, calibration: Calibration, *, keep: bool) -> None:
    """Write the calibration alone, or with `keep` in place of the last section of a file that also holds a spec."""
    body = yaml.safe_dump({"calibration": msgspec.to_builtins(calibration)}, sort_keys=False, default_flow_style=None)
    before = path.read_text(encoding="utf-8").partition("\ncalibration:")[0].rstrip() + "\n" if keep else ""
    path.write_text(before + body, encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recognizer.calibrate", description=__doc__)
    parser.add_argument("--recognizer", required=True, help="ONNX file, or `embedded` for the shipped one")
    parser.add_argument("--chip-spec", help="YAML with chip_spec, where the file carries none")
    parser.add_argument(
        "--data", required=True, help="folder or zip of person/picture, aligned to the ArcFace template"
    )
    parser.add_argument("--out", required=True, help="file to write")
    parser.add_argument("--keep", action="store_true", help="keep what stands before `calibration:` in that file")
    parser.add_argument("--probes", type=int, default=1500, help="people whose templates are compared with everybody")
    parser.add_argument("--threads", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main())

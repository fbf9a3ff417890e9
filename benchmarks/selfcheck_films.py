"""What the self-check measures on real clips: colours, where faces lie, and how far people are apart.

Expectations and tolerances come from made films; this shows how far real faces are from them. An interval is of 95 %.

    python -m benchmarks.selfcheck_films mall-entrance.mp4 mall-group.mp4 --write docs/selfcheck.md
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.arrays import Float64
from glimpse.selfcheck.expected import Figure
from glimpse.selfcheck.figures import Reader
from glimpse.selfcheck.from_events import watch_cameras
from glimpse.selfcheck.mean_face import load_mean_face
from glimpse.selfcheck.separation import measure_separation
from glimpse.site_models import SiteModels
from pipeline.settings.load import make_settings

SECTION = "selfcheck films"
HEADS = ["clip", "faces", "height", "colour", "across, px", "down, px", "AUC"]
SHOWN = (Figure.COLOUR, Figure.ACROSS, Figure.DOWN)


def measure(clip: Path, recognizer: str) -> Iterator[str]:
    """The cells of a clip's row."""
    settings = make_settings({"cameras": [{"name": "clip", "source": str(clip)}], "recognizer": {"model": recognizer}})
    models = SiteModels(settings)
    tracks = watch_cameras(settings, models.recognizer.model_id, seconds=0.0, most=1000)
    reader = Reader(models.recognizer.inner, models.decider.calibration.lengths, load_mean_face())
    figures = reader.measure(tracks)
    yield clip.name
    yield str(len(figures.px))
    yield f"{np.median(figures.px):.0f} px" if len(figures.px) else ""
    for figure in SHOWN:
        yield _interval(figures.values[figure])
    yield f"{measure_separation(tracks).area:.3f}"


def _interval(values: Float64) -> str:
    good = values[np.isfinite(values)]
    if len(good) < 2:
        return ""
    return f"{good.mean():+.2f} ± {1.96 * good.std(ddof=1) / np.sqrt(len(good)):.2f}"


def main() -> None:
    """Print the table, or write it into a document."""
    options = _parser().parse_args()
    rows = [list(measure(clip, options.recognizer)) for clip in options.clips]
    text = f"{table(HEADS, rows, align_right=True)}\n\n{provenance('benchmarks.selfcheck_films')}"
    print_markdown(text)
    if options.write:
        write_section(options.write, SECTION, text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", type=Path, help="recordings")
    parser.add_argument("--recognizer", default="base", help="tiny, base or large (base)")
    parser.add_argument("--write", type=Path, help="document whose section is replaced")
    return parser


if __name__ == "__main__":
    main()

"""`python -m distill site TRACKS OUT`: fits the student for small faces to a site's own tracks.

TRACKS is a folder of looks, of people who were seen near and far (docs/training/site.md says how to make one). OUT is a
new folder, for `recognizer.model`; it is written where more people are surely named right from far on another day than
that of their near look, on people and days that nothing was learnt from, and where nothing else that is measured gets
worse. Otherwise nothing is changed, and the exit code is 1. All of it stays on this machine.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from distill.site.card import HEADS, cells
from distill.site.split import Limits
from distill.site.tune import Asked, Outcome, tune
from distill.site.views import Amount

INSTALLED, REFUSED, USAGE = 0, 1, 2
INSTALLED_IN = """Installed in {out}. {choice}
1. Read every gallery again, or it is refused: glimpse people reembed --gallery GALLERY --recognizer {out}
2. In the configuration: recognizer: {{model: {out}}}
3. Do not pass the folder on: it was computed from faces of this site, and is biometric data.
Templates in the history are of the former recogniser: they are kept, and not compared with new ones."""


def main(arguments: Sequence[str]) -> int:
    """Run the command. Returns 0 where the student was installed, 1 where it was refused, 2 for wrong input."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        asked = _asked(options)
        outcome = tune(asked)
    except (ValueError, FileNotFoundError) as error:
        console.print(f"distill: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        return USAGE
    console.print(_figures(outcome))
    console.print(_verdict(outcome, asked), highlight=False, markup=False, soft_wrap=True)
    return INSTALLED if outcome.installed else REFUSED


def _asked(options: argparse.Namespace) -> Asked:
    return Asked(
        tracks=options.tracks,
        out=options.out,
        recognizer=options.recognizer,
        limits=Limits(options.near_px, options.far_px),
        amount=Amount(options.mixed, options.views),
        seed=options.seed,
        threads=options.threads,
        without_second_day=options.without_second_day,
    )


def _figures(outcome: Outcome) -> Table:
    shown = Table(*HEADS)
    for size, shares in outcome.shares.items():
        shown.add_row(size, *cells(shares))
    return shown


def _verdict(outcome: Outcome, asked: Asked) -> str:
    if not outcome.installed:
        told = " ".join([*outcome.objections, outcome.choice, outcome.links])
        return f"Refused, and nothing was changed. {told}"
    return INSTALLED_IN.format(out=asked.out, choice=f"{outcome.choice} {outcome.links}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m distill site", description=__doc__)
    parser.add_argument("tracks", type=Path, help="folder of tracks")
    parser.add_argument("out", type=Path, help="new folder for the model")
    parser.add_argument("--recognizer", default="embedded", help="family to start from, or a folder (embedded)")
    parser.add_argument(
        "--near-px", type=_pixels, default=Limits().near_px, help="face height that counts as near (48)"
    )
    parser.add_argument("--far-px", type=_pixels, default=Limits().far_px, help="face height that counts as far (28)")
    parser.add_argument("--mixed", type=_count, default=Amount().mixed, help="faces made of near looks (1500)")
    parser.add_argument("--views", type=_count, default=Amount().views, help="far views of each of them (2)")
    parser.add_argument(
        "--without-second-day",
        action="store_true",
        help="go on where too few people surely came on two days; what that does on another day is then not shown",
    )
    parser.add_argument("--seed", type=int, default=1, help="of all random choices (1)")
    parser.add_argument("--threads", type=_count, default=1, help="CPU threads (1)")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {text!r}")
    return int(text)


def _pixels(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 4 <= value <= 512:
        raise argparse.ArgumentTypeError(f"expected 4 to 512 pixels, got {text!r}")
    return value

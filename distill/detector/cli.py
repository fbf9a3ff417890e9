"""`python -m distill detector CONFIG [--stage STAGE] [key=value …]`: makes the embedded detector, stage after stage."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from rich.console import Console

from distill.config import read_settings
from distill.detector.config import DetectorSettings
from distill.detector.evaluate import evaluate
from distill.detector.export import write_detector
from distill.detector.label import label
from distill.detector.prepare import prepare
from distill.detector.score_calibration import with_meaning
from distill.detector.train import train, trained_net
from distill.errors import DistillError
from distill.progress import Log
from distill.training.checkpoint import save_checkpoint
from distill.training.distributed import require_single_process


def export(settings: DetectorSettings, log: Log) -> None:
    """Write the trained detector where the configuration says, its scores given their meaning."""
    net, found = trained_net(settings)
    size = write_detector(with_meaning(net, settings), Path(settings.export))
    save_checkpoint(
        Path(settings.work) / "training" / "exported.pt", found
    )  # training may go on; the card tells of this
    log.write("export", file=Path(settings.export).name, bytes=size, samples=found["samples"])


STAGES: dict[str, Callable[[DetectorSettings, Log], None]] = {
    "prepare": prepare,
    "label": label,
    "train": train,
    "export": export,
    "evaluate": evaluate,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0; 2 where the configuration or the data must be mended first."""
    options = _parser().parse_intermixed_args(arguments)
    try:
        settings = read_settings(options.config, DetectorSettings, options.overrides)
        torch.set_num_threads(settings.threads)
        log = Log(Path(settings.work) / "log.jsonl")
        for stage in options.stage or STAGES:
            if stage != "train":
                require_single_process(stage)
            STAGES[stage](settings, log)
    except (DistillError, FileNotFoundError) as error:
        Console(stderr=True).print(f"distill: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m distill detector", description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--stage", action="append", choices=STAGES, help="only this one; may be repeated")
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    return parser


if __name__ == "__main__":
    sys.exit(main())

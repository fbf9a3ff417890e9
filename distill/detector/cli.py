"""`python -m distill detector CONFIG [--stage STAGE] [key=value …]`: trains the embedded detector, stage by stage."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from rich.console import Console

from distill.config import read_settings
from distill.detector.config import DetectorSettings
from distill.detector.evaluate import evaluate
from distill.detector.export import write_both, write_detector
from distill.detector.label import label
from distill.detector.prepare import prepare
from distill.detector.score_calibration import calibrate_scores
from distill.detector.train import train, trained_net, typical_pictures
from distill.errors import DistillError
from distill.progress import Log
from distill.training.checkpoint import save_checkpoint
from distill.training.distributed import require_single_process

CALIBRATION_PICTURES = 512  # on which the ranges of int8 are measured


def export(settings: DetectorSettings, log: Log) -> None:
    """Calibrate the scores of the trained detector and write it where the configuration says."""
    net, checkpoint = trained_net(settings)
    net, path = calibrate_scores(net, settings), Path(settings.export)
    if settings.int8:
        size = write_both(net, path, typical_pictures(settings, CALIBRATION_PICTURES).numpy())
    else:
        size = write_detector(net, path)
    exported = Path(settings.work) / "training" / "exported.pt"  # for the card: training may go on meanwhile
    save_checkpoint(exported, checkpoint)
    log.write("export", file=Path(settings.export).name, bytes=size, samples=checkpoint["samples"])


STAGES: dict[str, Callable[[DetectorSettings, Log], None]] = {
    "prepare": prepare,
    "label": label,
    "train": train,
    "export": export,
    "evaluate": evaluate,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stages; returns the exit code: 0, or 2 for an error in the configuration or the data."""
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
    parser.add_argument("config", type=Path, help="YAML file, such as configs/detector.yaml")
    parser.add_argument("--stage", action="append", choices=STAGES, help="run only this stage; may be repeated")
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="override a setting, such as train.samples=1000"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

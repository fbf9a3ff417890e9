"""Stage `calibrate`: the thresholds of an exported student, measured with people whom it has not learnt from."""

import datetime
from collections.abc import Collection
from pathlib import Path

import msgspec
import yaml

from detectors.runtime import Runtime
from distill.config import Settings
from distill.data.measured import read_measured
from distill.data.store import write_atomic
from distill.errors import DistillError
from distill.progress import Log
from distill.training.checkpoint import command
from distill.work_folder import WorkFolder
from recognizer.calibrate import measure
from recognizer.calibration import RATES, Band, Calibration
from recognizer.load import load_recognizer

LEAST_PEOPLE = 40  # 1,560 comparisons: sixteen of them are above the threshold of one in a hundred
SEEN = 10  # comparisons above a threshold: with fewer, the threshold says little
PROBES = 1500


def calibrate(settings: Settings, name: str, log: Log) -> Path:
    """Measure an exported student and write its calibration beside it.

    Rates that too few comparisons show are left out; serving then follows the slope of those before. Raises
    DistillError for too few people, FileNotFoundError for a student that is not exported.
    """
    people = read_measured(WorkFolder(Path(settings.work)))
    require_enough_people(people)
    model = Path(settings.export.folder) / f"{settings.export.name}_{name}.onnx"
    recognizer = load_recognizer(model, runtime=Runtime(threads=settings.threads))
    statistics = measure(recognizer, people, probes=PROBES)
    rates = shown_rates(min(len(people), PROBES) * (len(people) - 1))
    calibration = Calibration(
        model_id=recognizer.model_id,
        weights=recognizer.weights,
        command=command(),
        data=f"{len(people)} people whom the student has not learnt from",
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        rates=rates,
        bands=tuple(_shortened(band, len(rates)) for band in statistics.bands),
        lengths=statistics.lengths,
    )
    path = model.with_name(f"{model.stem}_calibration.yaml")
    body = {"calibration": msgspec.to_builtins(calibration)}
    write_atomic(path, yaml.safe_dump(body, sort_keys=False, default_flow_style=None).encode())
    log.write("calibrate", student=name, people=len(people), rates=list(rates), file=path.name)
    return path


def require_enough_people(people: Collection[str]) -> None:
    """Raise DistillError where nothing can be measured with so few."""
    if len(people) < LEAST_PEOPLE:
        raise DistillError(
            f"faces.measure_share: expected {LEAST_PEOPLE} people or more to measure with, got {len(people)};"
            " add photographs of more people and name another `work`, or raise the share"
        )


def shown_rates(comparisons: int) -> tuple[float, ...]:
    """The rates of which so many comparisons show SEEN or more false matches; at least two."""
    shown = [rate for rate in RATES if rate * comparisons >= SEEN]
    return tuple(shown) if len(shown) > 1 else RATES[:2]


def _shortened(band: Band, rates: int) -> Band:
    return msgspec.structs.replace(band, tail=band.tail[:rates])

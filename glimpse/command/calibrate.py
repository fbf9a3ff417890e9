"""`glimpse calibrate`: measure how often a recogniser takes strangers for each other, and what that means for many."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape

from configs.markdown import table
from glimpse.command.counts import at_least, more_than_nothing
from glimpse.command.new_command import DONE, exit_code, new_command, write_json
from recognizer.calibrate import CalibrationJob
from recognizer.calibrate import calibrate as write_calibration
from recognizer.calibration import RATES, Calibration, read_calibration
from recognizer.decide import DecisionRule
from recognizer.false_names import KEPT_FACES, FalseNames, list_false_names, points_of
from recognizer.load import shipped_calibration
from recognizer.shown_rates import least_people
from recognizer.worst_group import WORST, Groups, describe_groups

SIZES = (1_000, 8_000, 50_000)
STRANGERS_A_DAY = 1000.0
HEADS = ["faces", "px", "looks", "threshold", "false names a day", "95 %", "own tracks", "rate"]
POINT_HEADS = ["px", "looks", "faces", "counted a day", "95 %", "the fit says", "learnt from"]

app: App = new_command(
    "calibrate",
    "glimpse calibrate --recognizer model.onnx --data faces.zip --out model.yaml",
)


@app.default
@exit_code
def calibrate(
    job: Annotated[CalibrationJob, Parameter(name="*")],
    *,
    people: int | None = None,
    strangers_a_day: float = STRANGERS_A_DAY,
    false_alarm: float = DecisionRule().false_alarm,
    groups: Groups = WORST,
    json: bool = False,
) -> int:
    """Measure how often a recogniser takes strangers for each other, by face size and number of crops.

    Parameters
    ----------
    people
        measure nothing; print how many strangers a day get a name in galleries of up to so many faces
    strangers_a_day
        with --people: tracks of strangers that pass the cameras of a site a day
    false_alarm
        with --people: decision.false_alarm of the run
    groups
        with --people: decision.groups of the run
    json
        print the calibration as JSON, and the file that it was written to; with --people the rows of both tables
    """
    at_least("--people", people)
    more_than_nothing("--strangers-a-day", strangers_a_day)
    if people is not None:
        return print_people(open_reach(job.recognizer), people, strangers_a_day, false_alarm, groups, json=json)
    at_least("--probes", job.probes)
    calibration = write_calibration(job)
    if json:
        write_json({"out": str(job.out)} | msgspec.to_builtins(calibration))
    else:
        text = f"{describe_measured(calibration, job.probes)}; written to {job.out}"
        Console(soft_wrap=True, highlight=False).print(escape(text))
    return DONE


def describe_measured(calibration: Calibration, probes: int) -> str:
    """Face heights and rates of a new calibration, and how many people the rarest rate would have taken."""
    sizes = sorted({band.px for band in calibration.bands})
    heights = f"measured at {len(sizes)} face heights, {sizes[0]:g} to {sizes[-1]:g} px"
    text = f"{calibration.model_id}: {heights}, and rates of {', '.join(f'{rate:g}' for rate in calibration.rates)}"
    if calibration.rates[-1] > (rarest := RATES[-1]):
        text += f"; rarer ones are extrapolated: {rarest:g} takes {least_people(rarest, probes):,} people"
    return text


def open_reach(recognizer: str) -> Calibration:
    """The calibration of a family or in a YAML file. Raises FileNotFoundError where there is none."""
    return read_calibration(shipped_calibration(recognizer) or Path(recognizer))


def print_people(
    calibration: Calibration, people: int, strangers_a_day: float, false_alarm: float, groups: Groups, *, json: bool
) -> int:
    """Print false names a day by gallery size, and those counted at one threshold."""
    sizes = [*(size for size in SIZES if size < people), people]
    list_rows = partial(list_false_names, calibration, false_alarm=false_alarm, strangers_a_day=strangers_a_day)
    rows, kept = list(list_rows(sizes, groups=groups)), list(list_rows([people], kept=True))
    if json:
        points = calibration.reach.points if calibration.reach else ()
        write_json(
            {
                "asked": [asdict(row) for row in rows],
                "kept": [asdict(row) for row in kept],
                "counted": msgspec.to_builtins(points),
            }
        )
        return DONE
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(f"{strangers_a_day:g} strangers a day, decision.false_alarm {false_alarm:g}")
    console.print(
        f"Thresholds hold {describe_groups(calibration.worst_group, groups)}; strangers are those of the mean.\n"
    )
    console.print(table(HEADS, [_row(row) for row in rows], align_right=True))
    console.print(f"\nAt the threshold of {KEPT_FACES:,} faces and a false alarm of 0.001, whatever the gallery:\n")
    console.print(table(POINT_HEADS, _point_rows(calibration, kept, strangers_a_day), align_right=True))
    return DONE


def _row(row: FalseNames) -> list[str]:
    rate = "counted" if row.counted else "fit"
    return [
        f"{row.faces:,}",
        f"{row.px:g}",
        f"{row.looks:.1f}",
        f"{row.threshold:.2f}",
        "nobody is named" if row.refusal else f"{row.a_day:.3g}",
        f"{row.low:.2g} to {row.high:.2g}",
        f"{100 * row.own_share:.0f} %",
        rate,
    ]


def _point_rows(calibration: Calibration, kept: list[FalseNames], strangers_a_day: float) -> list[list[str]]:
    """What was counted, and what the fit says of the largest gallery."""
    rows = []
    for row in kept:
        own = points_of(calibration.reach, row.px, row.looks) if calibration.reach else []
        for point in own:
            counted, low, high = (strangers_a_day * value for value in (point.share, point.low, point.high))
            mark = "yes" if point.learnt else ""
            rows.append([f"{row.px:g}", f"{row.looks:.1f}", f"{point.faces:,}", f"{counted:.3g}"])
            rows[-1] += [f"{low:.2g} to {high:.2g}", "", mark]
        fit = f"{row.a_day:.3g} ({row.low:.2g} to {row.high:.2g})"
        rows.append([f"{row.px:g}", f"{row.looks:.1f}", f"{row.faces:,}", "", "", fit, ""])
    return rows

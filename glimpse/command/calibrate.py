"""`glimpse calibrate`: measure how often a recogniser takes strangers for each other."""

from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

from glimpse.command.new_command import DONE, exit_code, new_command, write_json
from recognizer.calibrate import CalibrationJob
from recognizer.calibrate import calibrate as write_calibration

app = new_command(
    "calibrate",
    "glimpse calibrate --recognizer model.onnx --data faces.zip --out model.yaml",
)


@app.default
@exit_code
def calibrate(job: Annotated[CalibrationJob, Parameter(name="*")], *, json: bool = False) -> int:
    """Measure how often a recogniser takes strangers for each other, by face size and number of crops.

    Parameters
    ----------
    json
        print the calibration as JSON, and the file that it was written to
    """
    calibration = write_calibration(job)
    if json:
        write_json({"out": str(job.out)} | msgspec.to_builtins(calibration))
    else:
        sizes = sorted({band.px for band in calibration.bands})
        text = f"{calibration.model_id}: measured at {len(sizes)} face heights, {sizes[0]:g} to {sizes[-1]:g} px"
        Console(soft_wrap=True, highlight=False).print(escape(f"{text}; written to {job.out}"))
    return DONE

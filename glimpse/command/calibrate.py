"""`glimpse calibrate`: measure how often a recogniser takes strangers for each other."""

from pathlib import Path

from glimpse.command.new_command import DONE, exit_code, new_command
from recognizer.calibrate import calibrate as write_calibration

app = new_command(
    "calibrate",
    "glimpse calibrate --recognizer model.onnx --chip-spec model.yaml --data faces.zip --out model.yaml --keep",
)


@app.default
@exit_code
def calibrate(
    *,
    recognizer: str,
    data: Path,
    out: Path,
    chip_spec: str = "",
    keep: bool = False,
    probes: int = 1500,
    threads: int = 1,
) -> int:
    """Measure how often a recogniser takes strangers for each other, by face size and number of crops.

    Parameters
    ----------
    recognizer
        tiny, base, large, embedded, or an ONNX file
    data
        folder or zip of person/picture, pictures aligned to the ArcFace template
    out
        YAML file to write
    chip_spec
        YAML file with the chip_spec, if the ONNX file has none
    keep
        keep the part of the written file before `calibration:`
    probes
        number of people to compare with all others
    threads
        CPU threads
    """
    write_calibration(recognizer, data, out, chip_spec=chip_spec, keep=keep, probes=probes, threads=threads)
    return DONE

"""The flags that choose models, shared by the commands on photographs."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from glimpse.models import Decider, Detector, Models, Recognizer


@dataclass(frozen=True)
class ModelFlags:
    """Detector, recogniser and decision.

    Parameters
    ----------
    detector
        ONNX file (YuNet or SCRFD format), embedded, or pack:NAME
    recognizer
        embedded, tiny, base, large, or an ONNX file
    chip_spec
        YAML profile of the recogniser; see configs/recognizers
    calibration
        file of glimpse calibrate; empty: what ships with the recogniser
    false_alarm
        chance that a stranger's face gets any enrolled person's name
    device
        cpu, cuda, openvino, tensorrt, coreml or auto
    threads
        threads that each network may use
    """

    detector: str = "embedded"
    recognizer: str = "embedded"
    chip_spec: str = ""
    calibration: str = ""
    false_alarm: float = 0.001
    device: str = "cpu"
    threads: int = 1

    def open(self) -> Models:
        """Open them. Raises ModelError or SettingsError, which are ValueErrors."""
        detector = Detector(self.detector, device=self.device, threads=self.threads)
        recognizer = Recognizer(
            self.recognizer, chip_spec=self.chip_spec or None, device=self.device, threads=self.threads
        )
        decider = Decider(recognizer, calibration=self.calibration, false_alarm=self.false_alarm)
        return Models(detector, recognizer, decider)


Choice = Annotated[ModelFlags, Parameter(name="*")]
SHIPPED = ModelFlags()

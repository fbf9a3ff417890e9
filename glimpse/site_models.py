"""The models that the settings of a site name, opened when they are needed first."""

from functools import cached_property

from detectors.load import EMBEDDED
from glimpse.models import Decider, Detector, Models, Recognizer
from pipeline.settings.types import Settings


class SiteModels(Models):
    """What the engine of these settings uses. Raises like `Detector`, `Recognizer` and `Decider`, at the first use."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    @cached_property
    def detector(self) -> Detector:
        detector = self._settings.detector
        return Detector(
            detector.model,
            score=detector.score,
            long_side=detector.long_side,
            tile=detector.tile,
            device=self._settings.device,
            threads=self._settings.threads,
        )

    @cached_property
    def recognizer(self) -> Recognizer:
        section = self._settings.recognizer
        return Recognizer(
            section.model or EMBEDDED,
            chip_spec=section.chip_spec,
            device=self._settings.device,
            threads=self._settings.threads,
        )

    @cached_property
    def decider(self) -> Decider:
        return Decider(self.recognizer, calibration=self._settings.recognizer.calibration, rule=self._settings.decision)

"""The three levels that everything else is made of: find boxes, read vectors, decide. Each can be used alone."""

import os
import threading
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from configs.read import to_settings
from detectors.arrays import Chips, Float32, Image
from detectors.base import Detections
from detectors.load import EMBEDDED, load_detector
from detectors.runtime import Runtime
from glimpse.errors import ModelError, ModelMissingError, PictureError, SettingsError, translate
from glimpse.identity import Candidate, Identity, identity_of
from glimpse.pictures import Picture, read_picture
from pipeline.settings.types import DetectorSettings
from pipeline.tracks.matcher import EmptyGallery, GalleryMatcher
from recognizer.base import Decision, Readings
from recognizer.base import Recognizer as InnerRecognizer
from recognizer.calibration import Calibration
from recognizer.chips import cut_chip, cut_chip_from_box
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex
from recognizer.load import load_recognizer, open_scoring
from recognizer.normalisation import Cohort
from recognizer.onnx import load_chip_spec
from recognizer.spec import ChipSpec

__all__ = ["Decider", "Detector", "Models", "Recognizer"]

MAX_CANDIDATES = 3


class Detector:
    """Finds boxes and landmarks of faces. Threads may share one; they are served one after the other."""

    def __init__(
        self,
        model: str | os.PathLike[str] = EMBEDDED,
        *,
        score: float = DetectorSettings().score,
        long_side: int = 0,
        tile: int = 0,
        device: str = "cpu",
        threads: int = 1,
    ) -> None:
        """Open a model: `embedded`, an ONNX file in the format of YuNet or SCRFD, or `pack:NAME` (insightface).

        score: weakest box to give, 0..1.  long_side: resize pictures to this longer side first, pixels; 0: do not.
        tile: search windows of this side, pixels; 0: the whole picture.  device: cpu, cuda, openvino, tensorrt, coreml
        or auto.  threads: of the network.

        Raises ModelMissingError for a file that is not there, ModelError for one that cannot be used.
        """
        self.model: str = os.fspath(model)
        self.device: str = device
        self.threads: int = threads
        self.settings: DetectorSettings = DetectorSettings(
            model=self.model, score=score, long_side=long_side, tile=tile
        )
        with translate(ModelError, missing=ModelMissingError):
            self._detector = load_detector(
                self.model,
                runtime=Runtime(device, threads),
                score=score,
                long_side=long_side,
                tile=tile,
                every_size=True,
            )
        self.name: str = self._detector.name
        self._lock = threading.Lock()

    def detect(self, picture: Picture) -> Detections:
        """Faces of all sizes as arrays: boxes float32 (N,4) x1 y1 x2 y2, scores (N,), landmarks (N,5,2) or None.

        In pixels of the upright picture, from the corner of the first pixel; not clipped to the picture. Weak boxes are
        among them; `glimpse.find` leaves out those that are no faces. Raises PictureError.
        """
        image = read_picture(picture)
        with self._lock:  # a detector writes its input into memory of its own
            return self._detector.detect(image)


class Recognizer:
    """Reads face chips as unit vectors of one embedding space. Threads may share one."""

    def __init__(
        self,
        model: str | os.PathLike[str] = EMBEDDED,
        *,
        chip_spec: str | os.PathLike[str] | ChipSpec | None = None,
        device: str = "cpu",
        threads: int = 1,
    ) -> None:
        """Open a family (`embedded`, `tiny`, `base`, `large`) or an ONNX file.

        chip_spec: how chips are cut, or a YAML file of configs/recognizers, for a file whose metadata do not say it.

        Raises ModelMissingError for a file that is not there, ModelError for one that cannot be used.
        """
        self.model: str = os.fspath(model)
        self.device: str = device
        self.threads: int = threads
        with translate(ModelError, missing=ModelMissingError):
            spec = (
                chip_spec if chip_spec is None or isinstance(chip_spec, ChipSpec) else load_chip_spec(Path(chip_spec))
            )
            self.chip_spec: ChipSpec | None = spec
            self.inner: InnerRecognizer = load_recognizer(self.model, spec=spec, runtime=Runtime(device, threads))
        self.model_id: str = self.inner.model_id
        self.dim: int = self.inner.dim

    def chip(self, picture: Picture, face: Float32, *, face_px: float) -> Image:
        """Cut the aligned chip that suits a face of this height, BGR uint8 (S,S,3).

        face: landmarks float32 (5,2) or a box float32 (4,), as `Detector.detect` gives them.
        Raises PictureError for landmarks that form no face, and for a face outside the picture.
        """
        image, spec = read_picture(picture), self.inner.spec_for(face_px)
        with translate(PictureError):
            return (cut_chip_from_box if np.ndim(face) == 1 else cut_chip)(image, face, spec)

    def read(self, chips: Chips) -> Readings:
        """Vectors, unit rows float32 (N,dim), and feature lengths, float32 (N,), of chips of one size.

        chips: BGR uint8 (N,S,S,3), of a size that `chip` gives. A chip without a finite vector gives a zero row. Raises
        PictureError for another shape or dtype.
        """
        with translate(PictureError):
            return self.inner.read(chips)

    def embed(self, picture: Picture, found: Detections) -> Readings:
        """Vectors and lengths of all faces of a detection, in its order; a zero row for a face that cannot be cut."""
        image = read_picture(picture)
        vectors = np.zeros((len(found), self.dim), np.float32)
        lengths = np.full(len(found), np.nan, np.float32)
        for row, box in enumerate(found.boxes):
            face = box if found.landmarks is None else found.landmarks[row]
            try:
                chip = self.chip(image, face, face_px=float(box[3] - box[1]))
            except PictureError:
                continue
            reading = self.read(chip[None])
            vectors[row], lengths[row] = reading.vectors[0], reading.lengths[0]
        return Readings(vectors, lengths)


class Decider:
    """Turns vectors into decisions by a calibration: at this face size, what score would a stranger reach?"""

    def __init__(
        self,
        recognizer: Recognizer,
        *,
        calibration: str | os.PathLike[str] = "",
        rule: DecisionRule | None = None,
        false_alarm: float | None = None,
    ) -> None:
        """Decide on vectors of this recogniser.

        calibration: a file of `glimpse calibrate`; empty: what ships with the family, else cautious
        thresholds.  rule: when somebody is named.  false_alarm: of that rule, the chance that a stranger gets any
        enrolled person's name (0.001).

        Raises ModelError for a calibration that does not fit, SettingsError for a rule out of its limits.
        """
        rule = rule or DecisionRule()
        with translate(SettingsError):
            changes = {} if false_alarm is None else {"false_alarm": false_alarm}
            # A section of a site has more settings than a rule.
            of_rule = {name: getattr(rule, name) for name in DecisionRule.__struct_fields__}
            self.rule: DecisionRule = to_settings(of_rule | changes, DecisionRule)
        with translate(ModelError, missing=ModelMissingError):
            scoring = open_scoring(recognizer.inner, model=recognizer.model, file=os.fspath(calibration))
        self.calibration: Calibration = scoring.calibration
        self.calibration_file: str = os.fspath(calibration)
        self.cohort: Cohort | None = scoring.cohort
        self.model_id: str = recognizer.model_id
        self._matcher = GalleryMatcher(
            EmptyGallery(), self.model_id, rule=self.rule, calibration=self.calibration, cohort=self.cohort
        )

    def threshold(self, face_px: float, *, looks: float = 1.0, faces: int = 1) -> float:
        """The score that a face of this height, pixels, needs on so many looks, against so many enrolled faces."""
        rate = self.rule.asked(self.calibration, faces).rate
        return max(self.calibration.threshold(face_px, looks, rate), self.rule.min_score)

    def length_weight(self, length: float, face_px: float) -> float:
        """The part of a look's weight that its feature's length gives; 1 where no lengths were measured."""
        return self._matcher.length_weight(length, face_px)

    def face_likeness(self, length: float, face_px: float) -> float:
        """A feature's length as a multiple of what 99 of 100 faces of this height exceed; infinite if not measured."""
        return self._matcher.face_likeness(length, face_px)

    def index(self, vectors: Float32, names: Sequence[str]) -> GalleryIndex:
        """People to search: unit rows float32 (N,dim) and a name for each. Raises ModelError for other shapes."""
        with translate(ModelError):
            return GalleryIndex(self.model_id, vectors, names, cohort=self.cohort)

    def decide(self, evidence: Evidence, people: GalleryIndex) -> Decision:
        """Who a track is, by all rules, as the pipeline decides. people: from `index` or `Gallery.index`.

        Raises ModelError for vectors of another model.
        """
        with translate(ModelError):
            return decide(evidence, people, self.rule, self.calibration)

    def judge(self, vector: Float32, people: GalleryIndex, *, face_px: float) -> Identity:
        """Who one face is on this one look, float32 (dim,), by the rules except that which asks for several looks.

        people: from `index` or `Gallery.index`.  face_px: height of the face, pixels.

        Raises ModelError for vectors of another model.
        """
        evidence = Evidence()
        evidence.add(vector, weight=1.0, face_px=face_px, time=0.0)
        rule = msgspec.structs.replace(self.rule, min_effective=1.0)
        with translate(ModelError):
            decision = decide(evidence, people, rule, self.calibration)
            return identity_of(decision, _nearest(people, evidence))


def _nearest(index: GalleryIndex, evidence: Evidence) -> tuple[Candidate, ...]:
    if not len(index) or not len(evidence):
        return ()
    scores = index.search(evidence.template()[None]).scores[0]
    best: Iterable[int] = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
    return tuple(Candidate(index.people[person], float(scores[person])) for person in best)


class Models:
    """A detector, a recogniser and a decider that belong together. Those that are not given are opened when needed."""

    def __init__(
        self,
        detector: Detector | None = None,
        recognizer: Recognizer | None = None,
        decider: Decider | None = None,
    ) -> None:
        """Default: the models that ship, and the calibration that ships with the recogniser."""
        self._detector, self._recognizer, self._decider = detector, recognizer, decider

    @cached_property
    def detector(self) -> Detector:
        return self._detector or Detector()

    @cached_property
    def recognizer(self) -> Recognizer:
        return self._recognizer or Recognizer()

    @cached_property
    def decider(self) -> Decider:
        return self._decider or Decider(self.recognizer)

    def settings(self) -> dict[str, Any]:
        """The sections of a configuration that open the same models, as plain data; those that were given."""
        sections: dict[str, Any] = {}
        if main := self._detector or self._recognizer:
            sections |= {"device": main.device, "threads": main.threads}
        if detector := self._detector:
            sections["detector"] = msgspec.to_builtins(detector.settings)
        if recognizer := self._recognizer:
            spec = recognizer.chip_spec
            sections["recognizer"] = {"model": recognizer.model} | (
                {"chip_spec": msgspec.to_builtins(spec)} if spec else {}
            )
        if decider := self._decider:
            sections["decision"] = msgspec.structs.asdict(decider.rule)
            sections.setdefault("recognizer", {"model": EMBEDDED})["calibration"] = decider.calibration_file
        return sections


@cache
def shipped_models() -> Models:
    """The models that ship, opened once in a process: they are not changed, only read."""
    return Models()

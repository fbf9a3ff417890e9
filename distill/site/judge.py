"""Measures a fitted recogniser on all that may refuse it, and makes the calibration that it would be installed with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detectors.arrays import Float32
from distill.site import gate
from distill.site.false_names import FalseNames, Searched, StrangerGallery, count_false_names
from distill.site.gate import Findings
from distill.site.measure import Measurement, Scores, Shares
from distill.site.ordinary import film_ordinary_faces, read_ordinary_faces
from distill.site.people import LEAST_RETURNED, Pairs
from distill.site.split import Limits
from distill.site.thresholds import Strangers, raise_thresholds, scale_lengths
from distill.site.trial import ALL, Reader, Trial, try_out
from distill.site.visits import Pair
from recognizer.base import Recognizer
from recognizer.calibration import Calibration
from recognizer.load import Scoring
from recognizer.normalisation import Cohort

LEAST_COHORT = 20  # strangers, of whom half are enrolled


@dataclass(frozen=True, slots=True)
class Judgement:
    """findings: what decides.  shares: all that was measured, by its name and face size.  calibration: to install."""

    findings: Findings
    shares: Mapping[str, Shares]
    calibration: Calibration


class Judge:
    """Compares a fitted recogniser with the shipped one. scoring: of the shipped one."""

    def __init__(self, shipped: Recognizer, fitted: Recognizer, scoring: Scoring, limits: Limits) -> None:
        self._scoring, self._limits = scoring, limits
        self._shipped = Reader(shipped, scoring.calibration.lengths, scoring.cohort)
        self._fitted = Reader(fitted, (), scoring.cohort)

    def judge(self, choosing: Pairs, measured: Pairs, *, is_better: bool) -> Judgement:
        """choosing: they set the thresholds.  measured: they decide.  is_better: for those who choose."""
        self._set_lengths(choosing.everybody)
        tests, site = self._tests(measured), self._try(measured.everybody)
        calibration = self._calibrate(self._try(choosing.everybody), tests[gate.ORDINARY])
        by_test = {name: trial.shares() for name, trial in tests.items()}
        false_names = {
            gate.STRANGERS_OF_SITE: self._false_names(site, calibration),
            gate.STRANGERS_OF_TEST: self._false_names(tests[gate.ORDINARY], calibration),
        }
        shares = {f"{name}, {size}": one for name, sizes in by_test.items() for size, one in sizes.items()}
        decisive = {name: sizes[ALL] for name, sizes in by_test.items()}
        return Judgement(Findings(decisive, false_names, is_better), shares, calibration)

    def _tests(self, measured: Pairs) -> dict[str, Trial]:
        sets = {gate.TWO_VISITS: measured.two_visits, gate.ONE_VISIT: measured.one_visit}
        enough = {name: self._try(pairs) for name, pairs in sets.items() if len(pairs) >= LEAST_RETURNED}
        return enough | {gate.ORDINARY: self._try(self._film())}

    def _set_lengths(self, pairs: Sequence[Pair]) -> None:
        far_px = self._limits.far_px
        before, after = (one.measure(pairs).lengths(0, far_px) for one in (self._shipped, self._fitted))
        lengths = scale_lengths(self._shipped.lengths, before, after, far_px=far_px)
        self._fitted = Reader(self._fitted.recognizer, lengths, self._fitted.cohort)

    def _try(self, pairs: Sequence[Pair]) -> Trial:
        return try_out(self._shipped, self._fitted, pairs, self._limits)

    def _film(self) -> list[Pair]:
        return film_ordinary_faces(self._shipped.recognizer, read_ordinary_faces(), self._limits.far_px)

    def _calibrate(self, choosing: Trial, ordinary: Trial) -> Calibration:
        return raise_thresholds(
            self._scoring.calibration,
            [choosing.far, *self._in_cohort(choosing), *self._in_cohort(ordinary)],
            [choosing.near],
            far_px=self._limits.far_px,
            lengths=self._fitted.lengths,
            recognizer=self._fitted.recognizer,
            origin=f"{len(choosing.other)} people of the site and the general test",
        )

    def _in_cohort(self, trial: Trial) -> list[Strangers]:
        """The scores of far looks with the cohort; nothing for a family without one that can be halved."""
        cohort, near = self._scoring.cohort, trial.before.near
        if cohort is None or len(cohort.vectors) < LEAST_COHORT:
            return []
        sides = ((self._shipped, trial.before), (self._fitted, trial.after))
        return [Strangers(*(self._with_cohort(reader, cohort, one, near) for reader, one in sides))]

    def _with_cohort(self, reader: Reader, cohort: Cohort, one: Measurement, near: Float32) -> Scores:
        return StrangerGallery(reader.recognizer, cohort).scores(one.pools(0, self._limits.far_px), near)

    def _false_names(self, trial: Trial, calibration: Calibration) -> FalseNames:
        sets = [trial.far, *self._in_cohort(trial)]
        pools = [one.pools(0, self._limits.far_px) for one in (trial.before, trial.after)]
        return count_false_names(
            Searched([one.before for one in sets], pools[0], self._scoring.calibration),
            Searched([one.after for one in sets], pools[1], calibration),
        )

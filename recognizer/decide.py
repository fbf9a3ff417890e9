"""From a track's evidence to a decision: a name, or the reasons why there is none.

A track that has a name keeps it down to a lower score. Without this hysteresis a score near its threshold would name,
retract and name again several times a second.
"""

from dataclasses import dataclass, replace
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from detectors.arrays import Float32, Mask
from recognizer.base import Decision, State
from recognizer.calibration import Calibration, over_comparisons
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex, Shortlist
from recognizer.refusal import Asked, describe_limit, find_refusal
from recognizer.site_list import join_decisions
from recognizer.worst_group import SENTENCES, WORST, Groups

__all__ = ["DecisionRule", "FalseAlarm", "decide", "describe_limits"]

FalseAlarm = Annotated[
    float, Meta(gt=0, lt=1, description="chance that a stranger's track gets any enrolled person's name")
]


MAX_NAMES = 10  # that a sentence lists
LOWEST_COSINE = -1.0  # stands for a score that is not finite: it names nobody


class DecisionRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a track is named."""

    false_alarm: FalseAlarm = 0.001
    candidate_false_alarm: Annotated[
        float, Meta(gt=0, lt=1, description="the same chance for being shown as a candidate, which names nobody")
    ] = 0.05
    groups: Annotated[
        Groups,
        Meta(
            description="worst: false alarms hold for the worst group measured, where the calibration holds a factor"
            " for it (those that ship need none); mean: on the whole, with more names and more false ones of some"
            " groups"
        ),
    ] = WORST
    margin: Annotated[
        float, Meta(ge=0, le=1, description="cosine by which the nearest person must lead the second")
    ] = 0.05
    min_effective: Annotated[
        float, Meta(ge=1, le=32, description="independent looks a name needs, for faces smaller than single_px")
    ] = 2.0
    single_px: Annotated[
        float, Meta(ge=1, le=2000, description="from this face height, pixels, a single look may name")
    ] = 32.0
    min_score: Annotated[
        float, Meta(ge=-1, le=1, description="cosine below which nobody is named, whatever the calibration says")
    ] = 0.0
    hold: Annotated[
        float, Meta(ge=0, le=1, description="cosine a named track may fall below the threshold before it is retracted")
    ] = 0.05
    negative_lead: Annotated[
        float,
        Meta(
            ge=-2,
            le=2,
            description="a track is not a person if it is so much nearer, cosine, to one that was marked as not them",
        ),
    ] = 0.03
    site_list: Annotated[
        tuple[str, ...],
        Meta(
            description="names of enrolled people who are expected here; they are compared first and by themselves, so"
            " that a gallery of many others does not raise their threshold"
        ),
    ] = ()
    site_share: Annotated[
        float,
        Meta(gt=0, lt=1, description="share of false_alarm for the people of site_list; the rest is for everybody"),
    ] = 0.5

    def with_share(self, share: float) -> "DecisionRule":
        """The rule with a share of its false-alarm rates."""
        rates = (self.false_alarm * share, self.candidate_false_alarm * share)
        return msgspec.structs.replace(self, false_alarm=rates[0], candidate_false_alarm=rates[1])

    def asked(self, calibration: Calibration, faces: int) -> Asked:
        """What the rule asks for in a gallery of so many faces."""
        return Asked(self.false_alarm, faces, calibration.factor(self.groups))


def decide(
    evidence: Evidence,
    index: GalleryIndex,
    rule: DecisionRule,
    calibration: Calibration,
    *,
    previous: Decision | None = None,
) -> Decision:
    """Decide who a track is (`recognizer.base.State`); a pure function. previous: the track's last decision.

    Raises ValueError where vectors or calibration belong to another model than the gallery.
    """
    if not evidence.faces:
        return _unknown(evidence, "no face compared yet")
    if not len(index):
        return _unknown(evidence, "nobody is enrolled")
    if index.model_id != calibration.model_id:
        raise ValueError(f"calibration: expected one of model {index.model_id}, got {calibration.model_id}")
    site = index.only(rule.site_list) if rule.site_list else index
    if len(site) in (0, len(index)):
        return _decide_among(evidence, index, rule, calibration, previous)
    first = _decide_among(evidence, site, rule.with_share(rule.site_share), calibration, previous)
    second = _decide_among(evidence, index, rule.with_share(1 - rule.site_share), calibration, previous)
    return join_decisions(first, second)


def _decide_among(
    evidence: Evidence, index: GalleryIndex, rule: DecisionRule, calibration: Calibration, previous: Decision | None
) -> Decision:
    """Decide by one list of people."""
    template = evidence.template()
    name = previous.person if previous and previous.state is State.NAMED else None
    nearest = index.shortlist(template, always=name)
    if not np.isfinite(nearest.scores).any():
        return _unknown(evidence, "no score is a finite number")
    scores = np.where(np.isfinite(nearest.scores), nearest.scores, LOWEST_COSINE).astype(np.float32)
    nearest = Shortlist(nearest.people, nearest.places, scores)
    denied = _Denied.find(index.search_negatives(template)[nearest.places], nearest, rule, name)
    if denied.people.all():
        return _unknown(evidence, denied.reason)
    comparison = _Comparison(evidence, nearest, rule, calibration, denied, len(index))
    fresh = comparison.fresh()
    if name is None or name not in nearest.people or denied.people[nearest.people.index(name)]:
        return fresh
    return comparison.with_name(name, fresh)


def describe_limits(index: GalleryIndex, rule: DecisionRule, calibration: Calibration) -> list[str]:
    """Sentences about where this gallery names nobody, and about people of the site list who are not enrolled."""
    if not len(index):
        return []
    missing = sorted(set(rule.site_list) - set(index.people))
    names = ", ".join(missing[:MAX_NAMES])
    absent = f"site_list: {len(missing)} of {len(rule.site_list)} names are not enrolled: {names}" if missing else ""
    site = index.only(rule.site_list) if rule.site_list else index
    if len(site) in (0, len(index)):
        return [describe_limit(calibration, rule.asked(calibration, len(index))), absent]
    shares = (rule.site_share, 1 - rule.site_share)
    parts = zip(shares, (site, index), strict=True)
    asked = [rule.with_share(share).asked(calibration, len(one)) for share, one in parts]
    ofs = ("site list", "everybody else")
    limits = [describe_limit(calibration, one) for one in asked]
    return [*(f"{of}: {limit}" for of, limit in zip(ofs, limits, strict=True) if limit), absent]


@dataclass(frozen=True, slots=True)
class _Denied:
    """Who the track is not, because it is like one that was marked so. people: (P,).

    reason: why it is not the nearest of all, where that is one of them; empty otherwise.
    """

    people: Mask
    reason: str

    @classmethod
    def find(cls, negatives: Float32, nearest: Shortlist, rule: DecisionRule, name: str | None) -> "_Denied":
        """negatives: highest score with the negatives of each person, (P,).

        name: that the track has; it goes only on a clearer lead.
        """
        scores = nearest.scores
        leads = np.where(np.isfinite(negatives), negatives - scores, -np.inf)
        needed = np.full(len(scores), rule.negative_lead)
        if name in nearest.people:
            needed[nearest.people.index(name)] += rule.hold
        people, best = leads >= needed, int(np.argmax(scores))
        reason = (
            f"not {nearest.people[best]}: score {negatives[best]:.2f} with a track that was marked as not"
            f" {nearest.people[best]}, {scores[best]:.2f} with the photographs"
        )
        return cls(people, reason if people[best] else "")


class _Comparison:
    """One track's evidence compared with the gallery."""

    def __init__(
        self,
        evidence: Evidence,
        nearest: Shortlist,
        rule: DecisionRule,
        calibration: Calibration,
        denied: _Denied,
        faces: int,
    ) -> None:
        """faces: of the whole gallery; each is a comparison that can give a false alarm."""
        self.evidence, self.rule, self.calibration, self.faces = evidence, rule, calibration, faces
        self.asked = rule.asked(calibration, faces)
        self.people, self.scores = nearest.people, nearest.scores
        self.effective, self.looks, self.px = evidence.effective, evidence.looks, evidence.pooled_px
        self.threshold = max(self._threshold(self.asked), rule.min_score)
        as_candidate = replace(self.asked, false_alarm=rule.candidate_false_alarm)
        self.candidate_threshold = min(self._threshold(as_candidate), self.threshold)
        self.denied = denied
        self.best = int(np.argmax(np.where(denied.people, -np.inf, self.scores)))
        self.refusal = find_refusal(calibration, self.asked, self.px, self.looks)

    def fresh(self) -> Decision:
        """The decision on these figures alone."""
        score, margin = self._figures(self.best)
        if score < self.candidate_threshold:
            reason = f"nearest score {score:.2f} below {self.candidate_threshold:.2f}"
            return self._decision(State.UNKNOWN, self.best, [reason])
        lacking = self._lacking()
        second = score - margin
        if margin < self.rule.margin:
            reason = f"margin {margin:.2f} below {self.rule.margin:.2f}"
            state = State.AMBIGUOUS if second >= self.candidate_threshold else State.CANDIDATE
            return self._decision(state, self.best, [reason, *lacking])
        if score < self.threshold:
            lacking.insert(0, f"score {score:.2f} below {self.threshold:.2f}")
        return self._decision(State.CANDIDATE if lacking else State.NAMED, self.best, lacking)

    def with_name(self, person: str, fresh: Decision) -> Decision:
        """The decision for a track that is named `person` already: the name goes or changes only on clear evidence."""
        own = self.people.index(person)
        score, margin = self._figures(own)
        if fresh.state is State.NAMED and (fresh.person == person or -margin >= self.rule.margin + self.rule.hold):
            return fresh
        if self.refusal or score < self.threshold - self.rule.hold or margin < -self.rule.hold:
            return fresh if fresh.state is not State.NAMED else self._doubt(fresh)
        return self._decision(State.NAMED, own, [f"name kept: score {score:.2f}, margin {margin:.2f}, within the hold"])

    def _doubt(self, fresh: Decision) -> Decision:
        """Another person is nearer than the named one, but not clearly enough to change the name."""
        reason = f"lead over the current name below {self.rule.margin + self.rule.hold:.2f}"
        return self._decision(State.AMBIGUOUS, self.best, [reason, *fresh.reasons])

    def _lacking(self) -> list[str]:
        """Reasons why even a high score names nobody."""
        reasons = [self.refusal] if self.refusal else []
        if self.px < self.calibration.smallest_px:
            reasons.append(f"faces of {self.px:.0f} px, smaller than the {self.calibration.smallest_px:g} px measured")
        if self.evidence.largest_px < self.rule.single_px and self.effective < self.rule.min_effective:
            reasons.append(f"{self.effective:.1f} independent looks, fewer than {self.rule.min_effective:g}")
        return reasons

    def _figures(self, person: int) -> tuple[float, float]:
        """A person's score, and its lead over the best other person; over a cosine of 0 where there is none."""
        score = float(self.scores[person])
        others = np.delete(self.scores, person)[~np.delete(self.denied.people, person)]
        return score, score - (float(others.max()) if len(others) else 0.0)

    def _threshold(self, asked: Asked) -> float:
        return self.calibration.threshold(self.px, self.looks, asked.rate)

    def _decision(self, state: State, person: int, reasons: list[str]) -> Decision:
        score, margin = self._figures(person)
        false_alarm = self._false_alarm(score)
        if not np.isfinite([score, margin, self.threshold, false_alarm]).all():
            return _unknown(self.evidence, "score, margin or threshold is not a finite number")
        faces = self.evidence.faces
        looked_at = f"{faces} face{'s' * (faces != 1)}, median {self.evidence.median_px:.0f} px"
        sentences = [*self._denial(), *reasons, looked_at]
        if not self.calibration.measured:
            sentences.append("recogniser not calibrated: cautious built-in thresholds")
        if self.calibration.worst_group:
            sentences.append(SENTENCES[self.rule.groups])
        return Decision(
            state=state,
            person=None if state is State.UNKNOWN else self.people[person],
            score=score,
            threshold=self.threshold,
            margin=margin,
            faces=faces,
            effective=self.effective,
            median_px=self.evidence.median_px,
            reasons=tuple(sentences),
            false_alarm=false_alarm,
        )

    def _denial(self) -> list[str]:
        """Why the track is not the person whose photographs are nearest, where they would have been considered."""
        is_near = float(self.scores.max()) >= self.candidate_threshold
        return [self.denied.reason] * (is_near and bool(self.denied.reason))

    def _false_alarm(self, score: float) -> float:
        is_counted = self.asked.rate >= self.calibration.rates[-1]
        find_rate = self.calibration.rate if is_counted else self.calibration.continued_rate
        rate = find_rate(self.px, self.looks, score)
        return min(1.0, self.asked.factor * over_comparisons(rate, self.faces))


def _unknown(evidence: Evidence, reason: str) -> Decision:
    return Decision(
        state=State.UNKNOWN,
        person=None,
        score=0.0,
        threshold=1.0,
        margin=0.0,
        faces=evidence.faces,
        effective=evidence.effective,
        median_px=evidence.median_px,
        reasons=(reason,),
    )

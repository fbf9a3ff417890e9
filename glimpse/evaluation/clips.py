"""Faces that are followed through a clip as trials: the pipeline runs on it as `glimpse run` does."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glimpse.evaluation.trial import LeftOut, Trial
from glimpse.people import Gallery
from glimpse.watching import FrameResult, IdentityEvent, TrackEvent, watch
from pipeline.events import Evidence
from pipeline.sinks.report.records import TrackRecord
from pipeline.sinks.report.run_records import RunRecords
from recognizer.base import State
from recognizer.decide import DecisionRule
from recognizer.gallery.only_face import MIN_SECOND_FACE_SHARE


@dataclass(slots=True)
class FollowedFace:
    """One track of a run. record: its figures.  evidence: all that was published of it, in order."""

    record: TrackRecord
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """Everybody it was called, once each."""
        return tuple(dict.fromkeys(change.person for change in self.record.changes if change.person is not None))

    @property
    def strongest(self) -> Evidence | None:
        """What came nearest to a name; None where nothing was compared."""
        return min(self.evidence, key=lambda each: (each.state != State.NAMED, _chance(each)), default=None)


def follow_faces(
    path: Path, gallery: Gallery, *, on_frame: Callable[[FrameResult], None] | None = None
) -> list[FollowedFace]:
    """Every face that a run follows through a recording. Raises SourceError where it cannot be read.

    on_frame: also sees each frame, in the thread of the run.
    """
    records, published = RunRecords(), defaultdict[tuple[str, int], list[Evidence]](list)

    def see(result: FrameResult) -> None:
        records.on_frame(result)
        if on_frame:
            on_frame(result)

    with watch(path, gallery=gallery, on_frame=see) as events:
        for event in events:
            records.on_event(event)
            if isinstance(event, TrackEvent | IdentityEvent) and event.evidence:
                published[event.camera, event.track].append(event.evidence)
    return [FollowedFace(record, published[record.camera, record.track]) for record in records.tracks]


def judge_clip(path: Path, person: str, origin: str, gallery: Gallery) -> list[Trial] | LeftOut:
    """Every time that somebody who is alone in a clip was followed; smaller faces beside them do not count."""
    followed = follow_faces(path, gallery)
    if not followed:
        return [Trial(person, str(path), origin)]
    own: list[FollowedFace] = []
    for face in sorted(followed, key=lambda each: -each.record.median_px):
        beside = [other for other in own if _overlap(face.record, other.record)]
        if any(face.record.median_px >= MIN_SECOND_FACE_SHARE * other.record.median_px for other in beside):
            return LeftOut(str(path), f"two people at once: which is {person}? cut the clip, or use --truth")
        own += [] if beside else [face]
    return _as_trials(own, path, person, origin, gallery)


def judge_strangers_clip(path: Path, origin: str, gallery: Gallery) -> Iterator[Trial | LeftOut]:
    """Every face of a clip that shows strangers only."""
    trials = _as_trials(follow_faces(path, gallery), path, None, origin, gallery)
    if not trials:
        yield LeftOut(str(path), "no face found")
    yield from trials


def _as_trials(
    followed: Sequence[FollowedFace], path: Path, person: str | None, origin: str, gallery: Gallery
) -> list[Trial]:
    rule = gallery.models.decider.rule
    return [_as_trial(face, path, person, origin, rule) for face in followed]


def _as_trial(face: FollowedFace, path: Path, person: str | None, origin: str, rule: DecisionRule) -> Trial:
    record, best = face.record, face.strongest
    source = f"{path} at {record.first:.1f} s"
    if best is None:
        return Trial(person, source, origin, record.median_px)
    return Trial(
        person, source, origin, record.median_px, face.names, best.person, _chance(best), _is_clear(best, rule)
    )


def _is_clear(evidence: Evidence, rule: DecisionRule) -> bool:
    """Whether everything but the threshold lets it be named (`recognizer.decide`)."""
    if evidence.state == State.NAMED:
        return True
    enough = evidence.effective >= rule.min_effective or evidence.median_px >= rule.single_px
    return evidence.margin >= rule.margin and evidence.score >= rule.min_score and enough


def _chance(evidence: Evidence) -> float:
    return 1.0 if evidence.false_alarm is None else evidence.false_alarm


def _overlap(first: TrackRecord, second: TrackRecord) -> bool:
    return first.first < second.last and second.first < first.last

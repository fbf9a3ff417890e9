"""This track is Ada: the past shows it, and the future does where the crop is enrolled."""

from pipeline.history.corrections.correction import Corrected, Desk
from pipeline.history.corrections.enrolment import enrol_from, enrolled_from
from pipeline.history.corrections.track_state import THIS_IS, correct_track, evidence_of
from pipeline.history.corrections.verdicts import VerdictRow, verdicts_of


def this_is(
    desk: Desk, track: int, name: str, *, enrol: bool = False, is_new: bool = False, part_of: str = ""
) -> Corrected:
    """Say who a track is. Whom its evidence names instead, it is not: that becomes a negative of theirs.

    enrol: also enrol its best crop, if it passes the checks of any enrolment; the notes say why it did not.
    is_new: take a name that nobody has also where it is near to one that somebody has.
    part_of: of which larger change it is a part, for the audit log; notes on the name are then left to that.

    Raises ValueError for a track that is not there, for a name that is refused or looks like another one (SlipError: is
    near to one), and for `enrol` without a gallery; nothing is changed then. Raises OSError where a file cannot be
    written now.
    """
    if enrol and desk.people is None:
        raise ValueError("enrol: expected a gallery with it")
    notes: list[str] = []
    with desk.correcting(notes):
        name = desk.clean_new_name(name)
        if not is_new:
            desk.refuse_slip(name)
        other = evidence_of(desk.database, track).person
        before = {row.person for row in verdicts_of(desk.database, track) if row.is_person}
        people = sorted({name, *before, *({other} if other else ())})
        new = enrol and enrolled_from(desk, track) != name

        def rows(audit: int) -> list[VerdictRow]:
            denied = [VerdictRow(track, other, is_person=False, audit=audit)] if other and other != name else []
            return [VerdictRow(track, name, is_person=True, audit=audit), *denied]

        enrolled = name if new else None
        audit = correct_track(desk, track, people, rows, action=THIS_IS, name=name, enrolled=enrolled, part_of=part_of)
        if new:
            enrol_from(desk, track, name)
        elif enrol:
            notes.append(f"already enrolled from this track for {name}")
        if not (enrol or part_of):
            notes += _what_follows(desk, name)
    return Corrected(audit, notes)


def _what_follows(desk: Desk, name: str) -> list[str]:
    """That cameras do not use a name yet, where there is a gallery without it."""
    if desk.people is None or name in desk.people.names():
        return []
    return [f"{name} is not enrolled: cameras do not use this name yet; enrol photographs of them, or this track"]

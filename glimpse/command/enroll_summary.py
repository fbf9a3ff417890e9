"""What `glimpse enroll` says: a line for each person, and a line for each picture that was refused."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from glimpse.command.enroll_told_apart import DISTANCE_RULE, distance_metres
from recognizer.gallery.enroll import Outcome, Verdict

HAS_PICTURE = (Verdict.TAKEN, Verdict.KNOWN)


class PersonSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one person's pictures.

    face_px: smallest and largest height of the faces taken now, pixels.  told_apart_px: face height from which one look
    tells them from the others, and metres: how far away that is from a 1080p camera of 90 degrees; None where no size
    does, or no picture is kept.
    """

    person: str
    taken: int = 0
    known: int = 0
    refused: int = 0
    face_px: tuple[float, float] | None = None
    told_apart_px: int | None = None
    metres: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def has_picture(self) -> bool:
        """Whether a picture of them is enrolled, by this run or before."""
        return bool(self.taken or self.known)


def summarise(outcomes: Sequence[Outcome], told_apart: Mapping[str, int]) -> list[PersonSummary]:
    """One summary for each person, in the order of their first picture."""
    used = [outcome for outcome in outcomes if outcome.verdict is not Verdict.LEFT_OUT]
    people = dict.fromkeys(outcome.person for outcome in used)
    return [
        _summarise(person, [one for one in used if one.person == person], told_apart.get(person)) for person in people
    ]


def describe(people: Sequence[PersonSummary], outcomes: Sequence[Outcome], *, verbose: bool) -> Iterator[str]:
    """Lines for people; names are never cut."""
    for person in people:
        yield _describe_person(person)
        for outcome in outcomes:
            if outcome.person == person.person and (verbose or outcome.reason or outcome.warning):
                yield f"  {outcome.verdict} {outcome.source}{_remark(outcome)}"
    shown = {person.person for person in people}
    for outcome in outcomes:
        if outcome.verdict is Verdict.LEFT_OUT and outcome.person not in shown:
            yield f"left out {outcome.source}{_remark(outcome)}" if outcome.source else outcome.reason
    yield from _describe_all(people, any(outcome.boxes for outcome in outcomes if outcome.reason))


def _summarise(person: str, outcomes: Sequence[Outcome], told_apart: int | None) -> PersonSummary:
    counts = Counter(outcome.verdict for outcome in outcomes)
    sizes = [outcome.face_px for outcome in outcomes if outcome.face_px]
    return PersonSummary(
        person=person,
        taken=counts[Verdict.TAKEN],
        known=counts[Verdict.KNOWN],
        refused=counts[Verdict.REFUSED],
        face_px=(min(sizes), max(sizes)) if sizes else None,
        told_apart_px=told_apart,
        metres=distance_metres(told_apart) if told_apart else None,
        warnings=tuple(outcome.warning for outcome in outcomes if outcome.warning),
    )


def _describe_person(person: PersonSummary) -> str:
    counts = ((person.taken, "taken"), (person.known, "already enrolled"), (person.refused, "refused"))
    parts = [", ".join(f"{count} {what}" for count, what in counts if count)]
    if person.face_px:
        low, high = (round(px) for px in person.face_px)
        parts.append(f"face {low} px" if low == high else f"faces {low} to {high} px")
    if person.told_apart_px and person.metres:
        parts.append(f"can be named from {person.told_apart_px} px, about {person.metres:.0f} m away")
    elif not person.has_picture:
        parts.append("no picture")
    return f"{person.person}: {'; '.join(parts)}"


def _remark(outcome: Outcome) -> str:
    size = f"face of {outcome.face_px:.0f} px" if outcome.face_px else ""
    remarks = "; ".join(filter(None, (size, outcome.reason, outcome.warning)))
    return f": {remarks}" if remarks else ""


def _describe_all(people: Sequence[PersonSummary], faces_refused: bool) -> Iterator[str]:
    missing = [person.person for person in people if not person.has_picture]
    if not missing:
        yield f"{_people(len(people))}, everybody has a picture."
    else:
        yield f"{_people(len(people))}, without a picture: {', '.join(missing)}."
        if faces_refused:
            yield "Add --review page.html to see which faces were found in each picture."
    if any(person.metres for person in people):
        yield DISTANCE_RULE


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"

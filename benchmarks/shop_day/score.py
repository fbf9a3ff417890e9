"""Counts of a day whose truth is known: names, unknown groups, and the search for people enrolled afterwards."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.shop_day.plan import Appearance, Visit
from benchmarks.shop_day.play import Place, Played, TrackId
from pipeline.history.database import Database
from pipeline.history.search import Hit

CROWD = ""


@dataclass(frozen=True)
class Names:
    """Of visits: of the enrolled, how many were seen at all, and what their first name was; and of strangers."""

    enrolled: int
    seen: int
    right: int
    wrong: int
    strangers: int
    strangers_named: int


@dataclass(frozen=True)
class Groups:
    """tracks, pure: of known people, and those in a group that is mostly theirs.

    first, false_links: people who came for the first time, and those who were put with somebody else then.
    returns, linked: of strangers who came again, and those put with an earlier visit.
    """

    tracks: int
    pure: int
    first: int
    false_links: int
    returns: int
    linked: int


def appearances(visits: Sequence[Visit]) -> dict[Place, Appearance]:
    """Who came when, by the visit and their name."""
    return {(number, one.shopper.name): one for number, visit in enumerate(visits) for one in visit.people}


def is_return(one: Appearance) -> bool:
    """Whether a stranger comes again."""
    return one.number > 0 and not one.shopper.is_enrolled


def count_names(visits: Sequence[Visit], played: Played, enrolled: set[str]) -> Names:
    """What the first name of each visit was."""
    firsts: dict[Place, str] = {}
    for track, place in sorted(played.owners.items(), key=lambda one: one[0]):
        if played.named.get(track):
            firsts.setdefault(place, played.named[track][0])
    everybody = appearances(visits)
    known = [place for place in everybody if place[1] in enrolled]
    seen = set(played.owners.values())
    right = sum(firsts.get(place) == place[1] for place in known)
    strangers = (set(everybody) | {place for place in seen if place[1] == CROWD}) - set(known)
    return Names(
        enrolled=len(known),
        seen=sum(place in seen for place in known),
        right=right,
        wrong=sum(place in firsts for place in known) - right,
        strangers=len(strangers),
        strangers_named=sum(place in firsts for place in strangers),
    )


def read_groups(database: Database) -> dict[TrackId, int]:
    """The group of each track that has one, in the order in which tracks came."""
    rows = database.rows(
        "SELECT t.camera, t.number, g.grp FROM tracks t JOIN track_groups g ON g.track = t.id ORDER BY t.first_seen"
    )
    return {(camera, number): group for camera, number, group in rows}


def count_groups(visits: Sequence[Visit], owners: Mapping[TrackId, Place], groups: Mapping[TrackId, int]) -> Groups:
    """How well tracks of one person are together. Real videos, whose people nobody knows, can only be mixed in."""
    everybody = appearances(visits)
    places = {track: owners[track] for track in groups if track in owners}
    mostly: dict[int, Counter[str]] = defaultdict(Counter)
    for track, (_, person) in places.items():
        mostly[groups[track]][person] += 1
    known = {track: place for track, place in places.items() if place[1] != CROWD}
    before = _earlier(places, groups)
    first = {place for place in known.values() if everybody[place].number == 0}
    again = {place for place in known.values() if is_return(everybody[place])}
    return Groups(
        tracks=len(known),
        pure=sum(mostly[groups[track]].most_common(1)[0][0] == person for track, (_, person) in known.items()),
        first=len(first),
        false_links=sum(any(other[1] != place[1] for other in before[place]) for place in first),
        returns=sum(map(is_return, everybody.values())),
        linked=sum(any(other[1] == place[1] for other in before[place]) for place in again),
    )


def _earlier(places: Mapping[TrackId, Place], groups: Mapping[TrackId, int]) -> dict[Place, set[Place]]:
    """For each visit of a person, the earlier visits in the groups that they were put into."""
    visits: dict[int, set[Place]] = defaultdict(set)
    for track, place in places.items():
        visits[groups[track]].add(place)
    found: dict[Place, set[Place]] = defaultdict(set)
    for track, place in places.items():
        found[place] |= {other for other in visits[groups[track]] if other[0] < place[0]}
    return found


def count_hits(hits: Sequence[Hit], person: str, owners: Mapping[TrackId, Place]) -> tuple[int, int]:
    """Tracks that a search has found: of the person, and of others."""
    right = sum(owners.get((hit.track.camera, hit.track.track), (0, CROWD))[1] == person for hit in hits)
    return right, len(hits) - right

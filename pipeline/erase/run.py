"""One erasure: find the stores, remember what must be gone, erase, and search all files for what is left."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from pipeline.erase.alike import Found, Wanted, erase_alike, find_alike, shown_place
from pipeline.erase.audit import AUDIT_NAME
from pipeline.erase.backups import followed
from pipeline.erase.database_store import DatabaseStore
from pipeline.erase.gallery import forget_negatives, negatives_from
from pipeline.erase.history import tracks_of
from pipeline.erase.history_faces import Sight, open_history, sights_of, sources_of
from pipeline.erase.opened import opened
from pipeline.erase.overwrite import destroy
from pipeline.erase.person import Person
from pipeline.erase.postgres_gallery import gallery_at
from pipeline.erase.proof import Proof
from pipeline.erase.recordings import erase_recording, recordings_of
from pipeline.erase.report import ReportStore, films_of_erased
from pipeline.erase.store import IncompleteError, Outcome, Store
from pipeline.erase.stores import STORES, store_of
from recognizer.gallery.names import find_lookalike

NO_PATH = Path()  # of a database
ALIKE_FIRST = (
    "nothing is erased yet, as nobody could be compared afterwards: run this again with --confirm-alike and the keys of"
    " those that are theirs, or without --also-alike"
)
LINK = "a link to something outside these folders: neither erased nor searched, so give that as well"


@dataclass(frozen=True)
class Erasure:
    """What was done.

    outcomes: files that changed or where something is left.  searched: files in the proof.  lookalike: somebody in a
    store whose name differs only by case, width, spaces or invisible characters, where nobody has the name itself.
    """

    outcomes: list[Outcome]
    stores: int
    searched: int
    faces: int
    lookalike: str | None = None

    @property
    def complete(self) -> bool:
        return self.lookalike is None and not any(outcome.left for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Also:
    """What is erased beside what has the name. films: annotated films of reports that somebody was erased from.

    recordings: film of live cameras at times when they saw the person.  alike: faces that are like the person's.
    """

    films: bool = False
    recordings: bool = False
    alike: Wanted | None = None


def erase_person(
    name: str, places: Sequence[Path], *, databases: Sequence[DatabaseStore] = (), also: Also | None = None
) -> Erasure:
    """Erase a person from all stores in these folders and files, and from these databases.

    name: cleaned as the gallery cleans it.
    """
    closed: list[Outcome] = []
    files = list(files_in(places, closed))
    with followed(files):
        return _erase_person(name, places, files, closed, databases, also or Also())


def _erase_person(
    name: str,
    places: Sequence[Path],
    files: Sequence[Path],
    closed: Sequence[Outcome],
    databases: Sequence[DatabaseStore],
    also: Also,
) -> Erasure:
    stores, unreadable = find_stores(files)
    all_stores = [*stores, *((NO_PATH, database) for database in databases)]
    people = {other for path, store in all_stores for other in people_in(path, store)}
    person = Person(name).knowing(people)
    traces = [trace for path, store in all_stores for trace in _traces(path, store, person)]
    known = _known_of_tracks(all_stores, person)
    found_alike = find_alike(all_stores, person, also.alike) if also.alike else Found([], [])
    if also.alike and not also.alike.confirmed and found_alike.alike:
        return _listed_alone(found_alike, len(all_stores), also.alike)
    traces += [one.stored for one in found_alike.alike if also.alike and one.is_confirmed(also.alike)]
    outcomes = [*closed, *unreadable, *(Outcome(link, left=LINK) for link in _links_out(places))]
    # Before the histories lose the name: an erasure that is killed and run again must still know these tracks.
    outcomes += _erase_negatives(all_stores, known.sources)
    outcomes += [erase_recording(film, delete=also.recordings) for film in recordings_of(files, known.sights)]
    for path, store in stores:
        outcomes.append(_erase(path, store, person))
    outcomes += [replace(_erase(NO_PATH, database, person), path=database.name) for database in databases]
    outcomes += found_alike.outcomes
    outcomes += erase_alike(found_alike.alike, also.alike) if also.alike else ()
    reports = [path for path, store in stores if isinstance(store, ReportStore)]
    outcomes += [_erase_film(film, delete=also.films) for path in reports for film in films_of_erased(path)]
    proof = Proof(person, traces)
    files = list(files_in(places, []))  # again: films and journals may be gone
    left = [found for path in files if (found := _search(path, proof)).left]
    left += [found for database in databases if (found := _search_database(database, proof)).left]
    shown = [outcome for outcome in outcomes if outcome.changed or outcome.left]
    lookalike = None if any(map(person.is_named, people)) else find_lookalike(name, people)
    return Erasure([*shown, *left], len(all_stores), len(files), proof.faces, lookalike)


def _listed_alone(found: Found, stores: int, wanted: Wanted) -> Erasure:
    """What is alike, before anything is erased."""
    places = dict.fromkeys(one.shown for one in found.alike)
    listed = [*found.outcomes, *erase_alike(found.alike, wanted)]
    return Erasure([*listed, *(Outcome(place, left=ALIKE_FIRST) for place in places)], stores, 0, 0)


def find_stores(files: Iterable[Path]) -> tuple[list[tuple[Path, Store]], list[Outcome]]:
    """All stores in the order in which they are erased, and the files that could not be looked at."""
    found: list[tuple[Path, Store]] = []
    unreadable: list[Outcome] = []
    for path in files:
        try:
            if store := store_of(path):
                found.append((path, store))
        except OSError as error:
            unreadable.append(Outcome(path, left=f"not readable: {error.strerror}"))
    return sorted(found, key=lambda item: STORES.index(item[1])), unreadable


def files_in(places: Iterable[Path], closed: list[Outcome]) -> Iterator[Path]:
    """Every file once, in a fixed order; links are not followed. closed: gets what this user may not look into."""

    def note(error: OSError) -> None:
        if not isinstance(error, NotADirectoryError):  # a file that was given by itself
            closed.append(Outcome(Path(os.fsdecode(error.filename)), left=f"not searched: {error.strerror}"))

    seen: set[Path] = set()
    for place in places:
        below = [Path(folder, name) for folder, _, names in os.walk(place, onerror=note) for name in names]
        for path in sorted(below) if place.is_dir() else [place]:
            try:
                is_wanted = path.name != AUDIT_NAME and path.is_file() and not path.is_symlink()
            except OSError as error:
                note(error)
                continue
            if is_wanted and (resolved := path.resolve()) not in seen:
                seen.add(resolved)
                yield path


def _links_out(places: Sequence[Path]) -> Iterator[Path]:
    """Links below the folders that lead out of them: what they lead to is neither changed nor searched."""
    roots = [place.resolve() for place in places]
    for place in places:
        for folder, folders, names in os.walk(place):
            for path in sorted(Path(folder, name) for name in (*folders, *names)):
                with suppress(OSError):  # of a folder that may not be looked into, which `_files` tells
                    if path.is_symlink() and path.exists() and not any(map(path.resolve().is_relative_to, roots)):
                        yield path


def people_in(path: Path, store: Store) -> list[str]:
    """Names in a store; none of one that is damaged or in use, as erasing it says so."""
    try:
        return list(store.people(path))
    except (IncompleteError, OSError, ValueError, sqlite3.Error):
        return []


class _Known(NamedTuple):
    """What histories know of the person's tracks. sources: what galleries call them."""

    sights: list[Sight]
    sources: set[str]


def _known_of_tracks(stores: Sequence[tuple[Path, Store]], person: Person) -> _Known:
    """Where the person's tracks were; nothing of a store that is damaged or in use, as erasing it says so."""
    known = _Known([], set())
    for path, store in stores:
        with suppress(IncompleteError, OSError, ValueError, sqlite3.Error):
            if opening := open_history(path, store):
                with opening as database:
                    tracks = tracks_of(database, person)
                    known.sights.extend(sights_of(database, tracks))
                    known.sources.update(sources_of(database, tracks))
    return known


def _erase_negatives(stores: Sequence[tuple[Path, Store]], sources: set[str]) -> Iterator[Outcome]:
    """Erase what galleries keep of the person's tracks as somebody whom they are not."""
    for path, store in stores if sources else ():
        if (gallery := gallery_at(path, store)) is None:
            continue
        shown = shown_place((path, store))
        try:
            if marked := negatives_from(gallery, sources):
                yield Outcome(shown, changed=f"{forget_negatives(gallery, marked)} negatives of their tracks erased")
        except IncompleteError as error:
            yield Outcome(shown, left=str(error))
        except (OSError, ValueError, KeyError, sqlite3.Error) as error:
            yield Outcome(shown, left=f"negatives of their tracks cannot be erased: {error}")


def _traces(path: Path, store: Store, person: Person) -> list[bytes]:
    try:
        stored = list(store.traces(path, person))
        return [*stored, *(data for trace in stored if (data := opened(trace, store.kind)))]
    except (IncompleteError, OSError, ValueError, sqlite3.Error):
        return []


def _erase(path: Path, store: Store, person: Person) -> Outcome:
    try:
        return Outcome(path, changed=store.erase(path, person))
    except IncompleteError as error:
        return Outcome(path, left=str(error))
    except (OSError, ValueError, sqlite3.Error) as error:
        return Outcome(path, left=f"{store.kind} that cannot be changed: {error}")


def _erase_film(film: Path, *, delete: bool) -> Outcome:
    if not delete:
        return Outcome(film, left="a film of a report that somebody was erased from: delete it, or give --delete-films")
    destroy(film)
    return Outcome(film, changed="film destroyed")


def _search_database(database: DatabaseStore, proof: Proof) -> Outcome:
    try:
        found = database.find(proof)
    except IncompleteError as error:
        return Outcome(database.name, left=str(error))
    except (OSError, ValueError) as error:
        return Outcome(database.name, left=f"not searched: {error}")
    return Outcome(database.name, left=f"still holds {' and '.join(found)}" if found else "")


def _search(path: Path, proof: Proof) -> Outcome:
    try:
        found = list(proof.find(path))
    except OSError as error:
        return Outcome(path, left=f"not searched: {error.strerror}")
    except IncompleteError as error:
        return Outcome(path, left=str(error))
    found += ["the name, in the name of the file or a folder"] * proof.is_in_name_of(path)
    return Outcome(path, left=f"still holds {' and '.join(found)}" if found else "")

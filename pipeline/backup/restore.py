"""Puts a backup back: everything is checked first, then each file takes its place whole or not at all."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from configs.postgres.address import is_postgres, show
from pipeline.backup.erased_since import ErasedSince, erased_since
from pipeline.backup.manifest import Entry, Manifest, faults, sync
from pipeline.backup.out_of_use import SIDE_FILES, out_of_use
from pipeline.backup.postgres_copy import copy_to_postgres
from pipeline.backup.prepared import set_log
from pipeline.backup.stage import RESTORING, Staged, stage
from pipeline.bus.outbox import lock_outbox

IN_DATABASES = ("gallery", "history", "collection")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a file of a backup goes: a path, or the address of a database."""

    entry: Entry
    place: str

    @property
    def shown(self) -> str:
        """The place without a password."""
        return show(self.place) if is_postgres(self.place) else self.place


@dataclass(frozen=True, slots=True)
class Restored:
    """placed: where files went.  done: what else was changed, a sentence each.  since: who was erased since."""

    placed: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    since: ErasedSince = field(default_factory=ErasedSince)


def plan(manifest: Manifest, *, to: str = "", only: Sequence[str] = ()) -> list[Target]:
    """Where everything goes: to where it was, or into a folder, or one store into a database.

    only: settings, such as `gallery`. Raises ValueError for a setting or a place that does not fit.
    """
    known = {entry.setting for entry in manifest.files}
    if unknown := [name for name in only if name not in known]:
        raise ValueError(f"--only {unknown[0]}: expected one of {', '.join(sorted(known))}")
    entries = [entry for entry in manifest.files if not only or entry.setting in only]
    if is_postgres(to):
        if len(entries) != 1 or entries[0].kind not in IN_DATABASES:
            raise ValueError("--to postgresql://…: expected --only with one gallery, history or collection")
        return [Target(entries[0], to)]
    return [Target(entry, os.path.join(os.path.abspath(to), entry.name) if to else entry.place) for entry in entries]


def restore_backup(
    folder: Path,
    targets: Sequence[Target],
    manifest: Manifest,
    *,
    replace: bool = False,
    erasures: Sequence[Path] = (),
    clock: Callable[[], float] = time.time,
) -> Restored:
    """Put files of a backup in place.

    replace: also where something is. erasures: audit files and receipts, beside those in the folders of the targets.
    Raises ValueError for a damaged backup, FileExistsError without `replace`, and OSError, also for a store in use.
    Until the last checks are passed, nothing is changed.
    """
    if found := faults(folder, manifest):
        raise ValueError(f"backup {folder}: {'; '.join(found)}; use another backup")
    there = [target.place for target in targets if not is_postgres(target.place) and os.path.lexists(target.place)]
    if there and not replace:
        raise FileExistsError(f"{', '.join(there)}: there already; give --replace to put the backup in its place")
    with _all_staged(folder, targets, clock) as staged:
        present = {one.path: Path(target.place) for target, one in staged if target.place in there}
        since = erased_since([one for _, one in staged], present, erasures, after=manifest.made_at)
        _place_all(staged, replace=replace)
        done = [f"{target.place}: {one.done}" for target, one in staged if one.done and not is_postgres(target.place)]
    return Restored([target.shown for target in targets], done, since)


@contextmanager
def _all_staged(
    folder: Path, targets: Sequence[Target], clock: Callable[[], float]
) -> Iterator[list[tuple[Target, Staged]]]:
    """Copies of the files, each beside its place, or in a folder for a moment where it goes into a database."""
    with ExitStack() as stack:
        passing = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="glimpse-")))
        staged: list[tuple[Target, Staged]] = []
        for number, target in enumerate(targets):
            path = passing / str(number) if is_postgres(target.place) else _beside(Path(target.place))
            stack.callback(path.unlink, missing_ok=True)
            staged.append((target, stage(folder / target.entry.name, path, target.entry, clock)))
        yield staged


def _beside(place: Path) -> Path:
    return place.with_name(f".{place.name}{RESTORING}")


def _place_all(staged: Sequence[tuple[Target, Staged]], *, replace: bool) -> None:
    """Lock every store that is there, and only then replace them, databases first."""
    with ExitStack() as locked:
        for target, _ in staged:
            if target.entry.kind and not is_postgres(target.place) and os.path.exists(target.place):
                _lock(target, locked)
        for target, one in sorted(staged, key=lambda item: not is_postgres(item[0].place)):
            if is_postgres(target.place):
                copy_to_postgres(one.path, target.entry.kind, target.place, replace=replace)
            else:
                _place(target.entry.kind, one.path, Path(target.place))


def _lock(target: Target, locked: ExitStack) -> None:
    place = Path(target.place)
    if target.entry.kind == "outbox":
        try:
            locked.callback(os.close, lock_outbox(place))
        except ValueError:
            raise OSError(f"{place}: in use by a running node or room; stop it first") from None
    locked.enter_context(out_of_use(place))


def _place(kind: str, staged: Path, place: Path) -> None:
    if kind:
        set_log(staged)
        sync(staged)
    if kind and not place.exists():
        for suffix in SIDE_FILES:  # the log of a file that is gone
            place.with_name(f"{place.name}{suffix}").unlink(missing_ok=True)
    staged.replace(place)
    if kind == "outbox":  # numbers of rows of the outbox that was there
        place.with_name(f"{place.name}.consumers").unlink(missing_ok=True)
    sync(place.parent)

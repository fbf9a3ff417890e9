"""Makes a backup of a site while it runs. It gets its name when it is whole, so half a one is never taken for one."""

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from configs.postgres.address import is_postgres, show
from pipeline.backup.kinds import KINDS, kind_of
from pipeline.backup.manifest import Entry, Manifest, Model, digest, sync, write_manifest
from pipeline.backup.places import Kept, Part
from pipeline.backup.postgres_copy import NOUNS, copy_from_postgres
from pipeline.backup.sqlite_copy import copy_sqlite, holds_sealed, look_at
from pipeline.secrets.private_files import FILE_MODE, make_private_folder
from pipeline.version import VERSION

UNFINISHED = ".unfinished"
_KEYS = "{setting}: private keys in {place}: no backup holds keys; keep a copy where the backups are not"
_GLIMPSE_KEY = (
    "GLIMPSE_KEY: faces in this backup are encrypted and open with that key alone; keep it where the backups are not"
)


def make_backup(
    folder: Path, kept: Sequence[Kept], *, node: str, film: bool = False, clock: Callable[[], float] = time.time
) -> Manifest:
    """Copy everything into a new folder; what is set and not there yet is left out, and the manifest says so.

    film: also copy recorded film. Raises FileExistsError for a folder that holds something, ValueError for a damaged
    store, OSError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder}: expected a new or an empty folder, as a backup is never changed")
    begun = clock()
    with _named_full(folder), _unfinished(folder) as unfinished:
        files, left_out = _copy_all(unfinished, [one for one in kept if one.part is not Part.FILM or film])
        left_out += _said_of_keys(kept)
        encrypted = any(holds_sealed(unfinished / entry.name) for entry in files if entry.kind)
        manifest = Manifest(
            glimpse=VERSION,
            node=node,
            made_at=begun,
            encrypted=encrypted,
            files=tuple(files),
            models=tuple(_model(one) for one in kept if one.part is Part.MODEL),
            left_out=(*left_out, *[_GLIMPSE_KEY] * encrypted),
        )
        write_manifest(unfinished, manifest)
        unfinished.rename(folder)
        sync(folder.absolute().parent)
    return manifest


def given_places(places: Iterable[str]) -> list[Kept]:
    """Files and folders that somebody names; of a folder every store and other file below it."""
    found: list[Kept] = []
    for number, place in enumerate(places, 1):
        path = Path(place)
        if is_postgres(place) or not path.exists():
            raise ValueError(f"{show(place) if is_postgres(place) else place}: expected a file or folder that is there")
        below = (
            sorted(file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
            if path.is_dir()
            else [path]
        )
        found += [
            Kept(f"given.{number}", str(file.absolute()), _part(file)) for file in below if not _is_side_file(file)
        ]
    return found


def _part(path: Path) -> Part:
    return Part.STORE if kind_of(path) else Part.FILE


def _is_side_file(path: Path) -> bool:
    return path.name.endswith(("-wal", "-shm", ".lock"))


@contextmanager
def _named_full(folder: Path) -> Iterator[None]:
    """Name the disk that is full: the system names the file that was copied, which lies on another one."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        place = folder.absolute().parent
        raise OSError(f"{folder}: no room for the backup, the disk of {place} is full; none of it is kept") from error


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """The folder in which the backup grows; what an interrupted one left there is deleted."""
    path = folder.absolute().with_name(f".{folder.name}{UNFINISHED}")
    make_private_folder(path)
    descriptor = _lock(path)
    try:
        for left in path.iterdir():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        yield path
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
    finally:
        os.close(descriptor)


def _lock(folder: Path) -> int:
    """A descriptor that holds the lock of a folder. Raises OSError where another process has it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise OSError(f"{folder}: another backup is written there now") from None
    return descriptor


def _copy_all(folder: Path, kept: Sequence[Kept]) -> tuple[list[Entry], list[str]]:
    files: list[Entry] = []
    left_out: list[str] = []
    for one in kept:
        if one.part is Part.FILM:
            files += _copy_film(folder, one)
        elif one.part in (Part.STORE, Part.FILE):
            if is_postgres(one.place) or Path(one.place).is_file():
                files.append(_copy(folder, one, _free_name(one, files)))
            else:
                left_out.append(f"{one.setting}: {one.place}: no such file yet")
    return files, left_out


def _copy(folder: Path, one: Kept, name: str) -> Entry:
    target = folder / name
    make_private_folder(target.parent)
    noun, schema, place = "", 0, one.place
    if is_postgres(one.place):
        noun, place = NOUNS[one.setting], show(one.place)
        copy_from_postgres(one.place, noun, target)
        schema = look_at(target, next(kind for kind in KINDS if kind.noun == noun), f"{noun} {place}")
    elif one.part is Part.STORE:
        kind = kind_of(Path(one.place))
        if kind is None:
            raise ValueError(
                f"{one.setting}: {one.place}: expected a file of Glimpse, got another one, or a damaged one"
            )
        noun, schema = kind.noun, copy_sqlite(Path(one.place), target, kind)
    else:
        shutil.copyfile(one.place, target)
        target.chmod(FILE_MODE)
    sync(target)
    sync(target.parent)
    size = target.stat().st_size
    return Entry(
        name=name, setting=one.setting, place=place, kind=noun, schema=schema, bytes=size, sha256=digest(target)
    )


def _copy_film(folder: Path, film: Kept) -> Iterator[Entry]:
    """Films that are complete; the name of the one that grows has no end yet (`pipeline.film.segments`)."""
    root = Path(film.place)
    for path in sorted(root.rglob("*--*.mkv")):
        name = f"film.folder/{path.relative_to(root)}"
        yield _copy(folder, Kept("film.folder", str(path), Part.FILE), name)


def _free_name(one: Kept, files: Sequence[Entry]) -> str:
    """SETTING/NAME, with a number where two files of one setting have one name."""
    last = Path(show(one.place)).name + ".db" if is_postgres(one.place) else Path(one.place).name
    taken = {entry.name for entry in files}
    names = (
        f"{one.setting}/{number}{'-' * bool(number)}{last}".replace("/0", "/", 1) for number in range(len(files) + 1)
    )
    return next(name for name in names if name not in taken)


def _model(one: Kept) -> Model:
    path = Path(one.place)
    if not path.is_file():
        return Model(setting=one.setting, place=one.place)
    return Model(setting=one.setting, place=one.place, sha256=digest(path))


def _said_of_keys(kept: Sequence[Kept]) -> list[str]:
    keys = [_KEYS.format(setting=one.setting, place=one.place) for one in kept if one.part is Part.KEYS]
    film = [f"film.folder: {one.place}: film is copied with --film alone" for one in kept if one.part is Part.FILM]
    return keys + film

"""Enrols somebody from a track, and takes that back."""

from pipeline.history.corrections.correction import Desk, source_of
from pipeline.history.corrections.gallery_work import Enrol, Withdraw


def enrolled_from(desk: Desk, track: int) -> str | None:
    """For whom the crop of a track is enrolled; None for nobody. Raises ValueError where there is no such track."""
    source = source_of(desk.database, track)
    return desk.people.enrolled_from(source) if desk.people else None


def enrol_from(desk: Desk, track: int, name: str) -> None:
    """Write down that the best crop is to be enrolled; the gallery's checks decide. Without a crop they refuse it."""
    crops = desk.database.rows("SELECT data, face_px FROM crops WHERE track = ?", (track,))
    crop, px = crops[0] if crops else (b"", 0.0)
    desk.work(Enrol(name, source_of(desk.database, track), desk.database.cipher.open_sound(bytes(crop)) or b"", px))


def withdraw_from(desk: Desk, track: int, name: str) -> None:
    """Write down that what was enrolled from a track is to be erased."""
    desk.work(Withdraw(name, source_of(desk.database, track)))

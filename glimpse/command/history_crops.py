"""`glimpse history crops`: the crops of a history as a folder of tracks, for `python -m distill site`."""

import csv
import os
from pathlib import Path

from glimpse.command.counts import nothing_found
from glimpse.command.history_answers import print_line
from glimpse.command.history_settings import place_of
from glimpse.command.new_command import DONE
from pipeline.history.groups.group_name import group_name
from pipeline.history.reader import Crop, HistoryReader, TrackRow
from pipeline.secrets.private_files import make_private_folder, open_private
from recognizer.base import State

PAGE = 500  # crops at once


def crops(folder: Path, history: str | None = None, *, config: Path | None = None) -> int:
    """Write the best crop of every track into a new folder, for its owner alone, as FOLDER/TRACK/SECONDS_PX.jpg, and
    tracks.csv with who it is, a name or the number of an unknown person, and how that is known: confirmed by an
    operator, named, or grouped. Exit code 1: no crop is kept.

    Crops are biometric data. Delete the folder when it has been used.

    Parameters
    ----------
    folder
        folder to make
    history
        file or postgresql:// address of glimpse history record
    config
        configuration file whose history.file is read
    """
    if folder.exists():
        raise ValueError(f"{folder}: expected a folder that does not exist yet")
    written: list[tuple[str, str, str, str]] = []
    with HistoryReader(place_of(history, config)) as reader:
        for page in reader.crops(PAGE):
            numbers = [one.track for one in page]
            rows, groups, said = reader.by_id(numbers), reader.groups_of(numbers), reader.confirmed(numbers)
            for crop in page:
                if row := rows.get(crop.track):
                    _write(folder / str(crop.track), crop, row)
                    person, known = _person(row, groups.get(crop.track), said.get(crop.track))
                    written.append((str(crop.track), person, known, row.camera))
    if not written:
        return nothing_found("no crop is kept: the node publishes them with events.samples")
    with os.fdopen(open_private(folder / "tracks.csv", os.O_WRONLY), "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("track", "person", "known", "camera"), *written])
    print_line(f"{len(written)} crops in {folder}")
    return DONE


def _write(folder: Path, crop: Crop, row: TrackRow) -> None:
    make_private_folder(folder)
    name = f"{row.first_seen:.3f}_{crop.face_px:.2f}.jpg"
    with os.fdopen(open_private(folder / name, os.O_WRONLY), "wb") as file:
        file.write(crop.data)


def _person(row: TrackRow, group: int | None, confirmed: str | None) -> tuple[str, str]:
    """Who a track is known to show, and how that is known; empty for nobody."""
    if row.state == State.NAMED and row.person:
        return row.person, "confirmed" if confirmed == row.person else "named"
    return ("", "") if group is None else (group_name(group), "grouped")

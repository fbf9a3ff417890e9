"""`glimpse history truth`: who tracks really were, as operators said it, for `glimpse evaluate --truth`."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from glimpse.command.history_settings import place_of
from glimpse.command.new_command import DONE, FAILED
from pipeline.history.corrections.truth import ALWAYS, said_tracks, write_truth
from pipeline.history.database import open_database


def truth(
    history: str | None = None,
    *,
    config: Path | None = None,
    since: Annotated[datetime | None, Parameter(name=("--from", "--since"))] = None,
    before: Annotated[datetime | None, Parameter(name=("--to", "--before"))] = None,
    strangers: bool = False,
) -> int:
    """Write a table of who was in view, as CSV to standard output: the tracks that operators confirmed or corrected.
    Exit code 1: there is none.

    Parameters
    ----------
    history
        file or postgresql:// address of glimpse history record
    config
        configuration file whose history.file is read
    since
        tracks first seen at this local time or later: 2026-11-27 or 2026-11-27T08:30:00
    before
        tracks first seen before this local time
    strangers
        tracks of which it was only said who they are not are strangers
    """
    times = {
        "since": since.timestamp() if since else ALWAYS[0],
        "before": before.timestamp() if before else ALWAYS[1],
    }
    with open_database(place_of(history, config)) as database:
        written, left = write_truth(sys.stdout, said_tracks(database, **times), strangers=strangers)
    sys.stdout.flush()
    if left:
        said = "of which it was only said who they are not"
        Console(stderr=True, soft_wrap=True).print(f"left out: {left} tracks {said}; --strangers takes them")
    return DONE if written else FAILED

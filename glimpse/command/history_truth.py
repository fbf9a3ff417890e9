"""`glimpse history truth`: who tracks really were, as operators said it, for `glimpse evaluate --truth`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from glimpse.command.counts import nothing_found
from glimpse.command.history_settings import place_of
from glimpse.command.new_command import DONE
from pipeline.history.corrections.truth import ALWAYS, said_tracks, write_truth
from pipeline.history.database import open_database
from pipeline.site.site_time import parse


def truth(
    history: str | None = None,
    *,
    config: Path | None = None,
    since: Annotated[str | None, Parameter(name=("--from", "--since"))] = None,
    before: Annotated[str | None, Parameter(name=("--to", "--before"))] = None,
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
        tracks first seen at this time of the site or later: 2026-11-27, 2026-11-27T08:30, or 08:30 for today
    before
        tracks first seen before this time of the site
    strangers
        tracks of which it was only said who they are not are strangers
    """
    place = place_of(history, config)
    times = {
        "since": parse(since, "--from") if since else ALWAYS[0],
        "before": parse(before, "--to", is_end=True) if before else ALWAYS[1],
    }
    with open_database(place) as database:
        written, left = write_truth(sys.stdout, said_tracks(database, **times), strangers=strangers)
    sys.stdout.flush()
    if left:
        said = "of which it was only said who they are not"
        Console(stderr=True, soft_wrap=True).print(f"left out: {left} tracks {said}; --strangers takes them")
    if written:
        return DONE
    return nothing_found("no track of this time was confirmed or corrected; glimpse history this-is says who one is")

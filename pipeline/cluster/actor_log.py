"""The log of the processes that Ray starts: as section `log` of the site says, in a file for each of them."""

import logging

import msgspec

from pipeline.logs.open_log import open_log, room_log
from pipeline.settings.types import Settings

log = logging.getLogger("glimpse.cluster")

SUPERVISOR = "supervisor"


def open_actor_log(settings: Settings, process: str, node: str) -> None:
    """Begin the log of the supervisor, or of the worker of a node, whose files are told apart by their names.

    A file that cannot be written on this machine is said, and standard error goes on without it: cameras come first.
    """
    name = process if process == SUPERVISOR else f"{process}.{node}"
    chosen = room_log(settings.log, name)
    try:
        open_log(chosen, process=process, node=node)
    except OSError as error:
        open_log(msgspec.structs.replace(chosen, file=""), process=process, node=node)
        log.warning("log.file: %s cannot be written on this machine: %s", chosen.file, error)

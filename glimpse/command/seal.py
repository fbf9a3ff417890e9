"""`glimpse seal FILE…`: encrypts the faces that files have held since before there was a key, or changes the key."""

import sys
from typing import Annotated

from cyclopts import App, Parameter

from configs.at_rest import VARIABLE, AtRest, at_rest
from configs.postgres.address import is_postgres, show
from glimpse.command.new_command import DONE, FAILED, exit_code, fail, new_command
from pipeline.erase.store import IncompleteError
from pipeline.seal.run import kinds_at, seal_store

app: App = new_command(
    "seal",
    "glimpse seal people.db history.db outbox.db",
    "glimpse seal postgresql://db/glimpse",
    "glimpse seal people.db history.db --old-key-env OLD_KEY",
)


@app.default
@exit_code
def seal(*places: Annotated[str, Parameter(name="FILE")], old_key_env: str = "") -> int:
    """Encrypt faces with the key in GLIMPSE_KEY, and overwrite what stood there. Calling it again goes on.

    Stop what writes the files before you change the key.

    Parameters
    ----------
    places
        galleries, histories, collections (also postgresql://HOST/DATABASE), outboxes, files of alerts and deliveries
    old_key_env
        environment variable with the key that they were encrypted with
    """
    new = at_rest()
    if not new.is_on:
        raise ValueError(f"seal: expected a key in {VARIABLE}; glimpse new-key prints one")
    old = at_rest(variable=old_key_env) if old_key_env else new
    if not old.is_on:
        raise ValueError(f"--old-key-env: expected a key in {old_key_env}")
    if not places:
        raise ValueError("FILE: expected at least one file to encrypt")
    return max(_seal(place, kind, new=new, old=old) for place in places for kind in kinds_at(place))


def _seal(place: str, kind: str, *, new: AtRest, old: AtRest) -> int:
    name = f"{kind} {show(place)}" if is_postgres(place) else place
    try:
        done = seal_store(place, kind=kind, new=new, old=old)
    except IncompleteError as error:
        return fail(f"{name}: {error}", FAILED)
    sys.stdout.write(f"{name}: {done.values} values encrypted\n")
    if done.damaged:
        return fail(f"{name}: {done.damaged} damaged values cannot be opened and were left", FAILED)
    return DONE

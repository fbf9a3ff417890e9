"""`glimpse new-key`: a key that encrypts faces in galleries, histories and outboxes."""

import sys

from cyclopts import App

from configs.at_rest import VARIABLE
from configs.at_rest import new_key as make_key
from glimpse.command.new_command import DONE, exit_code, new_command

app: App = new_command("new-key", "glimpse new-key")


@app.default
@exit_code
def new_key() -> int:
    """Print a new key for the environment variable GLIMPSE_KEY. Keep it: without it, nobody can read what it sealed."""
    sys.stdout.write(f"{VARIABLE}={make_key()}\n")
    return DONE

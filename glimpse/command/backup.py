"""`glimpse backup DIR`: a copy of everything that a site keeps, made while it runs."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from glimpse.command.counts import at_least
from glimpse.command.new_command import DONE, FAILED, exit_code, fail, new_command, write_json
from glimpse.command.site_settings import read_site
from pipeline.backup.keep import delete_oldest, next_name
from pipeline.backup.make import given_places, make_backup
from pipeline.backup.manifest import Manifest
from pipeline.backup.places import kept_by

app: App = new_command(
    "backup",
    "glimpse backup /mnt/backups/monday --config site.yaml",
    "glimpse backup /mnt/backups --keep 14 --config site.yaml",
    "glimpse backup gallery-backup people.db",
)


@app.default
@exit_code
def backup(
    folder: Annotated[Path, Parameter(name="DIR")],
    *places: Annotated[str, Parameter(name="FILE")],
    config: Path | None = None,
    film: bool = False,
    keep: int | None = None,
    json: bool = False,
) -> int:
    """Copy galleries, histories, outboxes and all other stores of a site, its configuration and calibration, while
    they are used. Models are named with their hashes, and keys are left out. Only you may read the copy.

    Parameters
    ----------
    folder
        new folder for the backup
    places
        files and folders to copy, beside what the configuration names
    config
        configuration file of the site
    film
        also copy recorded film
    keep
        make the backup in DIR/TIME, and delete the oldest ones there but so many
    json
        print what was copied as JSON
    """
    if config is None and not places:
        raise ValueError("expected --config FILE, or files to copy")
    at_least("--keep", keep)
    settings = read_site(config) if config else None
    kept = [*(kept_by(settings, config) if settings else ()), *given_places(places)]
    target = next_name(folder) if keep else folder
    try:
        made = make_backup(target, kept, node=settings.node if settings else "", film=film)
    except FileExistsError as error:
        return fail(error, FAILED)
    deleted = delete_oldest(folder, keep=keep) if keep else []
    if json:
        write_json({"backup": str(target), "manifest": made, "deleted": [str(old) for old in deleted]})
    else:
        _print(target, made, deleted)
    return DONE


def _print(target: Path, made: Manifest, deleted: list[Path]) -> None:
    size = sum(entry.bytes for entry in made.files)
    lines = [f"{entry.setting}: {entry.place} ({entry.bytes:,} bytes)" for entry in made.files]
    lines += [f"not copied: {sentence}" for sentence in made.left_out]
    lines += [f"deleted: {old}" for old in deleted]
    sys.stdout.write("\n".join([*lines, f"{target}: {len(made.files)} files, {size:,} bytes"]) + "\n")

"""`glimpse restore DIR`: puts a backup back."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from glimpse.command.new_command import DONE, FAILED, exit_code, fail, new_command, write_json
from pipeline.backup.erased_since import ErasedSince
from pipeline.backup.manifest import read_manifest
from pipeline.backup.restore import Restored, plan, restore_backup
from recognizer.gallery.names import printable

app: App = new_command(
    "restore",
    "glimpse restore /mnt/backups/monday --to /tmp/drill",
    "glimpse restore /mnt/backups/monday --replace",
    "glimpse restore /mnt/backups/monday --only gallery --to /tmp/drill",
)


@app.default
@exit_code
def restore(
    folder: Annotated[Path, Parameter(name="DIR")],
    *,
    to: str = "",
    only: list[str] | None = None,
    replace: bool = False,
    erasures: list[Path] | None = None,
    json: bool = False,
) -> int:
    """Put the files of a backup back to where they were. Stop node, rooms and page first. Exit code 1: refused, or
    somebody who was erased since the backup is back.

    Parameters
    ----------
    folder
        folder of a backup
    to
        folder to restore into instead, or postgresql://HOST/DATABASE for one gallery, history or collection
    only
        restore this setting alone, such as gallery or history.file; may be repeated
    replace
        also where a file is already, or a database holds something
    erasures
        further audit file (erasures.jsonl) or receipt of erasures, to say who was erased since; may be repeated
    json
        print what was done as JSON
    """
    manifest = read_manifest(folder)
    targets = plan(manifest, to=to, only=only or ())
    if missing := [path for path in erasures or () if not path.is_file()]:
        raise ValueError(f"--erasures {missing[0]}: no such file")
    try:
        restored = restore_backup(folder, targets, manifest, replace=replace, erasures=erasures or ())
    except FileExistsError as error:
        return fail(error, FAILED)
    if json:
        write_json({"restored": restored, "left_out": manifest.left_out})
    else:
        _print(restored, manifest.left_out)
    return FAILED if restored.since else DONE


def _print(restored: Restored, left_out: tuple[str, ...]) -> None:
    lines = [f"restored: {place}" for place in restored.placed] + restored.done
    lines += [f"not in the backup: {sentence}" for sentence in left_out]
    sys.stdout.write("\n".join([*lines, *_sentences(restored.since)]) + "\n")


def _sentences(since: ErasedSince) -> list[str]:
    """What was erased after the backup was made, and what to do."""
    lines = [
        f"{printable(name)} was erased after this backup and is in it: python -m pipeline.erase {printable(name)!r} DIR"
        for name in since.names
    ]
    others = [printable(name) for name in since.missing if name not in since.names]
    if others:
        lines.append(
            f"erased, renamed or merged after this backup, and back under their old names: {', '.join(others)}"
        )
        lines.append("erase again whoever was erased: python -m pipeline.erase NAME DIR")
    if since.erasures:
        lines.append(f"the replaced gallery counted {since.erasures} erasures after this backup")
    if since.lines and not since.names:
        lines.append(f"{since.lines} erasures were written down after this backup; nobody in it was meant")
    if not since.compared:
        lines.append("not every name was compared with every erasure: there are too many; erase those of whom you know")
    return lines

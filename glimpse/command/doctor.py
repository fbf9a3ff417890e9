"""`glimpse doctor`: what this machine has, what a site has, and what is missing."""

from collections.abc import Iterator
from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.table import Table
from rich.text import Text

from glimpse.command.new_command import DONE, FAILED, exit_code, new_command, write_json
from glimpse.command.site_settings import read_site
from glimpse.doctor import Finding, Health, examine

STYLES = {Health.GOOD: "green", Health.MISSING: "yellow", Health.DOUBTFUL: "yellow", Health.BROKEN: "red"}

app: App = new_command(
    "doctor",
    "glimpse doctor",
    "glimpse doctor --config site.yaml",
    "glimpse doctor --gallery people.db --json",
)


@app.default
@exit_code
def doctor(
    *, config: Path | None = None, gallery: str | None = None, without_cameras: bool = False, json: bool = False
) -> int:
    """Say what this machine has and what is missing. Exit code 1 where Glimpse cannot run, or the site is not whole.

    Parameters
    ----------
    config
        also look at everything that this configuration names: stores, rights, clock, cameras, ports
    gallery
        also look into this gallery
    without_cameras
        with --config: do not ask cameras for a picture
    json
        print the findings as JSON
    """
    findings = [*examine(gallery), *_of_site(config, dial=not without_cameras)]
    if json:
        write_json(findings)
    else:
        Console().print(_table(findings))
    return FAILED if any(finding.health is Health.BROKEN for finding in findings) else DONE


def _of_site(config: Path | None, *, dial: bool) -> Iterator[Finding]:
    if config is not None:
        from glimpse.doctor_site import examine_site  # rooms and cameras: slow to import

        yield from examine_site(read_site(config), config, dial=dial)


def _table(findings: list[Finding]) -> Table:
    table = Table("part", "", "found", "what to do", box=None, pad_edge=False)
    for finding in findings:
        state = Text(str(finding.health), style=STYLES[finding.health])
        table.add_row(
            Text(finding.part, overflow="fold"),
            state,
            Text(finding.found, overflow="fold"),
            Text(finding.advice, overflow="fold"),
        )
    return table

"""`glimpse doctor`: what this machine has, and what is missing."""

from cyclopts import App
from rich.console import Console
from rich.table import Table
from rich.text import Text

from glimpse.command.new_command import DONE, FAILED, exit_code, new_command, write_json
from glimpse.doctor import Finding, Health, examine

STYLES = {Health.GOOD: "green", Health.MISSING: "yellow", Health.BROKEN: "red"}

app: App = new_command("doctor", "glimpse doctor", "glimpse doctor --gallery people.db --json")


@app.default
@exit_code
def doctor(*, gallery: str | None = None, json: bool = False) -> int:
    """Say what this machine has and what is missing. Exit code 1 where Glimpse cannot run.

    Parameters
    ----------
    gallery
        also look into this gallery
    json
        print the findings as JSON
    """
    findings = list(examine(gallery))
    if json:
        write_json(findings)
    else:
        Console().print(_table(findings))
    return FAILED if any(finding.health is Health.BROKEN for finding in findings) else DONE


def _table(findings: list[Finding]) -> Table:
    table = Table("part", "", "found", "what to do", box=None, pad_edge=False)
    for finding in findings:
        state = Text(str(finding.health), style=STYLES[finding.health])
        table.add_row(finding.part, state, Text(finding.found), Text(finding.advice))
    return table

"""The card of a student that was fitted to a site: from whom, from when to when, what it gained, who may have it."""

import datetime
from collections.abc import Mapping, Sequence

from configs.markdown import table
from distill.export.model_card import environment_text
from distill.site.false_names import FalseNames
from distill.site.measure import Shares
from distill.site.split import Parts
from distill.site.visitors import Visitor
from distill.training.checkpoint import command, environment

NOT_TO_BE_PASSED_ON = (
    "**Not to be passed on.** The weights were computed from the faces of people who came to this site. They are to be"
    " treated as biometric data: kept here, deleted with the recordings, and named in the site's records."
)
STRANGER_HEADS = ("strangers", "comparisons", "threshold of", "reach it before", "after")
HEADS = ("far faces", "people", "false matches", "named right before", "after", "gained (95 %)")


def make_card(
    parts: Parts, shares: Mapping[str, Shares], false_names: Mapping[str, FalseNames], choice: str, space: str
) -> str:
    """The card, Markdown. shares: by what was measured and face size.  choice: how the fit was made."""
    everybody = (*parts.learnt, *parts.choosing, *parts.measured)
    sections = [
        "# A recogniser that was fitted to one site",
        f"Made by `python -m distill site` from the family `{space}`: the last layer of its smallest student was"
        " fitted, so that far views of a track give what near views gave. Nothing of it left the machine.",
        NOT_TO_BE_PASSED_ON,
        "## From what",
        f"{len(everybody)} people, {_span(everybody)}: {len(parts.learnt)} were learnt from, {len(parts.choosing)}"
        f" chose between settings, {len(parts.measured)} measured and came after the others. {choice}",
        "## Measured",
        figures(shares),
        "Everybody who measures is enrolled with their largest look, and their far looks are searched among all of"
        " them, at the same rate of false matches before and after. `another day`: the far looks are of later visits."
        " `general test`: of generated people whom other cameras filmed.",
        false_name_figures(false_names),
        "## Made with",
        f"`{command()}`. Environment: {environment_text(environment())}.",
    ]
    return "\n\n".join(sections) + "\n"


def figures(shares: Mapping[str, Shares]) -> str:
    """The table of what was measured."""
    rows = [[size, *cells(one)] for size, one in shares.items()]
    return table(HEADS, rows, align_right=True)


def false_name_figures(false_names: Mapping[str, FalseNames]) -> str:
    """The table of strangers who reach a threshold, of the calibration of each recogniser."""
    rows = [
        [name, f"{one.comparisons:,}", f"{100 * one.rate:g} %", str(one.before), str(one.after)]
        for name, one in false_names.items()
    ]
    return table(STRANGER_HEADS, rows, align_right=True)


def cells(shares: Shares) -> list[str]:
    """The cells of one row, in the order of HEADS without the first."""
    gained = 100 * (shares.after - shares.before)
    interval = f"{gained:+.1f} ({100 * shares.low:+.1f} to {100 * shares.high:+.1f})"
    return [
        str(shares.people),
        f"{100 * shares.rate:g} %",
        f"{100 * shares.before:.1f} %",
        f"{100 * shares.after:.1f} %",
        interval,
    ]


def _span(visitors: Sequence[Visitor]) -> str:
    times = [look.time for visitor in visitors for look in visitor.looks]
    first, last = (datetime.datetime.fromtimestamp(one, datetime.UTC) for one in (min(times), max(times)))
    return f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"

"""Renders the templates: everything in them is escaped, and scripts and styles come from files alone."""

import datetime
import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pipeline.version import VERSION
from pipeline.web.navigation import PLACES
from pipeline.web.security.roles import User

HERE = Path(__file__).parent
NOBODY = (HERE / "static" / "nobody.svg").read_bytes()
"""A picture of somebody whose picture is not kept."""

MARKS = {"named": "●", "candidate": "◐", "ambiguous": "◆", "unknown": "○"}
"""So that a state is not told by its colour alone."""


def respond(request: Request, template: str, *, status: int = 200, **content: Any) -> HTMLResponse:
    """A page, or a part of one, as an answer."""
    text = environment().get_template(template).render(request=request, **content)
    return HTMLResponse(text.encode(errors="backslashreplace"), status)  # a name may hold lone surrogates


@cache
def environment() -> Environment:
    """The templates of the page and of its login, with the filters that they use."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"version": VERSION, "marks": MARKS, "places": PLACES}
    found.globals |= {"static": static_address, "user_of": user_of, "csrf_of": csrf_of}
    found.filters |= {
        "clock": format_clock,
        "moment": format_moment,
        "iso": format_iso,
        "share": format_share,
        "span": format_span,
        "segment": format_segment,
    }
    return found


def user_of(request: Request) -> User | None:
    """Who asks; None before the login."""
    return getattr(request.state, "user", None)


def csrf_of(request: Request) -> str:
    """The token that a change must bring."""
    return str(getattr(request.state, "csrf", ""))


@cache
def static_address(name: str) -> str:
    """Where a static file is; the address changes with its content, so that browsers may keep it."""
    return f"/static/{name}?v={hashlib.sha256((HERE / 'static' / name).read_bytes()).hexdigest()[:12]}"


def day_of(seconds: float) -> str:
    """The day of Unix seconds, by the clock of this machine."""
    return _local(seconds).strftime("%A, %d %B %Y")


def format_moment(seconds: float) -> str:
    """Day and time of Unix seconds, by the clock of this machine."""
    return _local(seconds).strftime("%a %d %b %Y, %H:%M:%S")


def format_clock(seconds: float) -> str:
    """Time of day of Unix seconds, by the clock of this machine."""
    return _local(seconds).strftime("%H:%M:%S")


def format_iso(seconds: float) -> str:
    """Unix seconds for the attribute `datetime`."""
    return _local(seconds).isoformat(timespec="seconds")


def format_span(seconds: float) -> str:
    """How long something lasted."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def format_share(chance: float) -> str:
    """A chance in words that need no zeros counted."""
    if chance <= 0:
        return "less than 1 in 1,000,000"
    return f"1 in {1 / chance:,.0f}" if chance < 0.1 else f"{100 * chance:.0f} %"


def format_segment(text: str) -> str:
    """Text as one segment of a path, slashes too."""
    return quote(text, safe="", errors="surrogatepass")


def _local(seconds: float) -> datetime.datetime:
    """Raises nothing for a clock that was wrong by millennia."""
    limited = min(max(seconds, 0.0), 253_000_000_000.0)
    return datetime.datetime.fromtimestamp(limited).astimezone()

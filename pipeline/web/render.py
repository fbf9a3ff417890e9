"""Renders the templates: everything in them is escaped, and scripts and styles come from files alone."""

import hashlib
import time
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pipeline.site import site_time
from pipeline.site.bidi import isolate, isolating
from pipeline.version import VERSION
from pipeline.web.head import address_of, flash_of, open_alerts
from pipeline.web.navigation import PLACES
from pipeline.web.security.roles import Role, User

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
    found.globals |= {"version": VERSION, "marks": MARKS, "places": PLACES, "zone_now": zone_now}
    found.globals |= {"static": static_address, "user_of": user_of, "csrf_of": csrf_of}
    found.globals |= {"may_change": may_change, "may_administer": may_administer, "address_here": address_of}
    found.globals |= {"flash_of": flash_of, "open_alerts": open_alerts}
    found.filters |= {
        "clock": site_time.clock,
        "moment": site_time.moment,
        "iso": site_time.iso,
        "name": isolate,
        "isolating": isolating,
        "share": format_share,
        "span": format_span,
        "segment": format_segment,
    }
    return found


def user_of(request: Request) -> User | None:
    """Who asks; None before the login."""
    return getattr(request.state, "user", None)


def may_change(request: Request) -> bool:
    """Whether who asks may name, correct and acknowledge."""
    user = user_of(request)
    return user is not None and user.role >= Role.OPERATOR


def may_administer(request: Request) -> bool:
    """Whether who asks may also do what is below /admin/."""
    user = user_of(request)
    return user is not None and user.role >= Role.ADMIN


def csrf_of(request: Request) -> str:
    """The token that a change must bring."""
    return str(getattr(request.state, "csrf", ""))


@cache
def static_address(name: str) -> str:
    """Where a static file is; the address changes with its content, so that browsers may keep it."""
    return f"/static/{name}?v={hashlib.sha256((HERE / 'static' / name).read_bytes()).hexdigest()[:12]}"


def zone_now() -> str:
    """The zone of every time on a page, such as `Europe/Berlin, CET (UTC+01:00)`."""
    return site_time.zone_words(time.time())


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

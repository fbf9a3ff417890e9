"""Makes a route of a function that changes something: reads the form, makes the change, and tells what became of it."""

from collections.abc import Callable
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.web.changes.flash import Flash
from pipeline.web.changes.form import Form, RefusedError, read_form
from pipeline.web.render import respond, user_of
from pipeline.web.room import UnavailableError, room_of, without_folders

FILES, FIELDS = 50, 500
Work = Callable[[Request, Form], Flash]
Back = Callable[[Request, Form], str]


def change(path: str, work: Work, *, back: Back) -> Route:
    """The route of a form. work: makes the change, and may raise RefusedError, ValueError and OSError.

    back: path of the page that tells what became of it; a form that htmx sent is answered with the flash alone.
    """

    async def answer(request: Request) -> Response:
        async with request.form(max_files=FILES, max_fields=FIELDS) as data:
            form = await read_form(data)
        return await run_in_threadpool(_answer, request, form)

    def _answer(request: Request, form: Form) -> Response:
        try:
            flash = work(request, form)
        except (RefusedError, UnavailableError) as refusal:
            flash = Flash(str(refusal), is_refusal=True)
        except (ValueError, OSError) as error:
            flash = Flash(sentence(error), is_refusal=True)
        if "hx-request" in request.headers:
            return respond(request, "parts/told.html", flash=flash, in_panel=True)
        return told_at(request, back(request, form), flash)

    return Route(path, answer, methods=["POST"])


def sentence(error: Exception) -> str:
    """An error for people, without folders."""
    text = without_folders(str(error)).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else "This did not work."


def told_at(request: Request, path: str, flash: Flash) -> Response:
    """Leads to a page that tells this."""
    user = user_of(request)
    key = room_of(request).flashes.put(user.name if user else "", flash)
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}{urlencode({'said': key})}", 303)

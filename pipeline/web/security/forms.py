"""Reads a form before the application does, and lets the application read it again."""

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from pipeline.web.security.answers import RequestRefusedError

FORM_KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")
MAX_FILES, MAX_FIELDS = 50, 500


async def read_field(scope: Scope, receive: Receive, name: str) -> tuple[str, Receive]:
    """A text field of the form in the body, empty where there is none, and a `receive` that gives the body again.

    The body is kept in memory: its length was limited before. Raises RequestRefusedError for a damaged form.
    """
    request = Request(scope, receive)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in FORM_KINDS:
        return "", receive
    body = await request.body()
    try:
        form = await Request(scope, _again(body, receive)).form(max_files=MAX_FILES, max_fields=MAX_FIELDS)
    except (HTTPException, MultiPartException):  # which of them depends on the scope
        raise RequestRefusedError(400, "the form is damaged") from None
    value = form.get(name)
    await form.close()
    return value if isinstance(value, str) else "", _again(body, receive)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body, then whatever comes after it, which is the end of the connection."""
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give

"""Answers that refuse: one sentence, never with what the request contained, in the form that the client reads."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

API, DEEPSTACK = "/api/", "/v1/vision/"
"""Where programs ask, and where those ask that speak DeepStack's protocol."""
PROBLEM = "application/problem+json"


class RequestRefusedError(Exception):
    """A request is answered with a status and one sentence."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers

    def answer(self, scope: Scope) -> Response:
        """The answer; of a request whose body may not have been read, it ends the connection."""
        headers = dict(self.headers or {})
        if self.status in (400, 408, 413):
            headers["connection"] = "close"
        return refuse(scope["path"], self.status, str(self), headers)


def refuse(path: str, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal as the clients of a path read it: problem details (RFC 9457), DeepStack's object, or text."""
    if path.startswith(API):
        content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": sentence}
        return JSONResponse(content, status, headers, PROBLEM)
    if path.startswith(DEEPSTACK):
        return JSONResponse({"success": False, "error": sentence, "duration": 0}, status, headers)
    return PlainTextResponse(f"{sentence}\n", status, headers)

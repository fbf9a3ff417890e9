"""Answers that refuse: one sentence as text, never with what the request contained."""

from collections.abc import Mapping

from starlette.responses import PlainTextResponse, Response


class RequestRefusedError(Exception):
    """A request is answered with a status and one sentence."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers

    def answer(self) -> Response:
        """The answer; of a request whose body may not have been read, it ends the connection."""
        headers = dict(self.headers or {})
        if self.status in (400, 408, 413):
            headers["connection"] = "close"
        return PlainTextResponse(f"{self}\n", self.status, headers)

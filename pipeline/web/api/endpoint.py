"""One endpoint: what it takes and answers, and the route that reads the request, calls it and writes the answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.web.api.problems import ApiError, bad_request
from pipeline.web.redaction import sees_faces
from pipeline.web.room import Room, UnavailableError, room_of
from pipeline.web.security.answers import refuse
from pipeline.web.security.uploads import check_upload

BASE = "/api/v1"
MAX_PHOTOGRAPHS = 20
Struct = TypeVar("Struct", bound=msgspec.Struct)


@dataclass(frozen=True)
class Call:
    """One request, read and checked. sees_faces: whether its user may see pictures of faces.

    query, body: of the endpoint's types.  photographs: checked by their headers.
    """

    room: Room
    user: str
    sees_faces: bool = True
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Any = None
    body: Any = None
    photographs: Sequence[bytes] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    def note(self, action: str, target: str, **details: str) -> None:
        """Write a change into the audit log, where there is one."""
        if audit := self.room.api.audit:
            audit(by=self.user, action=action, target=target, details=details)


@dataclass(frozen=True)
class Endpoint:
    """answer: a struct, sent as JSON, or the media type of bytes.  query: a struct.

    photographs: how many a multipart form may hold in the field `photo`; fields: its other fields.
    errors: statuses that it answers with problem details, besides those of the protection around it.
    body: a struct or a union of them.  run: in a thread; stream: answers in its place, in the event loop.
    """

    method: str
    path: str
    summary: str
    run: Callable[[Call], Any] | None
    answer: type[msgspec.Struct] | str
    query: type[msgspec.Struct] | None = None
    body: Any = None
    photographs: int = 0
    fields: Sequence[str] = ()
    status: int = 200
    errors: Sequence[int] = (503,)
    stream: Callable[[Request], Awaitable[Response]] | None = None

    @property
    def name(self) -> str:
        """How the document calls it."""
        return str(getattr(self.stream or self.run, "__name__", ""))

    def route(self) -> Route:
        """The route that serves it."""
        return Route(BASE + self.path, self.stream or self._server(), methods=[self.method])

    def _server(self) -> Callable[[Request], Awaitable[Response]]:
        run = self.run
        assert run

        async def serve(request: Request) -> Response:
            try:
                call = await self._read(request)
                return self._write(await run_in_threadpool(run, call))
            except ApiError as error:
                return refuse(request.url.path, error.status, str(error))
            except UnavailableError as error:
                return refuse(request.url.path, 503, str(error))

        return serve

    async def _read(self, request: Request) -> Call:
        photographs, fields = await self._form(request) if self.photographs else ([], {})
        return Call(
            room=room_of(request),
            user=request.state.user.name if getattr(request.state, "user", None) else "",
            sees_faces=sees_faces(request),
            path=request.path_params,
            query=convert(dict(request.query_params), self.query or NoQuery),
            body=_decode(await request.body(), self.body) if self.body else None,
            photographs=photographs,
            fields=fields,
        )

    async def _form(self, request: Request) -> tuple[list[bytes], dict[str, str]]:
        try:
            async with request.form(max_files=MAX_PHOTOGRAPHS, max_fields=20) as form:
                uploads = [value for name, value in form.multi_items() if name == "photo"]
                data = [await upload.read() for upload in uploads if not isinstance(upload, str)]
                fields = {name: value for name in self.fields if isinstance(value := form.get(name), str)}
        except (HTTPException, MultiPartException):
            raise bad_request("the form is damaged, or holds too much") from None
        if not 1 <= len(data) <= self.photographs:
            raise bad_request(f"photo: expected 1 to {self.photographs} pictures in a multipart form, got {len(data)}")
        await run_in_threadpool(_check, data)
        return data, fields

    def _write(self, found: Any) -> Response:
        if isinstance(self.answer, str):
            return Response(found, self.status, media_type=self.answer)
        return Response(msgspec.json.encode(found), self.status, media_type="application/json")


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters."""


def convert(texts: Mapping[str, str], kind: type[Struct]) -> Struct:
    """Texts of an address as a struct. Raises ApiError 400, which names the field."""
    if any("\0" in text for text in texts.values()):
        raise bad_request("expected text without zero bytes")
    try:
        return msgspec.convert(texts, kind, strict=False)
    except (msgspec.ValidationError, OverflowError) as error:
        raise bad_request(str(error)) from None


def _decode(data: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad_request(f"the body: {error}") from None


def _check(photographs: Sequence[bytes]) -> None:
    for data in photographs:
        try:
            check_upload(data)
        except ValueError as error:
            raise bad_request(f"photo: {error}") from None

"""Cameras of the file: paused, adjusted, added and removed; for admins."""

from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.settings.file.config_file import ConfigVersion, published_name
from pipeline.settings.file.yaml_edit import append, remove_item, set_value
from pipeline.settings.types import CameraSettings
from pipeline.web.camera_source import check_source, shown_source
from pipeline.web.config_change import check_writable, config_of, save, version_of
from pipeline.web.render import respond
from pipeline.web.room import room_of
from pipeline.web.setting_fields import SettingField, blame, make_fields, read_value

PATH = "/admin/cameras"
KEYS = ("min_face_px", "fps")
SAVED = "Saved. The node takes it up within seconds."
Form = dict[str, str]


class _FieldError(ValueError):
    """What is wrong with one field."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


def show(request: Request) -> Response:
    """The page."""
    return _answer(request, version_of(room_of(request)))


async def change(request: Request) -> Response:
    """Save what differs of one camera."""
    return await run_in_threadpool(_change, request, await _form(request))


async def add(request: Request) -> Response:
    """Add a camera."""
    return await run_in_threadpool(_add, request, await _form(request))


async def remove(request: Request) -> Response:
    """Remove a camera from the file; its past stays."""
    return await run_in_threadpool(_remove, request, await _form(request))


def _change(request: Request, form: Form) -> Response:
    version, number = _camera(request)
    camera, plain = version.settings.cameras[number], version.plain_cameras[number]
    wanted: dict[str, Any] = {key: read_value(form[name]) for key in KEYS if form.get(name := _name(number, key))}
    wanted["enabled"] = form.get("enabled") == "on"
    changes = {key: value for key, value in wanted.items() if value != getattr(camera, key)}
    source, details = form.get("source", "").strip(), {key: str(value) for key, value in changes.items()}
    if source and source != shown_source(plain.get("source", "")):
        changes["source"], details["source"] = source, shown_source(source)

    def edit(text: str) -> str:
        if "source" in changes:
            _check(_name(number, "source"), source, text)
        for key, value in changes.items():
            text = set_value(text, ("cameras", number, key), value)
        return text

    target = published_name(camera) or str(number)
    return _save(request, version, form, edit, number=number, action="camera changed", target=target, details=details)


def _add(request: Request, form: Form) -> Response:
    version = version_of(room_of(request))
    name, source = form.get("name", "").strip(), form.get("source", "").strip()

    def edit(text: str) -> str:
        _check("new.source", source, text)
        return append(text, ("cameras",), ({"name": name} if name else {}) | {"source": source})

    details = {"source": shown_source(source)}
    return _save(request, version, form, edit, number=None, action="camera added", target=name, details=details)


def _remove(request: Request, form: Form) -> Response:
    version, number = _camera(request)
    target = published_name(version.settings.cameras[number]) or str(number)

    def edit(text: str) -> str:
        return remove_item(text, ("cameras",), number)

    return _save(request, version, form, edit, number=number, action="camera removed", target=target, details={})


def _save(
    request: Request,
    version: ConfigVersion,
    form: Form,
    edit: Callable[[str], str],
    *,
    number: int | None,
    action: str,
    target: str,
    details: dict[str, str],
) -> Response:
    at = len(version.settings.cameras) if number is None else number
    try:
        save(request, form.get("digest", ""), edit, action=action, target=target, details=details)
    except _FieldError as error:
        return _answer(request, version, form=form, number=number, error=(error.name, f"{error}."))
    except ValueError as error:
        names = [_name(at, key) for key in (*KEYS, "name", "source")]
        name, sentence = blame(str(error), names)
        own = name if number is not None else name.replace(f"cameras[{at}]", "new")
        return _answer(request, version, form=form, number=number, error=(own, sentence))
    return RedirectResponse(f"{PATH}?saved=1", 303)


def _check(name: str, source: str, text: str) -> None:
    try:
        check_source(source, file_text=text)
    except ValueError as error:
        raise _FieldError(name, str(error)) from None


def _camera(request: Request) -> tuple[ConfigVersion, int]:
    version, number = version_of(room_of(request)), int(request.path_params["number"])
    if number >= len(version.settings.cameras):
        raise HTTPException(404, "There is no such camera in the file.")
    return version, number


def _name(number: int, key: str) -> str:
    return f"cameras[{number}].{key}"


async def _form(request: Request) -> Form:
    async with request.form() as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _answer(
    request: Request,
    version: ConfigVersion,
    *,
    form: Form | None = None,
    number: int | None = None,
    error: tuple[str, str] = ("", ""),
) -> Response:
    cameras = [_shown(version, at, form if at == number else None, error) for at in range(len(version.plain_cameras))]
    return respond(
        request,
        "camera_settings.html",
        status=400 if error[1] else 200,
        cameras=cameras,
        new={} if form is None or number is not None else form,
        error=error,
        digest=version.digest,
        file=config_of(room_of(request)).name,
        locked=check_writable(room_of(request)),
        saved=SAVED if request.query_params.get("saved") and not error[1] else "",
    )


def _shown(version: ConfigVersion, number: int, form: Form | None, error: tuple[str, str]) -> dict[str, Any]:
    """A camera for the template. form: what the browser sent for it."""
    camera, plain = version.settings.cameras[number], version.plain_cameras[number]
    name = _name(number, "source")
    source = form["source"] if form and "source" in form else shown_source(plain.get("source", ""))
    fields: list[SettingField] = make_fields(
        CameraSettings, f"cameras[{number}]", KEYS, camera, given=form or {}, error=error
    )
    return {
        "number": number,
        "name": published_name(camera) or camera.name or f"camera {number + 1}",
        "enabled": camera.enabled if form is None else form.get("enabled") == "on",
        "source": source,
        "source_error": error[1] if error[0] == name else "",
        "fields": fields,
    }


routes = (
    Route(PATH, show),
    Route(f"{PATH}/add", add, methods=["POST"]),
    Route(PATH + "/{number:int}/change", change, methods=["POST"]),
    Route(PATH + "/{number:int}/remove", remove, methods=["POST"]),
)

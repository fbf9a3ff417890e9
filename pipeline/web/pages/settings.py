"""Settings that may change while the node runs, and concern all cameras: thresholds, sizes, rates."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.settings.file.config_file import ConfigVersion
from pipeline.settings.file.yaml_edit import set_value
from pipeline.settings.types import CameraDefaults, DecisionSettings, EventSettings, FaceSettings
from pipeline.web.config_change import check_writable, config_of, save, version_of
from pipeline.web.render import respond
from pipeline.web.room import room_of
from pipeline.web.setting_fields import blame, make_fields, read_value, value_at

SECTIONS: tuple[tuple[str, str, type, tuple[str, ...]], ...] = (
    (
        "decision",
        "When a track is named",
        DecisionSettings,
        ("false_alarm", "candidate_false_alarm", "margin", "min_effective", "single_px", "min_score", "hold"),
    ),
    ("defaults", "All cameras, unless one has its own", CameraDefaults, ("min_face_px", "fps")),
    ("faces", "Crops", FaceSettings, ("interval",)),
    ("events", "Events", EventSettings, ("update_seconds",)),
)
NAMES = tuple(f"{section}.{key}" for section, _, _, keys in SECTIONS for key in keys)


def show(request: Request) -> Response:
    """The page."""
    return _answer(request, version_of(room_of(request)))


async def change(request: Request) -> Response:
    """Save what differs; the page again, with sentences, where something is wrong."""
    async with request.form() as form:
        given = {name: str(value) for name, value in form.items() if isinstance(value, str)}
    return await run_in_threadpool(_change, request, given)


def _change(request: Request, given: dict[str, str]) -> Response:
    version = version_of(room_of(request))
    changes = _changes(version, given)
    if not changes:
        return RedirectResponse("/settings?saved=0", 303)
    details = {name: f"{value_at(version.settings, *name.split('.', 1))} → {value}" for name, value in changes.items()}
    try:
        save(
            request,
            given.get("digest", ""),
            lambda text: _edit(text, changes),
            action="settings changed",
            target=", ".join(changes)[:200],
            details=details,
        )
    except ValueError as error:
        return _answer(request, version, given=given, error=blame(str(error), NAMES), status=400)
    return RedirectResponse(f"/settings?saved={len(changes)}", 303)


def _changes(version: ConfigVersion, given: dict[str, str]) -> dict[str, Any]:
    """What the browser sent and is not so already."""
    sent = {name: read_value(given[name]) for name in NAMES if given.get(name, "").strip()}
    return {
        name: value
        for name, value in sent.items()
        if value != value_at(version.settings, *name.split(".", 1)) and given[name] != _shown(version, name)
    }


def _shown(version: ConfigVersion, name: str) -> str:
    return f"{value_at(version.settings, *name.split('.', 1)):g}"


def _edit(text: str, changes: dict[str, Any]) -> str:
    for name, value in changes.items():
        text = set_value(text, tuple(name.split(".", 1)), value)
    return text


def _answer(
    request: Request,
    version: ConfigVersion,
    *,
    given: dict[str, str] | None = None,
    error: tuple[str, str] = ("", ""),
    status: int = 200,
) -> Response:
    room = room_of(request)
    groups = [
        (title, make_fields(kind, section, keys, getattr(version.settings, section), given=given or {}, error=error))
        for section, title, kind, keys in SECTIONS
    ]
    saved = request.query_params.get("saved", "")
    return respond(
        request,
        "settings.html",
        status=status,
        groups=groups,
        digest=version.digest,
        file=config_of(room).name,
        locked=check_writable(room),
        sentence="" if error[0] else error[1],
        saved={"": "", "0": "Nothing to change."}.get(saved, "Saved. The node takes it up within seconds."),
    )


routes = (Route("/settings", show), Route("/settings", change, methods=["POST"]))

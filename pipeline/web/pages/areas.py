"""Zones, masks and the region of a camera, drawn over its picture and saved into the file of settings."""

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from configs.strict_yaml import parse_yaml
from pipeline.settings.file.config_file import ConfigVersion, FileChangedError
from pipeline.settings.file.yaml_edit import set_value
from pipeline.web.config_change import check_writable, config_of, save, version_of
from pipeline.web.pages.cameras import find_camera
from pipeline.web.range_map import frame_size
from pipeline.web.render import respond
from pipeline.web.room import UnavailableError, room_of

DIGITS = 4
"""Of a fraction of the frame: a tenth of a pixel of a common picture."""
MOST_AREAS, MOST_POINTS = 100, 200
Point = tuple[float, float]


class Areas(msgspec.Struct, forbid_unknown_fields=True):
    """What the browser sends. roi: empty: the whole frame."""

    digest: str
    zones: dict[str, list[Point]]
    masks: list[list[Point]]
    roi: list[Point]


def show(request: Request) -> Response:
    """The page on which they are drawn."""
    room = room_of(request)
    version, number = _camera(request)
    camera = version.settings.cameras[number]
    name = str(request.path_params["camera"])
    room.live.look()
    return respond(
        request,
        "areas.html",
        name=name,
        live=find_camera(room, name),
        frame=_frame(request),
        file=config_of(room).name,
        digest=version.digest,
        locked=check_writable(room),
        areas=msgspec.json.encode({"zones": camera.zones, "masks": camera.masks, "roi": camera.roi}).decode(),
    )


async def change(request: Request) -> Response:
    """Save what was drawn; answers `{digest}`, or `{error}` with 400 or 409."""
    try:
        areas = msgspec.json.decode(await request.body(), type=Areas)
    except msgspec.ValidationError as error:
        return JSONResponse({"error": f"{error}."}, 400)
    except (msgspec.DecodeError, ValueError):
        return JSONResponse({"error": "Expected JSON."}, 400)
    return await run_in_threadpool(_save, request, areas)


def _save(request: Request, areas: Areas) -> Response:
    _, number = _camera(request)
    if len(areas.zones) + len(areas.masks) > MOST_AREAS or any(len(points) > MOST_POINTS for points in _all(areas)):
        return JSONResponse({"error": f"Expected at most {MOST_AREAS} areas of {MOST_POINTS} points."}, 400)
    details = {"zones": str(len(areas.zones)), "masks": str(len(areas.masks)), "region": str(bool(areas.roi))}
    try:
        after = save(
            request,
            areas.digest,
            lambda text: _edit(text, number, areas),
            action="areas changed",
            target=str(request.path_params["camera"]),
            details=details,
        )
    except FileChangedError as error:
        return JSONResponse({"error": str(error)}, 409)
    except ValueError as error:
        return JSONResponse({"error": f"{str(error).removeprefix(f'cameras[{number}].')}."}, 400)
    return JSONResponse({"digest": after.digest})


def _edit(text: str, number: int, areas: Areas) -> str:
    """The text with these areas; those that were not there and are empty stay away."""
    wanted: dict[str, Any] = {
        "zones": {name: _rounded(points) for name, points in areas.zones.items()},
        "masks": [_rounded(points) for points in areas.masks],
        "roi": _rounded(areas.roi),
    }
    for key, value in wanted.items():
        if value or _holds(text, number, key):
            text = set_value(text, ("cameras", number, key), value)
    return text


def _holds(text: str, number: int, key: str) -> bool:
    plain = parse_yaml(text)
    return key in plain["cameras"][number] or key in (plain.get("defaults") or {})


def _rounded(points: list[Point]) -> list[list[float]]:
    return [[round(x, DIGITS), round(y, DIGITS)] for x, y in points]


def _all(areas: Areas) -> list[list[Point]]:
    return [*areas.zones.values(), *areas.masks, areas.roi]


def _camera(request: Request) -> tuple[ConfigVersion, int]:
    """The file, and which of its cameras this is. Raises UnavailableError, and HTTPException 404."""
    version = version_of(room_of(request))
    name = str(request.path_params["camera"])
    number = version.camera(name)
    if number is None:
        file = config_of(room_of(request)).name
        raise HTTPException(404, f"The camera {name} is not in {file}, so nothing can be saved for it.")
    return version, number


def _frame(request: Request) -> tuple[float, float]:
    """Width and height of the camera's frames, or of a usual one."""
    live = find_camera(room_of(request), str(request.path_params["camera"]))
    if live and live.width and live.height:
        return float(live.width), float(live.height)
    try:
        with room_of(request).history() as history:
            places = history.places(str(request.path_params["camera"]))
    except UnavailableError:
        return 16.0, 9.0
    return frame_size(places) if places.width else (16.0, 9.0)


routes = (
    Route("/admin/cameras/{camera}/areas", show),
    Route("/admin/cameras/{camera}/areas", change, methods=["POST"]),
)

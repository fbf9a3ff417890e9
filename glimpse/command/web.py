"""`glimpse web`: show cameras, the past and people in a browser."""

from pathlib import Path

import msgspec
from cyclopts import App

from configs.extras import install_extra
from configs.postgres.address import is_postgres
from glimpse.command.log_flags import LOG_FLAGS, Logging
from glimpse.command.new_command import DONE, FAILED, exit_code, new_command
from pipeline.logs.open_log import announce
from pipeline.settings.load import ignored_but, make_settings, read_config
from pipeline.settings.rooms.web import WebSettings
from pipeline.settings.types import Settings
from pipeline.site.site_time import use_zone

app: App = new_command(
    "web",
    "glimpse web --config site.yaml",
    "glimpse web --bus tcp://127.0.0.1:5556 --history history.db",
)


@app.default
@exit_code
def web(
    *,
    config: Path | None = None,
    bus: str = "",
    history: str = "",
    gallery: str | None = None,
    address: str = "",
    curve: str = "",
    log: Logging = LOG_FLAGS,
) -> int:
    """Show cameras, the past and people in a browser, until Ctrl-C.

    Parameters
    ----------
    config
        YAML file of the node: its sections events, history, alerts and web, and its gallery
    bus
        the node's --bind address as reached from this machine, instead of events.bind
    history
        file of glimpse history record or postgresql://HOST/DATABASE, instead of history.file
    gallery
        enrolled people, made by glimpse enroll, instead of that of the file
    address
        HOST:PORT to listen on, instead of web.address (127.0.0.1:8080)
    curve
        a client's folder, made by python -m pipeline.curve
    """
    settings = _settings(config, bus=bus, history=history, gallery=gallery, address=address)
    try:
        from glimpse.web_room import serve
    except ModuleNotFoundError as error:
        raise ValueError(f"the page needs the package {error.name}: {install_extra('room')}") from error
    log.open(settings.log, process="web", node=settings.node, level="WARNING")
    return DONE if serve(settings, config=config, curve=curve, say=announce) else FAILED


def _settings(config: Path | None, *, bus: str, history: str, gallery: str | None, address: str) -> Settings:
    """Settings of the file, the flags laid over them."""
    settings = make_settings(read_config(config) if config else {}, ignored=ignored_but("web", "history", "alerts"))
    use_zone(settings.site.timezone)
    if config is None and not bus:
        raise ValueError("expected --config FILE or --bus ADDRESS")
    events = msgspec.structs.replace(settings.events, bind=bus or settings.events.bind)
    past = msgspec.structs.replace(settings.history, file=history or settings.history.file)
    page: WebSettings = msgspec.structs.replace(settings.web, address=address or settings.web.address)
    people = _absolute(gallery) if gallery else settings.gallery
    return msgspec.structs.replace(settings, events=events, history=past, web=page, gallery=people)


def _absolute(gallery: str) -> str:
    """A path from the root, as the settings have it; an address as it is."""
    return gallery if is_postgres(gallery) else str(Path(gallery).absolute())

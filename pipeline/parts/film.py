"""What records live cameras."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from pipeline.capture.stream import PacketFilm
from pipeline.film.recorder import FilmRecorder
from pipeline.film.retention import FilmLimits
from pipeline.settings.types import Settings


def open_film(settings: Settings, live: bool, resources: ExitStack) -> Callable[[str], PacketFilm | None]:
    """What records a camera, by its name: None of one that is not recorded. `resources` ends the recording."""
    film = settings.film
    if not film.folder or not live:
        return lambda camera: None
    limits = FilmLimits(keep_days=film.keep_days, keep_gb=film.keep_gb)
    recorder = resources.enter_context(closing(FilmRecorder(Path(film.folder), limits, minutes=film.minutes)))
    return lambda camera: recorder.tap(camera) if not film.cameras or camera in film.cameras else None

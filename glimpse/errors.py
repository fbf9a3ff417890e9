"""The errors of the library. Each is also the built-in error that a caller would expect."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "GalleryBusyError",
    "GalleryError",
    "GalleryMissingError",
    "GlimpseError",
    "ModelError",
    "ModelMissingError",
    "PersonMissingError",
    "PictureError",
    "PictureMissingError",
    "SettingsError",
    "SourceError",
    "SourceMissingError",
    "translate",
]


class GlimpseError(Exception):
    """Any error that the library raises on purpose; the message says what was given and what was expected."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class PictureError(GlimpseError, ValueError):
    """A picture cannot be used: damaged, empty, of another type, or without the face that a call needs."""


class PictureMissingError(PictureError, FileNotFoundError):
    """There is no picture file of this name."""


class ModelError(GlimpseError, ValueError):
    """A model, its calibration or its device cannot be used."""


class ModelMissingError(ModelError, FileNotFoundError):
    """There is no model file of this name."""


class GalleryError(GlimpseError, ValueError):
    """A gallery file is damaged, not a gallery, or of another model; or a name cannot be given."""


class GalleryMissingError(GalleryError, FileNotFoundError):
    """There is no gallery file of this name."""


class GalleryBusyError(GalleryError, TimeoutError):
    """Somebody was erased, and another process still reads the old bytes: erase again to overwrite them."""


class PersonMissingError(GalleryError, KeyError):
    """Nobody of this name is enrolled."""


class SourceError(GlimpseError, OSError):
    """A camera or recording is not there, failed, or gave no frame."""


class SourceMissingError(SourceError, FileNotFoundError):
    """There is no recording of this name."""


class SettingsError(GlimpseError, ValueError):
    """A setting is unknown or has a value that is not allowed."""


@contextmanager
def translate(
    kind: type[GlimpseError], *, missing: type[GlimpseError] | None = None, busy: type[GlimpseError] | None = None
) -> Iterator[None]:
    """Raise ValueError and OSError of the block as `kind`. missing, busy: for FileNotFoundError and TimeoutError."""
    try:
        yield
    except GlimpseError:
        raise
    except FileNotFoundError as error:
        raise (missing or kind)(str(error)) from error
    except TimeoutError as error:
        raise (busy or kind)(str(error)) from error
    except (ValueError, OSError) as error:
        raise kind(str(error)) from error

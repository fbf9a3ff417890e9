"""`glimpse blur FILM`: a copy of a recording in which faces cannot be recognised."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from glimpse.blur.film import Written, write_film
from glimpse.blur.followed import FoundFaces, follow_all
from glimpse.blur.hide import Style
from glimpse.blur.regions import regions_to_hide
from glimpse.command.model_flags import SHIPPED, Choice
from glimpse.command.new_command import DONE, exit_code, new_command, write_json
from glimpse.errors import SourceMissingError
from glimpse.people import Gallery
from pipeline.capture.recording import estimate_seconds
from pipeline.capture.sources import parse_source, show_source
from pipeline.settings.types import CameraDefaults
from recognizer.gallery.names import normalise_name, printable

app: App = new_command(
    "blur",
    "glimpse blur clip.mp4",
    "glimpse blur clip.mp4 --except Ada --gallery people.db --out ada.mp4",
    "glimpse blur clip.mp4 --style black",
)


@app.default
@exit_code
def blur(
    film: Path,
    *,
    out: Path | None = None,
    shown: Annotated[list[str] | None, Parameter(name="--except")] = None,
    gallery: str | None = None,
    style: Style = "mosaic",
    overwrite: bool = False,
    json: bool = False,
    models: Choice = SHIPPED,
) -> int:
    """Write a copy of a recording with every face hidden, and its sound. Look at the copy before you hand it on: no
    detector finds every face.

    Parameters
    ----------
    film
        recording
    out
        MP4 file to write (default: FILM-blurred.mp4 beside it)
    shown
        somebody enrolled who may be seen; may be given several times
    gallery
        the enrolled people, made by glimpse enroll
    style
        mosaic: nine colours for each face; black: a black box
    overwrite
        replace the file of --out
    json
        print the result as JSON
    """
    target = out or film.with_name(f"{film.stem}-blurred.mp4")
    _check_files(film, target, overwrite=overwrite)
    names = frozenset(map(normalise_name, shown or []))
    people = _open_people(names, gallery, models)
    with _progress(film) as step:
        found = follow_all(film, people, on_time=step("finding faces"))
        written = write_film(film, target, regions_to_hide(found, names), style=style, on_time=step("writing"))
    seen = {face.last_name for face in found.followed.values() if face.last_name and face.is_one_of(names)}
    _tell(target, written, found, sorted(seen), as_json=json)
    return DONE


def _check_files(film: Path, target: Path, *, overwrite: bool) -> None:
    """Raises SourceMissingError, or ValueError for a target that cannot be written."""
    if not film.is_file():
        raise SourceMissingError(f"{show_source(str(film))}: expected a recording, found no such file")
    if target.suffix.lower() != ".mp4":
        raise ValueError(f"--out {target}: expected a name that ends in .mp4")
    if target.exists() and (target.samefile(film) or not overwrite):
        raise ValueError(f"--out {target}: expected a new file; --overwrite replaces one that is not the recording")


def _open_people(names: frozenset[str], gallery: str | None, models: Choice) -> Gallery | None:
    """The gallery in which those who may be seen are enrolled; None where nobody may. Raises ValueError."""
    if not names:
        return None
    if gallery is None:
        raise ValueError("--except: expected --gallery with the people who may be seen")
    people = Gallery(gallery, models=models.open(), create=False)
    if missing := sorted(name for name in names if name not in people):
        raise ValueError(f"--except {printable(missing[0])}: expected somebody enrolled in {people.path}")
    return people


@contextmanager
def _progress(film: Path) -> Iterator[Callable[[str], Callable[[float], None]]]:
    """A function that begins a step and returns what to call with the seconds that are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    [source] = parse_source(str(film.absolute()))
    total = estimate_seconds(source, CameraDefaults())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:

        def step(what: str) -> Callable[[float], None]:
            task = progress.add_task(what, total=total)
            return lambda seconds: progress.update(task, completed=seconds)

        yield step


def _tell(target: Path, written: Written, found: FoundFaces, seen: list[str], *, as_json: bool) -> None:
    faces = len(found.followed)
    if as_json:
        write_json(
            {
                "film": str(target),
                "frames": len(found.times),
                "frames_with_hidden_faces": written.frames,
                "faces": faces,
                "shown": seen,
                "sound": written.has_sound,
                "damage": written.damage,
            }
        )
        return
    console = Console(soft_wrap=True, highlight=False)
    kept = f", shown: {', '.join(map(printable, seen))}" if seen else ""
    console.print(escape(f"{target}: {faces} faces followed in {len(found.times)} frames{kept}"))
    if written.damage:
        console.print(escape(f"the recording is damaged: {written.damage}"))
    console.print("Look at it before you hand it on: no detector finds every face.")

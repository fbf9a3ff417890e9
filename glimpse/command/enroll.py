"""`glimpse enroll`: enrol people from photographs, a clip, a webcam, or the tracks of a report."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape

from glimpse.command.enroll_models import NO_LIMITS, NO_MODELS, LimitFlags, ModelFlags, open_enroller
from glimpse.command.enroll_pictures import (
    WEBCAM_SECONDS,
    find_pictures,
    report_pictures,
    webcam_pictures,
    with_heic_pixels,
)
from glimpse.command.enroll_review import write_review
from glimpse.command.enroll_summary import HAS_PICTURE, PersonSummary, describe, summarise
from glimpse.command.enroll_told_apart import told_apart_from
from glimpse.command.new_command import DONE, FAILED, exit_code, new_command, write_json
from recognizer.gallery.database import NoRoomError
from recognizer.gallery.enroll import Enroller, Outcome
from recognizer.gallery.folders import Photo
from recognizer.gallery.names import normalise_name
from recognizer.gallery.store import Gallery

app: App = new_command(
    "enroll",
    "glimpse enroll faces/ --gallery people.db --review review.html",
    "glimpse enroll ada1.jpg ada2.jpg --name Ada --gallery people.db",
    "glimpse enroll clip.mp4 --name Ada --gallery people.db",
    "glimpse enroll --webcam 0 --name Ada --gallery people.db",
    "glimpse enroll --from-report out/night door-3=Ada --gallery people.db",
)


@app.default
@exit_code
def enroll(
    *what: Annotated[str, Parameter(name="WHAT")],
    gallery: str,
    name: str = "",
    webcam: str = "",
    seconds: float = WEBCAM_SECONDS,
    from_report: Path | None = None,
    models: ModelFlags = NO_MODELS,
    limits: LimitFlags = NO_LIMITS,
    no_chips: bool = False,
    review: Path | None = None,
    verbose: Annotated[bool, Parameter(name=("--verbose", "-v"))] = False,
    json: bool = False,
    outcomes_only: Annotated[bool, Parameter(show=False)] = False,
) -> int:
    """Enrol people. Exit code 1 where somebody has no picture, 2 for wrong usage.

    Parameters
    ----------
    what
        folders of a folder of pictures per person; folders of pictures named for people; pictures; clips, with --name;
        or TRACK=NAME, with --from-report
    gallery
        gallery file; made where it is missing
    name
        whose face all these pictures, folders or clips show
    webcam
        number of a webcam, such as 0, or /dev/video0: sharp frames with one face are enrolled
    seconds
        how long to look at the webcam
    from_report
        folder that run --report has written: the best crop of each TRACK=NAME is enrolled
    no_chips
        store no picture of the faces; another model then needs the photographs again
    review
        write a page that shows every picture with the faces found in it; only you may read it
    verbose
        print every picture, not only those that were refused
    json
        print people and pictures as JSON
    outcomes_only
        with json: print only the list of pictures, as `python -m recognizer.gallery` does
    """
    _check_usage(what, name, webcam, from_report, seconds)
    enroller = open_enroller(models, limits, keep_chips=not no_chips)
    if from_report is not None:
        photos = report_pictures(from_report, what)
    else:
        photos = find_pictures(what, name, enroller)
        photos += webcam_pictures(webcam, name, enroller, seconds) if webcam else []
    with Gallery(gallery, create=True) as opened:
        outcomes = _enroll(photos, opened, enroller)
        people = _summarise(outcomes, opened, enroller)
    if review is not None:
        write_review(review, photos, outcomes, people)
    _print(people, outcomes, verbose=verbose, json=json, outcomes_only=outcomes_only)
    return DONE if people and all(person.has_picture for person in people) else FAILED


def _check_usage(what: Sequence[str], name: str, webcam: str, from_report: Path | None, seconds: float) -> None:
    """Raise ValueError for flags that do not go together."""
    if not what and not webcam:
        raise ValueError("WHAT: expected a folder, pictures or a clip, or --webcam 0; see glimpse enroll --help")
    if webcam and not name.strip():
        raise ValueError("--webcam: whose face is it? give --name")
    if from_report is not None and (name or webcam):
        raise ValueError("--from-report: expected TRACK=NAME and neither --name nor --webcam")
    if not 0 < seconds < 3600:
        raise ValueError(f"--seconds {seconds:g}: expected more than 0 and less than an hour")


def _enroll(photos: Sequence[Photo], gallery: Gallery, enroller: Enroller) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with Console(stderr=True).status("enrolling") as status:
        try:
            for outcome in enroller.enroll_photos(map(with_heic_pixels, photos), gallery):
                outcomes.append(replace(outcome, person=normalise_name(outcome.person)))  # macOS writes folders in NFD
                status.update(escape(f"{len(outcomes)} of {len(photos)} pictures, {outcome.person}"))
        except NoRoomError as error:
            kept = sum(outcome.verdict in HAS_PICTURE for outcome in outcomes)
            left = len(photos) - len(outcomes)
            raise NoRoomError(f"{error}; pictures enrolled: {kept}, not enrolled: {left}") from error
    return outcomes


def _summarise(outcomes: Sequence[Outcome], gallery: Gallery, enroller: Enroller) -> list[PersonSummary]:
    people = [outcome.person for outcome in outcomes if outcome.verdict in HAS_PICTURE]
    return summarise(outcomes, told_apart_from(gallery, people, enroller))


def _print(
    people: Sequence[PersonSummary], outcomes: Sequence[Outcome], *, verbose: bool, json: bool, outcomes_only: bool
) -> None:
    if json or outcomes_only:
        content = outcomes if outcomes_only else {"people": people, "pictures": outcomes}
        write_json(content)
        return
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for line in describe(people, outcomes, verbose=verbose):
        console.print(line)

"""`glimpse who PICTURE…`: who is in photographs, each face judged on its own."""

from pathlib import Path

from cyclopts import App

from detectors.pictures import PICTURE_SUFFIXES
from glimpse.command.model_flags import SHIPPED, Choice
from glimpse.command.new_command import FAILED, exit_code, fail, new_command
from glimpse.command.photo_answers import print_photos, print_sorted
from glimpse.people import Gallery
from glimpse.photos import judge_photos, list_photos

app: App = new_command(
    "who",
    "glimpse who group.jpg --gallery people.db",
    "glimpse who holiday/ --gallery people.db --sort sorted/",
    "glimpse who door.jpg --gallery people.db --json | jq .faces",
)


@app.default
@exit_code
def who(*pictures: Path, gallery: str, sort: Path | None = None, json: bool = False, models: Choice = SHIPPED) -> int:
    """Say who is in photographs. Every face is judged on its own look. Exit code 1: none could be read.

    Parameters
    ----------
    pictures
        photographs, and folders of them
    gallery
        the enrolled people, made by glimpse enroll
    sort
        copy the photographs into a folder for each person below this one, which must be new, with people.csv
    json
        print one JSON object a photograph
    """
    if not pictures:
        raise ValueError("PICTURES: expected at least one photograph or folder")
    people = Gallery(gallery, models=models.open(), create=False)
    found = list_photos(pictures)
    if not found:
        places = ", ".join(str(each) for each in pictures)
        kinds = ", ".join(sorted(PICTURE_SUFFIXES))
        return fail(f"{places}: expected photographs ({kinds}), found none there or in the folders below", FAILED)
    photos = judge_photos(found, people)
    return print_photos(photos, as_json=json) if sort is None else print_sorted(photos, sort, as_json=json)

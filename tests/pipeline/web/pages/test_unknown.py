"""Unknown people on the page: named as a whole, merged, split, and each taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.history.reader import Wanted
from pipeline.web.room import Room
from tests.pipeline.web.pages.changes import audit_of, send, told, undo_entry
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.security.site import Browser
from tests.pipeline.web.showroom import make_room


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return make_room(tmp_path, visits=18)


@pytest.fixture
def browser(room: Room) -> Iterator[Browser]:
    with at(room) as opened:
        yield opened


def members(room: Room, group: int) -> set[int]:
    with room.history() as history:
        return set(history.unknown_people.tracks(group))


def named(room: Room, person: str) -> int:
    with room.history() as history:
        return len(history.tracks(Wanted(person=person)))


def test_the_list_and_one_of_them(browser: Browser, room: Room) -> None:
    text = browser.get("/unknown").text
    assert text.count('class="track card"') == 2
    assert "seen 3 times" in text
    one = browser.get("/unknown/1").text
    assert one.count("/crop.jpg") == 3
    for path in ("/unknown/99", f"/unknown/{10**30}"):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "It may be older than what is kept." in answer.text


def test_a_whole_group_is_named_and_taken_back(browser: Browser, room: Room) -> None:
    answer = send(browser, "/unknown/1/name", name="Zora")
    assert "unknown-1 is Zora: 3 tracks named." in told(answer)
    assert "Zora is not enrolled: cameras do not use this name yet." in told(answer)
    assert named(room, "Zora") == 3
    assert len(audit_of(room)) == 3
    send(browser, "/undo", entry=undo_entry(answer), back="/unknown/1")
    assert named(room, "Zora") == 0


def test_a_slip_names_no_track_of_a_group(browser: Browser, room: Room) -> None:
    answer = send(browser, "/unknown/1/name", name="Adda")
    assert "did you mean 'Ada'? If not, tick A new name." in told(answer)
    assert named(room, "Adda") == 0
    send(browser, "/unknown/1/name", name="Adda", new="yes")
    assert named(room, "Adda") == 3


def test_a_name_that_is_enrolled_needs_no_note(browser: Browser) -> None:
    answer = send(browser, "/unknown/1/name", name="Ada")
    assert "unknown-1 is Ada" in told(answer)
    assert "not enrolled" not in told(answer)


def test_two_are_merged_and_parted_again(browser: Browser, room: Room) -> None:
    before = members(room, 1), members(room, 2)
    answer = send(browser, "/unknown/1/merge", into="unknown-2")
    assert answer.url.path == "/unknown/2"
    assert "unknown-1 is unknown-2." in told(answer)
    assert members(room, 2) == before[0] | before[1]
    send(browser, "/undo", entry=undo_entry(answer), back="/unknown")
    assert (members(room, 1), members(room, 2)) == before


def test_tracks_are_taken_out(browser: Browser, room: Room) -> None:
    track = min(members(room, 1))
    answer = send(browser, "/unknown/1/split", track=[str(track)])
    assert "1 tracks are somebody else: unknown-3." in told(answer)
    assert members(room, 3) == {track}
    send(browser, "/undo", entry=undo_entry(answer), back="/unknown")
    assert track in members(room, 1)
    assert [one.by for one in audit_of(room)] == ["local", "local"]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/unknown/1/merge", {"into": "unknown-1"}),
        ("/unknown/1/merge", {"into": "Ada; --"}),
        ("/unknown/1/merge", {}),
        ("/unknown/1/split", {}),
        ("/unknown/1/split", {"track": ["x"]}),
        ("/unknown/1/name", {"name": "ada"}),
        ("/unknown/99/name", {"name": "Zora"}),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    browser: Browser, room: Room, path: str, fields: dict[str, object]
) -> None:
    data = {"csrf": browser.token("/search"), **fields}
    shown = browser.get(browser.post(path, data=data).headers["location"])
    assert 'role="alert"' in shown.text
    assert audit_of(room) == []

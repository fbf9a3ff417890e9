"""The report: whole, honest about what is missing, safe with hostile names, and the same bytes for the same run."""

import base64
import csv
import hashlib
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.base import Detections
from pipeline.events import (
    CameraEvent,
    Event,
    Evidence,
    IdentityAction,
    IdentityEvent,
    TrackAction,
    TrackEvent,
    decode,
)
from pipeline.sink import FrameResult
from pipeline.sinks.report import ReportInfo, ReportSink
from pipeline.sinks.report.page import Story
from pipeline.sinks.report.sink import REFRESH_SECONDS
from pipeline.types import CameraState, Frame, Track

EVIL = "<script>alert('x')</script>\"'&"


def evidence(state: str = "named", person: str | None = "Ada", score: float = 0.71) -> Evidence:
    return Evidence(
        state=state,
        person=person,
        score=score,
        threshold=0.55,
        margin=0.12,
        faces=9,
        effective=4.2,
        median_px=14.0,
        reasons=("9 faces, median 14 px",),
    )


def event(
    action: str, track: int, time: float, *, camera: str = "cam", age: float = 0.0, known: Evidence | None = None
) -> TrackEvent:
    return TrackEvent(
        node="n",
        epoch="e",
        camera=camera,
        seq=0,
        wall_time=1000 + time,
        media_time=time,
        action=TrackAction(action),
        track=track,
        box=(10, 10, 24, 24),
        face_px=14.0,
        score=0.9,
        age=age,
        capture_time=None,
        evidence=known,
        reason="lost" if action == "end" else "",
    )


def named(track: int, time: float, person: str | None, previous: str | None = None) -> IdentityEvent:
    action = "retracted" if person is None else "renamed" if previous else "named"
    return IdentityEvent(
        node="n",
        epoch="e",
        camera="cam",
        seq=0,
        wall_time=1000 + time,
        media_time=time,
        action=IdentityAction(action),
        track=track,
        person=person,
        previous=previous,
        box=(10, 10, 24, 24),
        face_px=14.0,
        capture_time=None,
        evidence=evidence(person=person or "Ada"),
    )


def camera(state: CameraState = CameraState.ENDED, reason: str = "end of file", *, final: bool = True) -> CameraEvent:
    return CameraEvent(
        node="n",
        epoch="e",
        camera="cam",
        seq=0,
        wall_time=1009,
        media_time=4.0,
        state=state,
        reason=reason,
        final=final,
        width=64,
        height=48,
    )


def view(index: int, *tracks: int, name: str = "cam", blur: int = 0) -> FrameResult:
    image = np.random.default_rng(index).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    if blur:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.uint8)
    image.setflags(write=False)
    seen = tuple(
        Track(name, track, np.array([10, 10, 24, 24 + track % 8], np.float32), 0.9, None, index / 10)
        for track in tracks
    )
    return FrameResult(Frame(name, index, index / 10, 1000 + index / 10, 0.0, image), Detections.empty(), seen, {})


def run(folder: Path, *events: Event, info: ReportInfo | None = None, frames: int = 10) -> str:
    """A short run with track 1 in every frame; returns the page."""
    sink = ReportSink(folder, info or ReportInfo("clip.mp4"), clock=lambda: 1_700_000_000.0)
    sink.on_event(event("new", 1, 0.0))
    for index in range(frames):
        sink.on_frame(view(index, 1))
    for one in events:
        sink.on_event(one)
    sink.close()
    return (folder / "index.html").read_text(encoding="utf-8")


def table(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "tracks.csv").read_text(encoding="utf-8"))))


def text_of(page: str) -> str:
    body = re.sub(r"<(style|script)[^>]*>.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


class Tags(HTMLParser):
    """Collects elements, and fails on any left open."""

    VOID = frozenset({"meta", "img", "input", "br", "link"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_tells_who_when_how_large_and_why(tmp_path: Path) -> None:
    page = run(tmp_path, named(1, 0.4, "Ada"), event("end", 1, 0.9, age=0.9, known=evidence()), camera())
    text = text_of(page)
    assert "Named Ada: score 0.71 reached the 0.55 needed at this face size, 0.12 ahead of the next person." in text
    assert "Judged from 9 faces worth 4.2 independent looks." in text
    assert "0:00.0 to 0:00.9" in text
    assert "9 faces, median 14 px" in text
    assert "Partial" not in text
    assert (tmp_path / "faces" / "cam-1.jpg").is_file()
    assert base64.b64encode((tmp_path / "faces" / "cam-1.jpg").read_bytes()).decode() in page


def test_the_table_has_every_column(tmp_path: Path) -> None:
    run(tmp_path, event("end", 1, 0.9, age=0.9, known=evidence()), camera())
    assert table(tmp_path) == [
        {
            "camera": "cam",
            "track": "1",
            "first_seconds": "0.000",
            "last_seconds": "0.900",
            "duration_seconds": "0.900",
            "frames": "10",
            "max_face_px": "15.0",
            "median_face_px": "15.0",
            "state": "named",
            "person": "Ada",
            "score": "0.7100",
            "threshold": "0.5500",
            "margin": "0.1200",
            "faces": "9",
            "effective": "4.2",
            "reasons": "9 faces, median 14 px",
            "end_reason": "lost",
            "crop": "faces/cam-1.jpg",
            "first_seen_utc": "",
            "last_seen_utc": "",
        }
    ]


@pytest.mark.parametrize("where", ["person", "title", "settings", "fact", "reason"])
def test_hostile_text_stays_text(tmp_path: Path, where: str) -> None:
    info = ReportInfo(
        EVIL if where == "title" else "clip",
        EVIL if where == "settings" else "",
        {EVIL: EVIL} if where == "fact" else {},
    )
    known = evidence(person=EVIL if where == "person" else "Ada")
    ended = camera(reason=EVIL if where == "reason" else "")
    page = run(tmp_path, named(1, 0.1, known.person), event("end", 1, 0.9, known=known), ended, info=info)
    assert EVIL in text_of(page).replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").replace(
        "&#34;", '"'
    ).replace("&amp;", "&")
    scripts = [attributes for tag, attributes in Tags(page).found if tag == "script"]
    assert scripts == [{}]
    assert not [key for _, attributes in Tags(page).found for key in attributes if key.startswith("on")]


def test_the_page_is_well_formed_and_needs_nothing_else(tmp_path: Path) -> None:
    page = run(tmp_path, event("end", 1, 0.9, known=evidence()), camera(), info=ReportInfo("a", "b: c", {"d": "e"}))
    tags = Tags(page)
    assert tags.open == []
    for _, attributes in tags.found:
        for key in ("src", "href"):
            value = attributes.get(key) or ""
            assert not value or value.startswith(("data:image/jpeg;base64,", "#"))
    assert not re.search(r"url\(|@import|https?://|fetch\(|XMLHttp", page)
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_only_the_pages_own_script_may_run(tmp_path: Path) -> None:
    page = run(tmp_path, camera())
    script = re.search(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script.group(1).encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([], "cam: the run ended before it did (last state: connecting)"),
        ([camera(CameraState.LIVE, "", final=False)], "cam: the run ended before it did (last state: live)"),
        ([camera(CameraState.FAILED, "no such file")], "cam: no such file"),
        ([camera(CameraState.ENDED, "interrupted by SIGINT")], "cam: interrupted by SIGINT"),
        ([camera(CameraState.ENDED, "reading broke off at 3.0 s: bad data")], "cam: reading broke off at 3.0 s"),
    ],
)
def test_an_interrupted_run_says_it_is_partial(tmp_path: Path, events: list[Event], why: str) -> None:
    text = text_of(run(tmp_path, *events))
    assert "Partial report" in text
    assert why in text
    assert table(tmp_path)[0]["crop"] == "faces/cam-1.jpg"


def test_watching_a_camera_may_end_at_any_time(tmp_path: Path) -> None:
    live = ReportInfo("gate", live=True)
    assert "Partial" not in run(tmp_path, camera(reason="interrupted by SIGINT"), info=live)
    assert "Partial" in run(tmp_path, camera(CameraState.FAILED, "wrong password"), info=live)


def test_a_killed_run_leaves_a_page_that_says_so(tmp_path: Path) -> None:
    run(tmp_path, event("end", 1, 0.9, known=evidence()), camera())
    killed = ReportSink(tmp_path, ReportInfo("second run"))
    text = text_of((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "second run" in text
    assert "Unfinished" in text
    assert "Ada" not in text
    assert list((tmp_path / "faces").iterdir()) == []
    assert (tmp_path / "events.jsonl").read_bytes() == b""
    killed.close()


def test_rewrites_the_page_once_a_minute(tmp_path: Path) -> None:
    now = [0.0]
    sink = ReportSink(tmp_path, ReportInfo("clip"), ticks=lambda: now[0])
    sink.on_event(event("new", 1, 0.0))
    sink.on_frame(view(0, 1))
    assert table(tmp_path) == []
    now[0] = REFRESH_SECONDS
    sink.on_frame(view(1, 1))
    assert [row["frames"] for row in table(tmp_path)] == ["2"]
    assert "Unfinished" in (tmp_path / "index.html").read_text(encoding="utf-8")
    sink.close()


def test_pages_that_take_long_to_write_are_written_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, written = [0.0], []

    def slow(story: Story, faces: Path) -> bytes:
        now[0] += 5
        written.append(now[0])
        return b""

    monkeypatch.setattr("pipeline.sinks.report.sink.render", slow)
    sink = ReportSink(tmp_path, ReportInfo("crowd"), ticks=lambda: now[0])
    for minute in range(1, 21):
        now[0] = minute * 60.0
        sink.on_frame(view(minute))
    assert written == [5, 545, 1085]
    sink.close()


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(tmp_path / name, named(1, 0.4, "Ada"), event("end", 1, 0.9, known=evidence()), camera())
    for file in ("index.html", "tracks.csv", "events.jsonl", "faces/cam-1.jpg"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_leaves_no_unfinished_files(tmp_path: Path) -> None:
    run(tmp_path, event("end", 1, 0.9), camera())
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "cam-1.jpg",
        "events.jsonl",
        "faces",
        "index.html",
        "tracks.csv",
    ]


def test_an_empty_run(tmp_path: Path) -> None:
    ReportSink(tmp_path, ReportInfo("nothing")).close()
    text = text_of((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "No camera was heard of" in text
    assert "No face was followed" in text
    assert table(tmp_path) == []


def test_names_that_came_and_went_are_told(tmp_path: Path) -> None:
    changes = (named(1, 0.2, "Ada"), named(1, 0.4, "Bob", "Ada"), named(1, 0.6, None, "Bob"))
    last = event("end", 1, 0.9, known=evidence("candidate", "Bob", 0.4))
    text = text_of(run(tmp_path, *changes, last, camera()))
    assert "0:00.2 named Ada (score 0.71)" in text
    assert "0:00.4 renamed from Ada to Bob (score 0.71)" in text
    assert "0:00.6 name Bob taken back (score 0.71)" in text
    assert "Not named. Bob is nearest; score 0.40 is below the 0.55 needed" in text


def test_more_tracks_than_a_page_can_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 20
    monkeypatch.setattr("pipeline.sinks.report.html.MAX_CARDS", most)
    sink = ReportSink(tmp_path, ReportInfo("crowd"), clock=lambda: 0.0)
    total = most + 50
    for track in range(1, total + 1):
        known = evidence() if track == total else evidence("unknown", None, 0.2)
        sink.on_event(event("new", track, track / 10))
        sink.on_event(event("end", track, track / 10 + 1, age=1.0, known=known))
    sink.on_event(camera())
    sink.close()
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.count('<li id="t-') == most
    assert f"Showing {most} of {total} tracks" in text_of(page)
    assert f'id="t-cam-{total}"' in page
    assert len(table(tmp_path)) == total


def test_500_faces_and_nan_boxes_in_a_frame(tmp_path: Path) -> None:
    sink = ReportSink(tmp_path, ReportInfo("crowd"), clock=lambda: 0.0)
    sink.on_frame(view(0, *range(1, 501)))
    odd = Track("cam", 501, np.array([np.nan, 0, 5, 5], np.float32), 0.9, None, 0.0)
    outside = Track("cam", 502, np.array([-90, -90, -10, -10], np.float32), 0.9, None, 0.0)
    base = view(1)
    sink.on_frame(FrameResult(base.frame, base.detections, (odd, outside), {}))
    sink.close()
    rows = table(tmp_path)
    assert len(rows) == 502
    assert [row["crop"] for row in rows if row["track"] in ("501", "502")] == ["", ""]


def test_live_cameras_are_told_in_times_of_day(tmp_path: Path) -> None:
    page = run(tmp_path, event("end", 1, 0.9, known=evidence()), camera(), info=ReportInfo("gate", live=True))
    assert "00:16:40 to 00:16:40" in text_of(page)
    assert table(tmp_path)[0]["first_seen_utc"] == "1970-01-01T00:16:40.000Z"


def test_keeps_the_events_of_this_run_only(tmp_path: Path) -> None:
    ended = event("end", 1, 0.9, known=evidence())
    for _ in range(2):
        run(tmp_path, ended, camera())
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines()
    assert [decode(line) for line in lines] == [event("new", 1, 0.0), ended, camera()]


def test_pictures_of_other_things_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "holiday.jpg").write_bytes(b"x")
    (tmp_path / "faces" / "beach-1.jpg").write_bytes(b"x")
    ReportSink(tmp_path, ReportInfo("clip")).close()
    assert (tmp_path / "faces" / "holiday.jpg").is_file()
    assert (tmp_path / "faces" / "beach-1.jpg").is_file(), "no earlier report was here"
    ReportSink(tmp_path, ReportInfo("clip")).close()
    assert (tmp_path / "faces" / "holiday.jpg").is_file()
    assert not (tmp_path / "faces" / "beach-1.jpg").exists()


def test_shows_no_secrets_and_names_that_are_no_unicode(tmp_path: Path) -> None:
    facts = {"Source": "clip.mp4?token=hunter2", "Gallery": "\udcff.db"}
    page = run(tmp_path, camera(), info=ReportInfo("clip", "source: rtsp://a:hunter2@h/x", facts))
    assert "hunter2" not in page
    assert "clip.mp4?token=***" in page
    assert r"\udcff.db" in page

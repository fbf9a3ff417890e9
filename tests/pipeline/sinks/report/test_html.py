"""The page: well formed, self-contained, safe with hostile text, honest about what it leaves out."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from pipeline.events import CameraHealth
from pipeline.sinks.report.records import Moment
from pipeline.sinks.report.sink import ReportInfo, ReportSink
from pipeline.types import CameraState
from tests.pipeline.sinks.report.samples import (
    beat,
    camera_event,
    identity_event,
    make_evidence,
    read_table,
    strip_tags,
    track_event,
    write_report,
)

EVIL = "<script>alert('x')</script>\"'&"


class Tags(HTMLParser):
    """Collects elements; fails on a wrongly nested one."""

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


def test_the_page_shows_name_time_size_and_reason(tmp_path: Path) -> None:
    page = write_report(
        tmp_path,
        identity_event(1, 0.4, "Ada"),
        track_event("end", 1, 0.9, age=0.9, evidence=make_evidence()),
        camera_event(),
    )
    text = strip_tags(page)
    assert "Named Ada: score 0.71 reached the 0.55 needed at this face size, 0.12 ahead of the next person." in text
    assert "Based on 9 pictures, counted as 4.2 independent." in text
    assert "0:00.0 to 0:00.9" in text
    assert "9 faces, median" not in text
    assert "Partial" not in text
    assert (tmp_path / "faces" / "cam-1.jpg").is_file()
    assert base64.b64encode((tmp_path / "faces" / "cam-1.jpg").read_bytes()).decode() in page


def test_a_warning_stands_above_the_reasons_and_in_the_table(tmp_path: Path) -> None:
    warned = msgspec.structs.replace(make_evidence(), warnings=("flat: moves like <a photograph>",))
    page = write_report(tmp_path, track_event("end", 1, 0.9, age=0.9, evidence=warned), camera_event())
    assert "Warning. Flat: moves like &lt;a photograph&gt;." in page.replace("<strong>", "").replace("</strong>", "")
    assert read_table(tmp_path)[0]["warnings"] == "flat: moves like <a photograph>"


@pytest.mark.parametrize("where", ["person", "title", "settings", "fact", "reason"])
def test_hostile_text_is_escaped(tmp_path: Path, where: str) -> None:
    info = ReportInfo(
        EVIL if where == "title" else "clip",
        EVIL if where == "settings" else "",
        {EVIL: EVIL} if where == "fact" else {},
    )
    known = make_evidence(person=EVIL if where == "person" else "Ada")
    ended = camera_event(reason=EVIL if where == "reason" else "")
    page = write_report(
        tmp_path, identity_event(1, 0.1, known.person), track_event("end", 1, 0.9, evidence=known), ended, info=info
    )
    assert EVIL in strip_tags(page).replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").replace(
        "&#34;", '"'
    ).replace("&amp;", "&")
    scripts = [attributes for tag, attributes in Tags(page).found if tag == "script"]
    assert scripts == [{}]
    assert not [key for _, attributes in Tags(page).found for key in attributes if key.startswith("on")]


def test_the_page_is_well_formed_and_self_contained(tmp_path: Path) -> None:
    page = write_report(
        tmp_path,
        track_event("end", 1, 0.9, evidence=make_evidence()),
        camera_event(),
        info=ReportInfo("a", "b: c", {"d": "e"}),
    )
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
    page = write_report(tmp_path, camera_event())
    script = re.search(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script.group(1).encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page


def test_changes_of_name_are_listed(tmp_path: Path) -> None:
    changes = (identity_event(1, 0.2, "Ada"), identity_event(1, 0.4, "Bob", "Ada"), identity_event(1, 0.6, None, "Bob"))
    last = track_event("end", 1, 0.9, evidence=make_evidence("candidate", "Bob", 0.4))
    text = strip_tags(write_report(tmp_path, *changes, last, camera_event()))
    assert "0:00.2 named Ada (score 0.71)" in text
    assert "0:00.4 renamed from Ada to Bob (score 0.71)" in text
    assert "0:00.6 name Bob retracted (score 0.71)" in text
    assert "Not named. Bob is nearest; score 0.40 is below the 0.55 needed" in text


def test_a_page_says_when_it_leaves_tracks_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 20
    monkeypatch.setattr("pipeline.sinks.report.html.MAX_CARDS", most)
    sink = ReportSink(tmp_path, ReportInfo("crowd"), clock=lambda: 0.0)
    total = most + 50
    for track in range(1, total + 1):
        known = make_evidence() if track == total else make_evidence("unknown", None, 0.2)
        sink.on_event(track_event("new", track, track / 10))
        sink.on_event(track_event("end", track, track / 10 + 1, age=1.0, evidence=known))
    sink.on_event(camera_event())
    sink.close()
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.count('<li id="t-') == most
    assert f"Showing {most} of {total} tracks" in strip_tags(page)
    assert f'id="t-cam-{total}"' in page
    assert len(read_table(tmp_path)) == total


def test_live_cameras_show_times_of_day(tmp_path: Path) -> None:
    page = write_report(
        tmp_path,
        track_event("end", 1, 0.9, evidence=make_evidence()),
        camera_event(),
        info=ReportInfo("gate", live=True),
    )
    assert "00:16:40 to 00:16:40" in strip_tags(page)
    assert read_table(tmp_path)[0]["first_seen_utc"] == "1970-01-01T00:16:40.000Z"


def test_secrets_are_hidden_and_file_names_may_be_no_unicode(tmp_path: Path) -> None:
    facts = {"Source": "clip.mp4?token=hunter2", "Gallery": "\udcff.db"}
    page = write_report(tmp_path, camera_event(), info=ReportInfo("clip", "source: rtsp://a:hunter2@h/x", facts))
    assert "hunter2" not in page
    assert "clip.mp4?token=***" in page
    assert r"\udcff.db" in page


def test_a_card_links_into_the_film_or_says_where_to_look_in_the_recording(tmp_path: Path) -> None:
    ended = track_event("end", 1, 0.9, age=0.9, evidence=make_evidence())
    film = ReportInfo("clip", moment=lambda record: Moment("annotated.mp4", 62.0, "annotated.mp4#t=62.0"))
    page = write_report(tmp_path / "a", ended, camera_event(), info=film)
    assert '<a class="watch" href="annotated.mp4#t=62.0">▶ watch at 1:02.0</a>' in page
    source = ReportInfo("clip", moment=lambda record: Moment("night.mp4", 62.0))
    assert "at 1:02.0 in night.mp4" in strip_tags(write_report(tmp_path / "b", ended, camera_event(), info=source))


def test_the_enrolled_picture_stands_beside_the_crop(tmp_path: Path) -> None:
    ended = track_event("end", 1, 0.9, age=0.9, evidence=make_evidence())
    info = ReportInfo("clip", portrait={"Ada": b"RIFFwebp"}.get)
    page = write_report(tmp_path, ended, camera_event(), info=info)
    data = base64.b64encode(b"RIFFwebp").decode()
    assert page.count(f'src="data:image/webp;base64,{data}" alt="Enrolled picture of Ada"') == 2
    assert "Enrolled picture" not in write_report(tmp_path / "none", ended, camera_event())


def test_frames_dropped_are_shown_of_live_cameras(tmp_path: Path) -> None:
    health = CameraHealth(state=CameraState.LIVE, frames=10, dropped=7, tracks=0, frame_age=0.1)
    page = write_report(tmp_path, beat({"cam": health}), camera_event(), info=ReportInfo("gate", live=True))
    assert "10 frames, 7 dropped" in strip_tags(page)


def test_the_page_has_no_jargon(tmp_path: Path) -> None:
    evidence = msgspec.structs.replace(make_evidence("candidate"), reasons=("1.4 independent looks, fewer than 2",))
    text = strip_tags(write_report(tmp_path, track_event("end", 1, 0.9, evidence=evidence), camera_event()))
    assert not re.search(r"\b(worth|lost|looks?|cosine|pooled|crops?|template|embedding|effective)\b", text)


def test_a_run_that_named_nobody_says_so(tmp_path: Path) -> None:
    seen = track_event("end", 1, 0.9, age=0.9, evidence=make_evidence("unknown", None, 0.2))
    assert "Nobody. The decisions below say why." in strip_tags(write_report(tmp_path, seen, camera_event()))


def test_one_camera_needs_no_choice_of_cameras(tmp_path: Path) -> None:
    tags = Tags(write_report(tmp_path, identity_event(1, 0.4, "Ada"), track_event("end", 1, 0.9), camera_event())).found
    assert [attrs["type"] for tag, attrs in tags if attrs.get("name") == "camera"] == ["hidden"]

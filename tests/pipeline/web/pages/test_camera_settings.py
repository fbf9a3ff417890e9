"""Cameras of the file: changed, added, removed by an admin; their passwords never leave it."""

from pathlib import Path

import pytest

from pipeline.web.security.roles import Role
from tests.pipeline.web.pages.site import SITE, Site, fields

PAGE = "/admin/cameras"
DOOR = "rtsp://***@10.0.0.2/main"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_no_password_is_sent_to_the_browser(site: Site) -> None:
    with site.browser() as browser:
        text = browser.get(PAGE).text
    assert "hunter22" not in text
    assert f'value="{DOOR}"' in text


def test_a_camera_is_paused_and_keeps_its_password(site: Site) -> None:
    with site.browser() as browser:
        form = fields(browser, PAGE) | {"source": DOOR, "cameras[0].fps": "5", "cameras[0].min_face_px": "10"}
        assert browser.post(f"{PAGE}/0/change", data=form).status_code == 303
    text = site.path.read_text()
    assert "rtsp://user:hunter22@10.0.0.2/main   # Hikvision" in text
    assert "    fps: 5\n    enabled: false\n" in text
    assert site.notes == [("ida", "camera changed", "door", {"fps": "5", "enabled": "False"})]


def test_a_camera_is_added_and_removed(site: Site) -> None:
    with site.browser() as browser:
        form = fields(browser, PAGE) | {"name": "yard", "source": "rtsp://10.0.0.4/main"}
        assert browser.post(f"{PAGE}/add", data=form).status_code == 303
        assert site.path.read_text() == SITE + "  - name: yard\n    source: rtsp://10.0.0.4/main\n"
        assert browser.post(f"{PAGE}/2/remove", data=fields(browser, PAGE)).status_code == 303
    assert site.path.read_text() == SITE
    assert [note[1] for note in site.notes] == ["camera added", "camera removed"]


@pytest.mark.parametrize(
    ("name", "source", "sentence"),
    [
        ("yard", "/etc/passwd", "live camera"),
        ("yard", "rtsp://u:${env:HOME}@10.0.0.4/", "names already"),
        ("door", "rtsp://10.0.0.4/", "used twice"),
        ("a/b", "rtsp://10.0.0.4/", 'name="name" dir="auto" maxlength="64" autocomplete="off" value="a/b"'),
    ],
)
def test_what_cannot_be_added_is_refused(site: Site, name: str, source: str, sentence: str) -> None:
    with site.browser() as browser:
        answer = browser.post(f"{PAGE}/add", data=fields(browser, PAGE) | {"name": name, "source": source})
    assert answer.status_code == 400
    assert sentence in answer.text
    assert site.path.read_text() == SITE


def test_a_masked_password_that_is_moved_elsewhere_is_refused(site: Site) -> None:
    with site.browser() as browser:
        form = fields(browser, PAGE) | {"source": "rtsp://***@evil.example/main", "enabled": "on"}
        answer = browser.post(f"{PAGE}/0/change", data=form)
    assert (answer.status_code, "stands for a password" in answer.text) == (400, True)
    assert site.path.read_text() == SITE


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_an_admin_sees_and_changes_cameras(site: Site, role: Role) -> None:
    with site.browser(role) as browser:
        token = {"x-csrf-token": fields(browser, "/settings")["csrf"]}
        assert browser.get(PAGE).status_code == 403
        for path in ("add", "0/change", "0/remove", "door/areas"):
            assert browser.post(f"{PAGE}/{path}", headers=token).status_code == 403
    assert site.path.read_text() == SITE

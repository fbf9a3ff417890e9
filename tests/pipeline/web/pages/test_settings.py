"""Settings change in the file, with sentences where something is wrong, and only by those who may."""

from pathlib import Path

import pytest

from pipeline.web.room import Room
from pipeline.web.security.roles import Role
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.pages.site import SITE, Site, fields


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_an_operator_changes_a_threshold_and_it_is_noted(site: Site) -> None:
    with site.browser(Role.OPERATOR) as browser:
        form = fields(browser, "/settings") | {"decision.false_alarm": "0.01", "faces.interval": "0.2"}
        answer = browser.post("/settings", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/settings?saved=1")
    assert site.path.read_text() == SITE.replace("0.001", "0.01")
    assert site.notes == [("ida", "settings changed", "decision.false_alarm", {"decision.false_alarm": "0.001 → 0.01"})]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("decision.false_alarm", "2", "Expected `float`"),
        ("decision.margin", "much", "expected a number"),
        ("defaults.fps", "-1", "Expected `float`"),
        ("faces.interval", "nan", "expected a number"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(site: Site, name: str, value: str, sentence: str) -> None:
    with site.browser() as browser:
        answer = browser.post("/settings", data=fields(browser, "/settings") | {name: value})
    assert answer.status_code == 400
    field = answer.text.split(f'name="{name}"')[1].split("</div>")[0]
    assert 'aria-invalid="true"' in field
    assert sentence in field
    assert f'value="{value}"' in field
    assert site.path.read_text() == SITE
    assert site.notes == []


def test_a_change_of_somebody_else_is_kept(site: Site) -> None:
    with site.browser() as browser:
        form = fields(browser, "/settings") | {"decision.margin": "0.1"}
        site.path.write_text(SITE + "node: other\n")
        answer = browser.post("/settings", data=form)
    assert "changed by somebody else" in answer.text
    assert site.path.read_text() == SITE + "node: other\n"


def test_a_viewer_reads_and_does_not_change(site: Site) -> None:
    with site.browser(Role.VIEWER) as browser:
        assert " disabled>" in browser.get("/settings").text
        answer = browser.post("/settings", data=fields(browser, "/settings") | {"decision.margin": "0.1"})
        assert answer.status_code == 403
    assert site.path.read_text() == SITE


def test_without_a_file_and_without_rights_to_it_a_sentence_says_so(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at(Room()) as browser:
        answer = browser.get("/settings")
        assert (answer.status_code, "without --config" in answer.text) == (503, True)
    monkeypatch.setattr("os.access", lambda *_: False)
    with site.browser() as browser:
        form = fields(browser, "/settings") | {"decision.margin": "0.1"}
        assert "not writable" in browser.get("/settings").text
        answer = browser.post("/settings", data=form)
        assert (answer.status_code, "not writable" in answer.text) == (503, True)
    assert str(site.path.parent) not in answer.text
    assert site.path.read_text() == SITE

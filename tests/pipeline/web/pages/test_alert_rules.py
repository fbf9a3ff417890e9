"""Rules are made on the page and written into the file, by those who may; what is wrong stands at its field."""

import os
from pathlib import Path
from typing import Any

import pytest

from configs.strict_yaml import parse_yaml
from pipeline.settings.file.config_file import ConfigFile
from pipeline.settings.rooms.alerts import AlertRule
from pipeline.web.security.roles import Role
from recognizer.gallery.store import Gallery
from tests.pipeline.web.pages.changes import told
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.pages.site import SITE, Site, fields
from tests.pipeline.web.security.site import Browser
from tests.pipeline.web.showroom import make_gallery, make_room

ALERTS = """\
history: {file: data/history.db}
alerts:
  file: alerts.db   # kept
  rules:
    # whom we like
    - name: friends
      people: [Ada, Ben]   # both
      cooldown: 60
    - name: night
      kind: nobody_else
      schedule:
        zone: Europe/Berlin
        times: [{start: "20:00", end: "06:00", holidays: also}, {days: [sun]}]
      escalate_seconds: 120
webhooks:
  file: w.db
  receivers: [{name: phone, url: "https://h.example/s3cret", rules: [night]}]
"""
NEW = {"kind": "person", "name": "Cleo", "people": ["Cleo"], "zone": "UTC", "rule.cooldown": "300", "nodes": "on"}


@pytest.fixture(autouse=True)
def _zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    gallery = make_gallery(tmp_path / "people.db")
    site = Site(tmp_path, open_gallery=lambda: Gallery(gallery, read_only=True))
    site.path.write_text(SITE + ALERTS)
    return site


def rules(site: Site) -> list[dict[str, Any]]:
    return list(parse_yaml(site.path.read_text())["alerts"]["rules"])


def send(browser: Browser, path: str, page: str = "/alerts", **more: Any) -> Any:
    return browser.post(path, data=fields(browser, page) | more, follow_redirects=True)


def form_of(browser: Browser, number: int) -> dict[str, Any]:
    """What the form of a rule sends if nobody touches it."""
    from html.parser import HTMLParser

    found: dict[str, list[str]] = {}

    class Fields(HTMLParser):
        select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            at = dict(attrs)
            if tag == "input" and at.get("type") in ("radio", "checkbox"):
                if "checked" in at:
                    found.setdefault(at["name"] or "", []).append(at.get("value") or "on")
            elif tag == "input" and at.get("name"):
                found.setdefault(at["name"] or "", []).append(at.get("value") or "")
            elif tag == "select":
                self.select = at["name"] or ""
            elif tag == "option" and self.select and "selected" in at:
                found.setdefault(self.select, []).append(at["value"] or "")

    text = browser.get(f"/alerts/rules/{number}").text
    Fields().feed(text[text.index('class="rule-form"') :])
    return found


def test_one_click_on_a_persons_page_makes_a_rule_and_leaves_the_rest_of_the_file(site: Site) -> None:
    with site.browser(Role.OPERATOR) as browser:
        page = "/person?name=Cleo"
        assert "Tell me when Cleo comes" in browser.get(page).text
        answer = send(browser, "/alerts/rules/tell", page, name="Cleo")
        assert "From now on an alert tells when Cleo comes." in told(answer)
        assert "Tell me when Cleo comes" not in browser.get(page).text
    head, tail = (SITE + ALERTS).split("webhooks:")
    assert site.path.read_text() == head + "    - name: Cleo\n      people: [Cleo]\nwebhooks:" + tail
    assert site.notes[0][:3] == ("ida", "alert rule added", "Cleo")
    assert "When Cleo comes" in site.notes[0][3]["rule"]


def test_the_first_rule_brings_a_file_for_alerts_beside_the_history(site: Site) -> None:
    site.path.write_text(SITE + "history: {file: data/history.db}\n")
    with site.browser() as browser:
        told_of = told(send(browser, "/alerts/rules/tell", "/person?name=Ada", name="Ada"))
    assert "when Ada comes" in told_of
    expected = "alerts:\n  file: data/alerts.db\n  rules:\n    - name: Ada\n      people: [Ada]\n"
    assert site.path.read_text() == SITE + "history: {file: data/history.db}\n" + expected


@pytest.mark.parametrize(
    "history", ["", "history: {file: '${env:PLACE}/h.db'}\n", "history: {file: postgresql://h/x}\n"]
)
def test_without_a_place_for_that_file_the_page_says_what_is_missing(
    site: Site, history: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACE", "/nowhere")
    site.path.write_text(SITE + history)
    with site.browser() as browser:
        text = browser.get("/alerts").text
        assert "set alerts.file" in text
        assert "Add a rule" not in text
        form = fields(browser, "/settings")
        assert "set alerts.file" in told(
            browser.post("/alerts/rules/tell", data=form | {"name": "Ada"}, follow_redirects=True)
        )
        assert "set alerts.file" in browser.post("/alerts/rules/add", data=form | NEW).text
    assert site.path.read_text() == SITE + history


def test_a_rule_is_added_with_all_that_its_kind_has_and_nothing_else(site: Site) -> None:
    with site.browser(Role.OPERATOR) as browser:
        send(
            browser,
            "/alerts/rules/add",
            "/alerts/rules/new",
            **{
                "name": "waits",
                "kind": "loitering",
                "people": ["Ada"],
                "cameras": ["door", "till"],
                "zone": "Asia/Tokyo",
            },
            **{"rule.min_seconds": "90", "rule.false_alarm": "0.1", "rule.returning": "3", "text": "{who} waits"},
            **{"time0.days": ["mon", "sun"], "time0.start": "08:00", "time0.end": "00:00", "time0.holidays": "except"},
            **{"time1.start": "09:00", "time1.remove": "yes", "time2.end": "10:00"},
        )
    assert rules(site)[2] == {
        "name": "waits",
        "kind": "loitering",
        "people": ["Ada"],
        "cameras": ["door", "till"],
        "schedule": {
            "zone": "Asia/Tokyo",
            "times": [{"days": ["mon", "sun"], "start": "08:00", "holidays": "except"}, {"end": "10:00"}],
        },
        "min_seconds": 90,
        "text": "{who} waits",
    }


@pytest.mark.parametrize("number", [0, 1])
def test_a_form_that_nobody_touched_changes_nothing(site: Site, number: int) -> None:
    with site.browser() as browser:
        answer = browser.post(f"/alerts/rules/{number}/change", data=form_of(browser, number), follow_redirects=True)
    assert told(answer) == "Nothing to change."
    assert site.path.read_text() == SITE + ALERTS


def test_a_change_touches_its_keys_alone(site: Site) -> None:
    with site.browser() as browser:
        form = form_of(browser, 0) | {"rule.cooldown": "", "rule.false_alarm": "0.01", "people": ["Ben"]}
        browser.post("/alerts/rules/0/change", data=form)
    expected = ALERTS.replace(
        "people: [Ada, Ben]   # both\n      cooldown: 60\n", "people: [Ben]   # both\n      false_alarm: 0.01\n"
    )
    assert site.path.read_text() == SITE + expected
    assert site.notes == [
        (
            "ida",
            "alert rule changed",
            "friends",
            {"people": "('Ada', 'Ben') → ('Ben',)", "false_alarm": "None → 0.01", "cooldown": "60.0 → 300.0"},
        )
    ]


def test_pausing_enabling_and_removing(site: Site) -> None:
    with site.browser(Role.OPERATOR) as browser:
        assert "friends is paused" in told(send(browser, "/alerts/rules/0/pause"))
        assert rules(site)[0]["enabled"] is False
        assert "Enable" in browser.get("/alerts").text
        assert "friends tells again" in told(send(browser, "/alerts/rules/0/pause", enabled="yes"))
        assert site.path.read_text() == SITE + ALERTS
        assert "night is removed" in told(send(browser, "/alerts/rules/1/remove"))
        assert [rule["name"] for rule in rules(site)] == ["friends"]
        send(browser, "/alerts/rules/0/remove")
        assert rules(site) == []
        assert "No rule yet" in browser.get("/alerts").text
        assert browser.get("/alerts/rules/0").status_code == 404
    assert [note[1:3] for note in site.notes] == [
        ("alert rule paused", "friends"),
        ("alert rule enabled", "friends"),
        ("alert rule removed", "night"),
        ("alert rule removed", "friends"),
    ]


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"name": ""}, "name", "Expected a name"),
        ({"name": "friends"}, "name", "Another rule has this name"),
        ({"name": "x" * 65}, "name", "length"),
        ({"name": "${env:HOME}"}, "name", "without ${"),
        ({"name": "a\u202eb"}, "name", "can be printed"),
        ({"text": "{secret}"}, "text", "Expected fields"),
        ({"kind": "missing", "people": []}, "people", "Expected somebody who must come"),
        ({"kind": "missing"}, "schedule", "Expected a time"),
        ({"zone": "Mars/Base"}, "zone", "IANA name"),
        ({"time0.start": "25:00"}, "schedule", "Time 1, start"),
        ({"cameras": ["no such name"]}, "cameras", "xpected letters"),
    ],
)
def test_what_cannot_be_stands_at_its_field_and_nothing_is_written(
    site: Site, change: dict[str, Any], field: str, sentence: str
) -> None:
    with site.browser() as browser:
        answer = browser.post("/alerts/rules/add", data=fields(browser, "/alerts/rules/new") | NEW | change)
    assert answer.status_code == 400
    said = answer.text.split(f'id="fault-{field}">')[1].split("</p>")[0]
    assert sentence in said
    assert site.path.read_text() == SITE + ALERTS
    assert site.notes == []


@pytest.mark.parametrize(
    ("value", "key"), [("2", "false_alarm"), ("-1", "cooldown"), ("much", "max_level"), ("nan", "cooldown")]
)
def test_a_number_that_cannot_be_stands_at_its_field(site: Site, value: str, key: str) -> None:
    with site.browser() as browser:
        answer = browser.post(
            "/alerts/rules/add", data=fields(browser, "/alerts/rules/new") | NEW | {f"rule.{key}": value}
        )
    assert answer.status_code == 400
    field = answer.text.split(f'name="rule.{key}"')[1].split("</div>")[0]
    assert f'value="{value}"' in field
    assert 'aria-invalid="true"' in field
    assert "xpected" in field
    assert site.path.read_text() == SITE + ALERTS


def test_an_unknown_kind_is_refused(site: Site) -> None:
    with site.browser() as browser:
        answer = browser.post(
            "/alerts/rules/add", data=fields(browser, "/alerts/rules/new") | NEW | {"kind": "psychic"}
        )
    assert answer.status_code == 400
    assert site.path.read_text() == SITE + ALERTS


def test_a_change_of_somebody_else_is_kept(site: Site) -> None:
    with site.browser() as browser:
        form = fields(browser, "/alerts/rules/new") | NEW
        site.path.write_text(SITE + ALERTS + "node: other\n")
        assert "changed by somebody else" in browser.post("/alerts/rules/add", data=form).text
        for path in ("/alerts/rules/tell", "/alerts/rules/0/pause", "/alerts/rules/0/remove"):
            answer = browser.post(path, data=form | {"name": "Ada"}, follow_redirects=True)
            assert "changed by somebody else" in told(answer)
    assert site.path.read_text() == SITE + ALERTS + "node: other\n"


def test_a_viewer_reads_rules_and_changes_none(site: Site) -> None:
    with site.browser(Role.VIEWER) as browser:
        text = browser.get("/alerts").text
        assert "When Ada or Ben comes" in text
        assert "Add a rule" not in text
        assert "<button>Pause" not in text
        assert " disabled>" in browser.get("/alerts/rules/0").text
        for path in ("add", "tell", "0/change", "0/pause", "0/remove"):
            assert browser.post(f"/alerts/rules/{path}", data=fields(browser, "/settings") | NEW).status_code == 403
    assert site.path.read_text() == SITE + ALERTS


def test_without_the_token_of_the_page_nothing_is_changed(site: Site) -> None:
    with site.browser() as browser:
        form = fields(browser, "/alerts/rules/new") | NEW | {"csrf": "wrong"}
        assert browser.post("/alerts/rules/add", data=form).status_code == 403
    assert site.path.read_text() == SITE + ALERTS


def test_a_file_that_cannot_be_written_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.browser() as browser:
        form = fields(browser, "/alerts/rules/new") | NEW
        monkeypatch.setattr(os, "access", lambda *_: False)
        assert "not writable" in browser.get("/alerts").text
        assert "not writable" in browser.post("/alerts/rules/add", data=form).text
    assert site.path.read_text() == SITE + ALERTS


def test_receivers_are_named_with_their_limits_and_without_their_addresses(site: Site) -> None:
    with site.browser() as browser:
        text = browser.get("/alerts").text
    assert "this page and webhook phone (only rules night)" in text
    assert "s3cret" not in text
    assert "set alerts.bind" in text


def test_somebody_may_be_on_a_list_who_is_not_enrolled(site: Site) -> None:
    site.path.write_text(SITE + ALERTS.replace("[Ada, Ben]", '["<Zo>"]'))
    with site.browser() as browser:
        text = browser.get("/alerts/rules/0").text
    assert '<input type="checkbox" name="people" value="&lt;Zo&gt;" checked>' in text
    assert "<Zo>" not in text


def test_who_is_erased_and_still_named_by_a_rule_is_said(site: Site, tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", visits=6, config=ConfigFile(site.path))
    with at(room) as browser:
        assert "in this rule of alerts: friends." in browser.get("/admin/erase?name=Ada").text
        assert "of alerts" not in browser.get("/admin/erase?name=Dan").text
        answer = browser.post("/admin/erase", data={"csrf": browser.token("/search"), "name": "Ada", "sure": "yes"})
    assert "Rules that still name Ada" in answer.text
    assert 'href="/alerts/rules/0">friends</a>' in answer.text


def test_a_second_rule_about_somebody_has_another_name(site: Site) -> None:
    site.path.write_text(SITE + ALERTS.replace("name: friends", "name: Ada"))
    with site.browser() as browser:
        send(browser, "/alerts/rules/tell", "/person?name=Ada", name="Ada")
    assert [rule["name"] for rule in rules(site)] == ["Ada", "night", "Ada 2"]


def test_every_number_of_a_rule_is_in_the_form(site: Site) -> None:
    with site.browser() as browser:
        text = browser.get("/alerts/rules/new").text
    others = {"name", "kind", "enabled", "people", "cameras", "schedule", "nodes", "text"}
    missing = [key for key in AlertRule.__struct_fields__ if key not in others and f'name="rule.{key}"' not in text]
    assert missing == []


@pytest.mark.parametrize("field", ["name", "kind", "zone", "text", "rule.cooldown", "time0.start", "time0.holidays"])
@pytest.mark.parametrize("value", ["x" * 3000, "a\0b"], ids=["long", "nul"])
def test_what_no_browser_sends_is_refused_with_a_sentence(site: Site, field: str, value: str) -> None:
    before = site.path.read_text()
    sent: dict[str, Any] = {**NEW, "time0.end": "10:00", field: value}
    with site.browser() as browser:
        answer = send(browser, "/alerts/rules/add", **sent)
    assert answer.status_code == 400
    assert "expected at most" in answer.text
    assert site.path.read_text() == before


def test_a_name_that_nobody_can_have_is_not_written(site: Site) -> None:
    before = site.path.read_text()
    sent: dict[str, Any] = {**NEW, "people": ["x" * 201]}
    with site.browser() as browser:
        answer = send(browser, "/alerts/rules/add", **sent)
    assert (answer.status_code, site.path.read_text()) == (400, before)
    assert "names of at most 200 characters" in answer.text


@pytest.mark.parametrize("number", ["2", "9" * 5000, "-1", "٢", "x"])
def test_a_rule_that_there_is_not_is_not_found(site: Site, number: str) -> None:
    with site.browser() as browser:
        assert browser.get(f"/alerts/rules/{number}").status_code == 404

"""The page reads, searches and judges with the models of its site, not with those that ship."""

from pathlib import Path

import pytest

from glimpse.errors import ModelMissingError
from glimpse.site_models import SiteModels
from glimpse.web_room import make_room
from pipeline.settings.load import make_settings
from pipeline.settings.types import Settings
from recognizer.decide import DecisionRule
from tests.synthetic.networks import write_recognizer


def site(folder: Path, **recognizer: str) -> Settings:
    sections = {"events": {"bind": "ipc://b"}, "recognizer": recognizer, "decision": {"false_alarm": 0.02}}
    return make_settings(sections, environment={})


def test_range_map_and_search_have_the_calibration_of_the_sites_recogniser(tmp_path: Path) -> None:
    model = write_recognizer(tmp_path / "own.onnx", model_id="own")
    room = make_room(site(tmp_path, model=str(model)))
    assert room.naming is not None
    assert room.models is not None
    assert (room.naming().calibration.model_id, room.models.calibration.model_id) == ("own", "own")


def test_a_family_that_ships_has_its_own_calibration(tmp_path: Path) -> None:
    embedded = SiteModels(site(tmp_path))
    same = SiteModels(site(tmp_path, model="embedded"))
    assert embedded.decider.calibration == same.decider.calibration
    assert embedded.decider.rule.false_alarm == 0.02


def test_a_rule_is_taken_from_a_section_that_has_more_settings(tmp_path: Path) -> None:
    settings = make_settings(
        {"events": {"bind": "ipc://b"}, "decision": {"flat_warning": False, "min_effective": 2.0}}, environment={}
    )
    rule = SiteModels(settings).decider.rule
    assert type(rule) is DecisionRule
    assert rule.min_effective == 2.0


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    models = SiteModels(site(tmp_path, model=str(tmp_path / "missing.onnx")))
    with pytest.raises(ModelMissingError, match=r"missing\.onnx"):
        _ = models.decider

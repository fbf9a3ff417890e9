"""Topics: one level for each name whatever it holds, and no person's name in any."""

import re

import pytest

from pipeline.alerts.mqtt.topics import Topics, object_id, person_id, topic_part

HOSTILE = ["a/b", "a+b", "#", "", " ", "a\0b", "x" * 500, "\ud800", "ä/#"]


def test_plain_names_stay_as_they_are() -> None:
    topics = Topics("glimpse", "shop")
    assert (topics.base, topics.status, topics.engine, topics.event) == (
        "glimpse/shop",
        "glimpse/shop/status",
        "glimpse/shop/engine",
        "glimpse/shop/event",
    )
    assert topics.camera("front-door_1.2") == "glimpse/shop/camera/front-door_1.2"


@pytest.mark.parametrize("name", HOSTILE)
def test_any_other_name_is_one_level_without_wildcards(name: str) -> None:
    assert re.fullmatch(r"[^/+#\0]{1,100}", topic_part(name))
    assert Topics("g", name).camera(name).count("/") == 3


@pytest.mark.parametrize("name", ["Ada", "Ada/#", "\ud800"])
def test_no_topic_has_a_persons_name(name: str) -> None:
    assert name not in Topics("g", "n").person(name)
    assert re.fullmatch(r"[0-9a-f]{12}", person_id(name))


def test_two_ways_to_write_a_name_are_one_person() -> None:
    assert person_id("Zoë") == person_id("Zoe\u0308") != person_id("Zoe")


@pytest.mark.parametrize("name", ["front.door", "front door", "Eingang ä", *HOSTILE])
def test_home_assistant_gets_an_id_of_its_characters_and_no_two_names_share_one(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]+", object_id(name))
    assert object_id(name) != object_id(f"{name}_")
    assert object_id("front_door") == "front_door" != object_id("front.door")

"""What is known of a node, event by event."""

import msgspec

from pipeline.alerts.mqtt.frigate import frigate_message
from pipeline.alerts.mqtt.messages import person_message
from pipeline.alerts.mqtt.state import GONE_SECONDS, NodeState, Sight
from pipeline.alerts.mqtt.topics import Topics, object_id, person_id
from pipeline.events import Event, PersonAction, TrackAction
from pipeline.types import CameraState
from tests.synthetic.events import camera, evidence, health, identity, renamed, track


def after(*events: Event) -> NodeState:
    state = NodeState()
    for event in events:
        state.apply(event)
    return msgspec.json.decode(msgspec.json.encode(state), type=NodeState)  # as it comes out of the file


def test_a_name_is_in_view_until_it_is_withdrawn_or_its_track_ends() -> None:
    assert after(identity(0)).names_in_view("door") == ["Ada"]
    assert after(identity(0), identity(1, person=None)).names_in_view("door") == []
    state = after(identity(0), track(0), track(1, action=TrackAction.END, evidence=evidence()))
    assert (state.names_in_view("door"), state.count_faces("door")) == ([], 0)
    assert state.people["Ada"].camera == "door"


def test_an_older_event_does_not_move_where_somebody_was_last_seen() -> None:
    new = msgspec.structs.replace(identity(0, camera="yard"), wall_time=200.0)
    old = msgspec.structs.replace(identity(0, number=2), wall_time=100.0)
    assert after(new, old).people["Ada"] == Sight("yard", 200.0, 24.0)


def test_a_new_run_ends_the_tracks_of_the_last() -> None:
    state = after(health(0), identity(0), health(0, epoch="e2"))
    assert state.count_faces("door") == 0
    assert state.epoch == "e2"


def test_a_camera_that_is_gone_is_forgotten_once_the_node_has_settled() -> None:
    early = msgspec.structs.replace(health(0), uptime=1.0)  # type: ignore[call-arg]
    assert set(after(camera(0, camera="yard"), early).cameras) == {"door", "yard"}
    assert set(after(camera(0, camera="yard"), health(0)).cameras) == {"door"}
    assert after(camera(0, CameraState.STALLED)).cameras["door"].state == "stalled"


def test_names_that_an_erasure_overwrote_are_nobody() -> None:
    state = after(identity(0, person="***"), track(0, evidence=evidence("****")))
    assert (state.people, state.names_in_view("door")) == ({}, [])


def test_only_the_enrolled_are_kept() -> None:
    state = after(identity(0), identity(1, person="Ben", number=2))
    state.keep_people({"Ben"}, 100.0)
    assert (set(state.people), state.names_in_view("door")) == ({"Ben"}, ["Ben"])


def test_the_last_sight_counts_for_a_new_name_whichever_comes_first_the_gallery_or_the_event() -> None:
    early = after(identity(0), renamed("Ada", "Ada Lovelace"))
    assert (set(early.people), early.names_in_view("door")) == ({"Ada Lovelace"}, ["Ada Lovelace"])
    late = after(identity(0))
    late.keep_people({"Ada Lovelace"}, 100.0)
    late.keep_people({"Ada Lovelace"}, 100.0 + GONE_SECONDS - 1)
    late.apply(renamed("Ada", "Ada Lovelace"))
    assert (late.people["Ada Lovelace"].camera, late.gone) == ("door", {})


def test_the_last_sight_of_somebody_gone_is_forgotten_after_a_while_and_comes_not_back_by_itself() -> None:
    state = after(identity(0))
    state.keep_people(set(), 100.0)
    state.keep_people(set(), 100.0 + GONE_SECONDS)
    assert (state.people, state.gone) == ({}, {})
    state.apply(renamed("Ada", "Ada Lovelace"))
    assert state.people == {}


def test_of_two_people_who_are_one_the_later_sight_counts() -> None:
    one = msgspec.structs.replace(identity(0, camera="yard"), wall_time=200.0)
    two = msgspec.structs.replace(identity(0, person="Ben", number=2), wall_time=100.0)
    assert after(one, two, renamed("Ben", "Ada", PersonAction.MERGED)).people == {"Ada": Sight("yard", 200.0, 24.0)}
    assert after(one, two, renamed("Ada", "Ben", PersonAction.MERGED)).people == {"Ben": Sight("yard", 200.0, 24.0)}
    assert set(after(one, renamed("***", "Ben")).people) == {"Ada"}
    assert set(after(one, renamed("Ada", "Ben", PersonAction.SEPARATED)).people) == {"Ada"}


def test_the_time_somebody_was_seen_moves_in_steps_while_they_are_in_view() -> None:
    sight = Sight("door", 1019.9, 20.0)
    assert person_message("Ada", sight, in_view=True, present=True)["last_seen"] == "1970-01-01T00:16:50.000+00:00"
    assert person_message("Ada", sight, in_view=False, present=True)["last_seen"] == "1970-01-01T00:16:59.900+00:00"
    assert person_message("Ada", None, in_view=False, present=False)["last_seen"] is None


def test_topics_hold_no_names_and_no_wildcards() -> None:
    topics = Topics("glimpse", "node")
    assert "Ada" not in topics.person("Ada")
    assert topics.person("Zoe\u0308") == topics.person("Zoë")  # accents composed or not
    assert topics.camera("a/#/+").count("/") == 3
    assert not set("#+") & set(topics.camera("a/#/+"))
    assert object_id("a.b") != object_id("a_b")
    assert len(person_id("Ada")) == 12


def test_frigates_form_has_the_fields_of_its_documentation() -> None:
    """Those of `before` and `after` at https://docs.frigate.video/integrations/mqtt/#frigateevents."""
    state = NodeState()
    first = track(0, age=0.5, wall_time=1000.5)
    message = frigate_message(first, state)
    documented = "id camera frame_time snapshot label sub_label top_score false_positive start_time end_time score box"
    documented += " area ratio region current_zones entered_zones thumbnail has_snapshot has_clip active stationary"
    documented += " motionless_count position_changes attributes current_attributes"
    assert set(message["after"]) == set(documented.split())
    assert (message["type"], message["after"]["start_time"], message["after"]["box"]) == (
        "new",
        1000.0,
        [10, 20, 30, 44],
    )
    state.apply(first)
    state.faces["e1/door/1"].shown = message["after"]
    named = frigate_message(track(1, evidence=evidence(), wall_time=1001.0), state)
    assert (named["type"], named["before"], named["after"]["sub_label"]) == ("update", message["after"], ["Ada", 0.61])
    assert named["after"]["id"] == message["after"]["id"]
    state.faces["e1/door/1"].shown = named["after"]
    lost = frigate_message(track(2, evidence=evidence(None), action=TrackAction.END, wall_time=1002.0), state)
    assert (lost["type"], lost["after"]["sub_label"], lost["after"]["end_time"]) == ("end", None, 1002.0)

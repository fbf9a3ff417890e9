"""What counts as lost, twice and doubled."""

from pipeline.client import Gap
from pipeline.events import CameraEvent, Event, Evidence, IdentityAction, IdentityEvent
from pipeline.types import CameraState
from tests.endurance.cluster_audit import doubled, judge

EVIDENCE = Evidence(
    state="named", person="Ada", score=0.5, threshold=0.4, margin=0.1, faces=3, effective=1, median_px=20, reasons=()
)


def named(node: str, seq: int, wall: float) -> IdentityEvent:
    return IdentityEvent(
        node=node,
        epoch="e",
        camera="door",
        seq=seq,
        wall_time=wall,
        media_time=wall,
        action=IdentityAction.NAMED,
        track=1,
        person="Ada",
        previous=None,
        box=(0.0, 0.0, 1.0, 1.0),
        face_px=20.0,
        capture_time=None,
        evidence=EVIDENCE,
        zones=(),
    )


def live(node: str, wall: float) -> CameraEvent:
    return CameraEvent(
        node=node,
        epoch="e",
        camera="door",
        seq=0,
        wall_time=wall,
        media_time=None,
        state=CameraState.LIVE,
        reason="",
        final=False,
        width=1,
        height=1,
    )


def test_lost_twice_and_gaps_are_counted() -> None:
    kept = {"a": [named("a", 0, 1.0), named("a", 1, 2.0)]}
    gap = Gap(epoch="e", topic="v1/identity/door/", first=2, last=3)
    verdict = judge(kept, {"a": [named("a", 0, 1.0), named("a", 0, 1.0), gap]})
    assert (verdict.named, verdict.lost, verdict.twice, verdict.gaps) == (2, 1, 1, 1)


def test_an_event_of_a_worker_whose_camera_another_one_has_is_doubled() -> None:
    before: list[Event] = [live("a", 1.0), named("a", 0, 2.0), live("b", 3.0), named("b", 0, 4.0)]
    assert doubled(before) == []
    late = named("a", 1, 3.5)
    assert doubled([*before, late]) == [late]
    assert doubled([*before, live("a", 5.0), named("a", 1, 6.0)]) == []

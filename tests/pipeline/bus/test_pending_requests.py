"""When requests are repeated, and for how much."""

from pipeline.bus.messages import ReplayRequest, Request, SnapshotRequest
from pipeline.bus.pending_requests import PAGE_EVENTS, PendingRequests


def limits(sent: list[Request]) -> list[int]:
    return [request.limit for request in sent if isinstance(request, ReplayRequest)]


def test_pages_shrink_with_each_repetition_and_grow_with_answers_in_time() -> None:
    sent: list[Request] = []
    requests = PendingRequests(sent.append, 3.0)
    key = requests.ask(ReplayRequest(), None, blocks_live=False, now=0.0)
    for _ in range(3):
        [(_, pending)] = requests.overdue(1e6)
        requests.ask_again(pending, 0.0)
    assert limits(sent) == [PAGE_EVENTS, PAGE_EVENTS // 2, PAGE_EVENTS // 4, PAGE_EVENTS // 8]
    assert {request.id for request in sent} == {key}
    requests.remove(key)
    for _ in range(4):
        key = requests.ask(ReplayRequest(), None, blocks_live=False, now=0.0)
        requests.note_answer(requests.remove(key))
    assert limits(sent)[-4:] == [62, 124, 248, 496]


def test_a_request_to_a_node_that_may_be_down_is_not_overdue_until_it_is_heard() -> None:
    requests = PendingRequests(lambda _: None, 3.0)
    requests.ask(SnapshotRequest(), None, blocks_live=True, now=None)
    assert (requests.deadline, requests.block_live) == (None, True)
    requests.start_timing(10.0)
    assert requests.deadline == 13.0
    assert list(requests.overdue(12.9)) == []
    requests.wait_longer()
    [(_, pending)] = requests.overdue(13.0)
    requests.ask_again(pending, 13.0)
    assert requests.deadline == 19.0

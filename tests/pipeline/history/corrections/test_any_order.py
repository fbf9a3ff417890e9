"""Whatever is corrected, all undos in reverse give back the state of before; and two operators do not disturb."""

import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.history.corrections.correction import Corrected, Desk
from pipeline.history.corrections.merge_people import merge_people
from pipeline.history.corrections.rename import rename
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.corrections.undo import undo
from tests.synthetic.corrections import ADA, BOB, STRANGER, dump, make_site, open_desk

TRACKS = st.sampled_from((ADA, BOB, STRANGER))
NAMES = st.sampled_from(("Ada", "Bob", "Cleo", "Dan"))
STEPS = st.one_of(
    st.tuples(st.just(this_is), TRACKS, NAMES),
    st.tuples(st.just(this_is_not), TRACKS, NAMES),
    st.tuples(st.just(rename), NAMES, NAMES),
    st.tuples(st.just(merge_people), NAMES, NAMES),
)


def correct(desk: Desk, step: tuple[Any, ...]) -> Corrected | None:
    """One correction; None where it is refused."""
    try:
        return step[0](desk, *step[1:])  # type: ignore[no-any-return]
    except ValueError:
        return None


@pytest.mark.timeout(60)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=8))
def test_undoing_all_in_reverse_gives_back_the_state_of_before(steps: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as folder:
        site = make_site(Path(folder))
        before = dump(site)
        with open_desk(site) as desk:
            made = [done.audit for step in steps if (done := correct(desk, step))]
            for entry in reversed(made):
                undo(desk, entry)
            assert all(entry.undone or entry.undoes for entry in desk.log.entries(limit=99))
        assert dump(site) == before


def test_what_a_later_correction_rests_on_is_undone_after_it(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    with open_desk(site) as desk:
        first, second = this_is_not(desk, ADA, "Ada").audit, rename(desk, "Ada", "Cleo").audit
        with pytest.raises(ValueError, match=f"entry {second} rests on it"):
            undo(desk, first)
        undo(desk, second)
        undo(desk, first)
        with pytest.raises(ValueError, match="undone already"):
            undo(desk, first)


def test_corrections_of_other_tracks_do_not_stand_in_the_way(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    with open_desk(site) as desk:
        first = this_is(desk, STRANGER, "Ada").audit
        this_is(desk, BOB, "Ada")
        undo(desk, first)
        assert desk.database.rows("SELECT track FROM verdicts WHERE is_person = 1") == [(BOB,)]


def test_two_operators_at_once_do_not_lose_anything(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    barrier, failed = threading.Barrier(2), []

    def operate(by: str, tracks: tuple[int, ...]) -> None:
        with open_desk(site, by=by) as desk:
            barrier.wait()
            for round_ in range(5):
                for track in tracks:
                    this_is(desk, track, f"{by} {round_}", is_new=True)
                if correct(desk, (rename, "Ada", f"Ada of {by}")):
                    failed.append(by)

    threads = [
        threading.Thread(target=operate, args=args, daemon=True)
        for args in (("eve", (ADA, BOB)), ("bob", (STRANGER, ADA)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=15)
    assert len(failed) == 1  # one of them renamed her
    with open_desk(site) as desk:
        assert len(desk.log.entries(limit=99)) == 21
        rows = desk.database.rows("SELECT track, person FROM verdicts WHERE is_person = 1 ORDER BY track")
        assert [track for track, _ in rows] == [ADA, BOB, STRANGER]
    assert dump(site)[-3] == []
    assert f"Ada of {failed[0]}" in dump(site)[-2]

"""Which chain of boxes a face continues."""

import numpy as np

from benchmarks.track_similarity import MAX_GAP_SECONDS, Chain, find_chain

BOX = np.array([100, 100, 120, 120], np.float32)


def test_a_box_continues_the_chain_it_overlaps_and_otherwise_begins_one() -> None:
    chain = Chain([BOX], [1.0])
    chains = [chain]
    assert find_chain(BOX + 2, 1.1, chains) is chain
    assert find_chain(BOX + 18, 1.1, chains) is not chain  # overlaps too little
    assert find_chain(BOX, 1.0 + MAX_GAP_SECONDS, [chain]) is not chain  # too late
    assert find_chain(BOX, 1.0, [chain]) is not chain  # another face of the same frame
    assert len(chains) == 2

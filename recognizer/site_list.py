"""People expected at a site are searched first, with a share of the false-alarm rate to themselves; everybody second.

A stranger is named from either list, at most at the sum of their rates (the union bound), which is the rate asked for.
"""

from recognizer.base import Decision, State

_RANKS = {State.UNKNOWN: 0, State.CANDIDATE: 1, State.AMBIGUOUS: 2, State.NAMED: 3}


def join_decisions(site: Decision, everybody: Decision) -> Decision:
    """One decision from those of the two lists.

    A name from everybody counts first: it leads over the people of the site too. Without any name, the site's list is
    the one that says more, since its threshold is lower.
    """
    if everybody.state is State.NAMED:
        return everybody
    return site if _RANKS[site.state] >= _RANKS[everybody.state] else everybody

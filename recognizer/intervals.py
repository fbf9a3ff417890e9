"""How sure a counted rate is: 95 % intervals of shares, honest where few or none were seen."""

from statistics import NormalDist

import numpy as np

from detectors.arrays import Mask

RESAMPLES = 1000


def rule_of_three(trials: int) -> float:
    """The rate below which the true one lies with 95 % confidence, where none of so many independent trials hit.

    Source: Hanley and Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 1983.
    """
    return min(1.0, 3.0 / trials) if trials else 1.0


def share_interval(share: float, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share that was seen in so many independent trials.

    Wilson's interval, which also holds for small shares (Brown, Cai and DasGupta, Statistical Science 2001); the rule
    of three where the share is 0.
    """
    if not trials:
        return 0.0, 1.0
    if share == 0:
        return 0.0, rule_of_three(trials)
    z = NormalDist().inv_cdf(0.975)
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * ((share * (1 - share) / trials + z * z / (4 * trials * trials)) ** 0.5)
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap_interval(named: Mask) -> tuple[float, float]:
    """The 95 % interval of the share of names, bool (galleries, strangers), with galleries and strangers drawn again.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993; the rule of three where nobody was named, from
    which nothing can be drawn.
    """
    random = np.random.default_rng(0)
    galleries, strangers = named.shape
    if not named.any():
        return 0.0, rule_of_three(strangers)
    shares = []
    for _ in range(RESAMPLES):
        rows = random.multinomial(galleries, [1 / galleries] * galleries)
        columns = random.multinomial(strangers, [1 / strangers] * strangers)
        shares.append(float(rows @ named @ columns) / named.size)
    low, high = np.percentile(shares, [2.5, 97.5])
    return float(low), float(high)

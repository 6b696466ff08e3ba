"""Outcome and threshold tests of stop and search: was one group searched on less suspicion than another?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DRAWS = 400
#: Assumed distance between the signals of those who carry something and of those who do not.
SEPARATIONS = {"weak": 1.0, "middle": 2.0, "strong": 3.0}
_STEPS = 60
_CUT_BOUNDS = (-12.0, 15.0)


def outcome_test(
    hits: float, misses: float, reference_hits: float, reference_misses: float
) -> tuple[float, float, float, float]:
    """Compare two shares of searches that found something.

    Where one group's searches find less, the outcome test reads that less suspicion was asked for. It can
    mislead: shares are averages, and groups that differ in how suspicion is spread differ in them under the
    same threshold (infra-marginality).

    Parameters
    ----------
    hits, misses : float
        Searches of the group that found something, and that did not.
    reference_hits, reference_misses : float
        The same of the reference group.

    Returns
    -------
    difference, lower, upper, p_value : float
        Group less reference; Newcombe's 95% interval from Wilson's; Fisher's exact test, two-sided, of one
        comparison. NaN where a share is undefined.

    References
    ----------
    Becker, G. S. (1957), *The Economics of Discrimination*; Knowles, J., Persico, N. and Todd, P. (2001),
    Journal of Political Economy 109(1); Newcombe, R. G. (1998), Statistics in Medicine 17(8), method 10.
    """
    from scipy.stats import fisher_exact

    from ml.common.intervals import wilson_interval

    first, second = hits + misses, reference_hits + reference_misses
    if not (first > 0 and second > 0):
        return (float("nan"),) * 4
    share, reference = hits / first, reference_hits / second
    lower, upper = wilson_interval([hits, reference_hits], [first, second])
    difference = share - reference
    down = np.hypot(share - lower[0], upper[1] - reference)
    up = np.hypot(upper[0] - share, reference - lower[1])
    p_value = fisher_exact([[hits, misses], [reference_hits, reference_misses]]).pvalue
    return difference, float(difference - down), float(difference + up), float(p_value)


def search_threshold(
    search_share: npt.ArrayLike, hit_share: npt.ArrayLike, separation: float
) -> tuple[Floats, Floats]:
    """Infer from two shares the two parameters of a threshold test: who carries, and what suspicion suffices.

    Officers see a signal, from a standard normal for those who carry nothing and from one that lies
    ``separation`` higher for those who do, and search above a cut. Who is searched and what is found fix the
    share who carry and the cut, and the cut fixes the probability of carrying at which a search begins. This
    is the model of Pierson et al., for one place and one distance that is assumed: not the hierarchical
    model of Simoiu et al., which learns the distances from many places and pools them.

    Parameters
    ----------
    search_share : array_like
        Searches a resident, between 0 and 1.
    hit_share : array_like
        Share of searches that found something, between 0 and 1.
    separation : float
        Distance of the two means, in standard deviations; above 0.

    Returns
    -------
    carrying_share, threshold : ndarray
        Both between 0 and 1; NaN where a share is 0, 1 or undefined.

    References
    ----------
    Simoiu, C., Corbett-Davies, S. and Goel, S. (2017), "The problem of infra-marginality in outcome tests for
    discrimination", Annals of Applied Statistics 11(3); Pierson, E., Corbett-Davies, S. and Goel, S. (2018),
    "Fast threshold tests for detecting discrimination", AISTATS.
    """
    from scipy.special import expit, log_ndtr, logit

    searched = np.asarray(search_share, dtype=np.float64)
    hit = np.asarray(hit_share, dtype=np.float64)
    is_inside = (searched > 0) & (searched < 1) & (hit > 0) & (hit < 1)
    found = np.where(is_inside, searched * hit, 0.1)
    nothing = np.where(is_inside, searched * (1 - hit), 0.1)
    low, high = (np.full(found.shape, bound) for bound in _CUT_BOUNDS)
    for _ in range(_STEPS):
        cut = (low + high) / 2
        # Those who carry and those who do not are everyone; both shares grow with the cut.
        everyone = found * np.exp(-log_ndtr(separation - cut)) + nothing * np.exp(-log_ndtr(-cut))
        low, high = np.where(everyone < 1, cut, low), np.where(everyone < 1, high, cut)
    cut = (low + high) / 2
    carrying = np.minimum(found * np.exp(-log_ndtr(separation - cut)), 1 - 1e-15)
    threshold = expit(logit(carrying) + separation * cut - separation**2 / 2)
    return np.where(is_inside, carrying, np.nan), np.where(is_inside, threshold, np.nan)


def threshold_draws(
    stops: float,
    residents: float,
    hits: float,
    misses: float,
    separation: float,
    random: np.random.Generator,
) -> Floats:
    """Draw thresholds that agree with the counts' chance: stops as a Poisson count, hits as a binomial one.

    Parameters
    ----------
    stops, residents, hits, misses : float
        Counts of the group.
    separation : float
        As for `search_threshold`.
    random : Generator
        Of one group: groups are independent.

    Returns
    -------
    ndarray, shape (draws,)
        NaN where counts are undefined.
    """
    if not (stops > 0 and residents > 0 and hits > 0 and misses > 0):
        return np.full(DRAWS, np.nan)
    searched = random.gamma(stops + 0.5, size=DRAWS) / residents
    hit = random.beta(hits + 0.5, misses + 0.5, size=DRAWS)
    return search_threshold(searched, hit, separation)[1]

"""Spatial statistics of small published data, against the values published for them.

The figures were looked up in the places named; the data are those that the PySAL project distributes with
libpysal 4.13 (``columbus``, ``burkitt``), and the GeoDa project with its libraries (``Guerry``).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import poisson

from ml.spatial import getis_ord, gini, global_moran, knox_test, local_moran, lorenz_curve

#: Residential burglaries and vehicle thefts per thousand households in 49 neighbourhoods of Columbus, Ohio,
#: 1980 (Anselin, L. (1988), Spatial Econometrics, Kluwer).
COLUMBUS_CRIME = """
    15.72598 18.801754 30.626781 32.38776 50.73151 26.066658 0.178269 38.425858 30.515917 34.000835
    62.275448 56.705669 46.716129 57.066132 48.585487 54.838711 36.868774 43.962486 54.521965 0.223797
    40.074074 33.705048 20.048504 38.297871 61.299175 40.969742 52.79443 56.919785 60.750446 68.892044
    17.677214 19.145592 41.968163 23.974028 39.175053 14.305556 42.445076 53.710938 19.100863 16.241299
    18.905146 16.49189 36.663612 25.962263 29.028488 16.530533 27.822861 26.645266 22.541491
"""
#: Neighbourhoods that share a border or a corner (queen contiguity), each pair once.
COLUMBUS_NEIGHBOURS = """
    1: 2 3, 2: 3 4, 3: 4 5, 4: 5 8, 5: 6 8 9 11 15 16, 6: 9, 7: 8 12 13 14, 8: 11 12 13, 9: 10 15 20 22
    25 26, 10: 17 20 22, 11: 12 15 16, 12: 13 14 16, 13: 14, 14: 16 18 19, 15: 16 25 26, 16: 18 24 25,
    17: 20 23, 18: 19 24, 19: 24, 20: 22 23 27 32 33 35 40, 21: 24 30 34, 22: 26 27 28, 23: 32, 24: 25
    29 30, 25: 26 28 29 30, 26: 28 29, 27: 28 33, 28: 29 33 35 37 38, 29: 30 37 38, 30: 37, 31: 34 36
    39, 32: 40 41, 33: 35, 34: 36 42, 35: 38 40 43 44, 36: 39 42 46, 37: 38 43 45, 38: 43 44, 39: 46,
    40: 41 47, 41: 47, 43: 44 45 48, 44: 48 49, 45: 48 49, 48: 49
"""
#: Inhabitants for each crime against property in 85 departments of France, 1825-1830, in the order of their
#: numbers, without Corsica (Guerry, A.-M. (1833), Essai sur la statistique morale de la France, Crochard).
GUERRY_PROPERTY = """
    15890 5521 7925 7289 8174 10263 8847 9597 4086 10431 6731 5291 4500 11645 13018 5357 10503 12949
    9159 7050 20235 10237 5914 7759 4774 4016 6842 7990 7204 10486 7423 10954 6524 7624 6909 8326 8059
    6170 6017 12665 18043 9392 5042 9049 8943 5990 8520 7424 4950 9539 9198 6831 9190 7940 4529 8236
    6175 6659 8248 4040 12141 8533 9797 7632 4920 4915 4504 7770 10708 8294 1368 2906 5786 3879 6863
    7144 6241 8680 9572 5731 7566 4710 6402 9044 6516
"""
#: Departments that share a border or a corner, counted from 1 in that order, each pair once.
GUERRY_NEIGHBOURS = """
    1: 36 37 67 69, 2: 7 49 57 58 73 76, 3: 17 21 40 56 61 69, 4: 5 24 79 80, 5: 24 36, 6: 24 28 36 40
    41 46 80, 7: 49 53, 8: 10 29 64, 9: 19 49 50 73 85, 10: 29 32 64 77, 11: 14 28 32 44 46 77 78, 12:
    28 79 80, 13: 25 48 59, 14: 18 41 44 46 61, 15: 16 22 75 82 83, 16: 22 31 75 81, 17: 21 34 39 43 56,
    18: 21 22 44 61 83, 19: 37 50 56 68 69 85, 20: 27 33 54, 21: 34 61 83, 22: 31 44 45 83, 23: 37 68,
    24: 36 80, 25: 26 58 59 72 74, 26: 39 43 59 70 74, 27: 54, 28: 32 46 80, 29: 30 63 77 78, 30: 38 45
    62 63 78, 31: 38 45, 32: 77, 33: 42 47 48 51 54, 34: 35 39 82 83, 35: 39 47 70 82, 36: 40 67, 37: 68
    69, 38: 45 62, 39: 43 70, 40: 41 61 67 69, 41: 46 61, 42: 47 54 81, 43: 56 73 74 85, 44: 45 78, 45:
    78, 47: 51 70 75 81 82, 48: 51 59, 49: 50 53 73, 50: 53 68 84, 51: 59 70, 52: 53 55 65 84, 53: 84,
    55: 65, 56: 69 85, 57: 60 76, 58: 72 73 74 76, 59: 70, 60: 76, 62: 63, 65: 66 84, 66: 84, 67: 69,
    68: 84, 71: 73 74, 72: 76, 73: 74 85, 75: 81 82, 77: 78, 79: 80, 82: 83
"""
#: Local Moran's I of these as the tutorial of GeoDa's library for R prints it.
GUERRY_LOCAL_MORAN = """
    0.0154319783 0.3270633224 0.0212952962 0.0046105448 -0.0028342407 0.4149377158 -0.1379463091
    0.0998657692 0.2823176310 0.1218745112 -0.0951205417 0.0326111938 0.3878324535 1.1888723840
    -0.6452792226 -0.3096492740 0.3662775143 2.0375343539 -0.0050154800 0.0697110572 2.2720355722
    0.2886391551 -0.0070189726 -0.0009906605 0.9517469793 0.7648322095 0.0432039929 -0.0045362842
    -0.0964911860 0.0952360887 0.0100895206 -0.0109401003 -0.0544245927 -0.0345553975 0.0887531916
    0.0954232056 0.0383617454 -0.1776714441 0.1638208393 1.2309154898 2.9077203402 -0.0396340261
    0.4458735227 0.2491123240 0.0905643622 -0.6212977834 -0.0308773407 0.0375870399 0.2270376112
    -0.0918254739 -0.0112400086 0.1085584763 -0.0055113129 -0.0027097589 0.7235016208 0.0163129939
    0.4246564560 0.3787307767 -0.0597158189 0.5050011802 2.7632125275 0.0656510809 0.1771899330
    -0.0572150317 0.4943795537 0.2870386197 -1.4593300774 -0.0055305930 0.4895990016 -0.0324125662
    2.1366499813 0.9041683235 0.7053678641 1.4098290925 0.0051652159 0.2238144189 -0.1621373954 0.0195632289
    -0.3233724187 -0.0337778226 0.0118189869 -0.1164679533 -0.5699624657 -0.0859634996 0.2085373916
"""
#: Cases of Burkitt's lymphoma in the West Nile district of Uganda, 1961-1975: place on a map's grid, and day
#: (Williams, E. H. et al. (1978), British Journal of Cancer 37(1), 109-122).
BURKITT = """
    300,302,413 291,270,472 326,263,511 299,376,689 267,327,730 266,356,847 267,345,871 262,338,899
    268,335,921 335,275,1134 302,272,1190 301,304,1214 302,272,1224 324,337,1322 260,338,1399
    306,385,1480 284,362,1503 293,332,1549 274,353,1567 263,333,1607 307,386,1615 274,357,1657
    297,282,1688 288,365,1695 283,366,1714 290,352,1811 284,341,1813 286,341,1910 282,350,1986
    292,278,1996 305,381,2049 298,378,2053 299,381,2075 287,342,2081 276,380,2103 261,345,2204
    273,347,2209 284,357,2215 266,361,2239 285,360,2272 278,350,2281 305,321,2349 293,332,2351
    297,375,2373 332,273,2377 256,345,2388 275,357,2411 267,350,2412 267,301,2419 286,379,2424
    322,332,2488 278,349,2510 280,356,2512 276,354,2533 261,343,2545 323,298,2588 260,346,2616
    283,352,2617 282,361,2629 308,390,2658 293,275,2695 331,272,2715 266,308,2766 280,354,2772
    301,271,2800 279,361,2888 321,280,2996 292,391,3027 315,307,3118 323,333,3153 282,302,3149
    269,348,3149 330,349,3173 281,302,3237 330,396,3245 328,341,3266 264,323,3275 303,382,3286
    264,285,3302 259,337,3308 329,350,3323 328,351,3342 284,351,3346 309,370,3422 329,270,3453
    273,347,3453 295,267,3500 262,353,3530 281,352,3570 325,335,3576 288,341,3614 302,248,3636
    315,273,3661 295,377,3693 284,358,3716 272,376,3773 305,369,3790 279,318,3806 290,339,3843
    311,376,3848 288,256,3848 324,284,3851 287,353,3973 283,364,3976 267,337,3878 280,298,3963
    275,326,3985 281,299,4079 313,365,4080 273,332,4107 283,363,4118 304,366,4133 308,387,4156
    330,275,4194 260,339,4195 289,335,4207 268,314,4212 329,268,4213 264,298,4213 274,342,4216
    286,373,4235 263,346,4258 265,335,4273 269,340,4277 260,359,4290 279,355,4336 284,399,4339
    270,337,4352 267,363,4383 320,282,4385 282,315,4441 303,377,4492 303,247,4518 264,297,4554
    303,337,4565 289,380,4610 270,330,4628 262,335,4637 274,342,4638 262,333,4700 262,333,4700
    267,369,4701 255,290,4708 267,336,4750 273,309,4751 270,328,4764 270,339,4780 265,334,4806
    276,360,4822 276,360,4848 283,363,4858 305,374,4861 264,326,4862 286,361,4888 278,333,4891
    257,344,4914 302,395,4918 275,378,4932 290,361,4944 279,362,4948 300,255,4964 270,357,4975
    290,356,5001 291,368,5002 283,361,5072 270,325,5135 266,332,5199 267,367,5353 300,364,5358
    268,390,5361 276,337,5489 293,396,5495 273,345,5505 267,338,5530 278,367,5578 310,387,5583
    298,268,5588 266,332,5599 279,340,5641 266,361,5643 267,344,5650 272,370,5661 327,383,5702
    265,335,5728 310,387,5752 279,339,5753 277,379,5755 258,350,5775
"""


def row_weights(neighbours: str, count: int) -> csr_array:
    """Weights of which each row sums to 1."""
    weights = np.zeros((count, count))
    for line in neighbours.replace("\n", " ").split(","):
        place, others = line.split(":")
        for other in others.split():
            weights[int(place) - 1, int(other) - 1] = weights[int(other) - 1, int(place) - 1] = 1.0
    return csr_array(weights / weights.sum(axis=1, keepdims=True))


def columbus() -> tuple[np.ndarray, csr_array]:
    """Crime, and weights of its neighbourhoods."""
    crime = np.array(COLUMBUS_CRIME.split(), dtype=float)
    return crime, row_weights(COLUMBUS_NEIGHBOURS, len(crime))


def test_moran_of_columbus_crime() -> None:
    """The ``moran.test`` of spdep prints these for Columbus crime with queen weights, under randomisation.

    The 0.4858 of Anselin's spdep workbook (2007) is of a list of neighbours that libpysal does not hold.
    """
    found = global_moran(*columbus())
    assert found.statistic == pytest.approx(0.500188557, abs=5e-10)
    assert found.expected == pytest.approx(-0.020833333, abs=5e-10)
    assert found.variance == pytest.approx(0.008689289, abs=5e-10)
    assert found.z_score == pytest.approx(5.5894, abs=5e-5)


def test_local_moran_of_columbus_crime_has_the_global_as_mean() -> None:
    """The ``localmoran`` of spdep for the same: the sum of statistics over that of weights is 0.5001886."""
    statistic, _ = local_moran(*columbus())
    assert statistic.sum() / 49 == pytest.approx(0.5001886, abs=5e-8)


def test_local_moran_of_each_department_of_guerry() -> None:
    """A sign, a weight or a mean that is wrong in places could still leave the mean of the map right.

    GeoDa standardises by the variance with n - 1 in the denominator, ours has n.
    """
    values = np.array(GUERRY_PROPERTY.split(), dtype=float)
    count = len(values)
    published = np.array(GUERRY_LOCAL_MORAN.split(), dtype=float)
    statistic, _ = local_moran(values, row_weights(GUERRY_NEIGHBOURS, count))
    assert len(published) == count == 85
    assert statistic * (count - 1) / count == pytest.approx(published, abs=1e-10)


def test_getis_ord_of_six_points() -> None:
    """The documentation of ``G_Local`` in PySAL's esda prints these Z values (binary weights within 15).

    A statistic that is right at the first point, of two neighbours, may take wrong ones elsewhere: the others
    have one, three or four, of which a pair is just 15 apart.
    """
    points = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)])
    apart = np.hypot(*(points[:, None] - points).T)
    weights = csr_array(((apart <= 15) & (apart > 0)).astype(float))
    values = [2, 3, 3.2, 5, 8, 7]
    of_star = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    of_others = [-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941]
    assert getis_ord(values, weights) == pytest.approx(of_star, abs=6e-9)
    assert getis_ord(values, weights, is_star=False) == pytest.approx(of_others, abs=6e-9)


def test_knox_of_burkitts_lymphoma() -> None:
    """The tests of pointpats' ``Knox`` (20 units, 5 days) have 13 pairs close in both, 3,416 in space alone.

    They expect 10.1438161, which shuffles must give within their error. Two runs of 99 shuffles in its
    documentation have p values of 0.17 and 0.21: together 36 of 198 shuffles with as many pairs.
    """
    east, north, day = np.array([case.split(",") for case in BURKITT.split()], dtype=int).T
    found = knox_test(east, north, day, distance_m=20, interval=5, permutations=9_999)
    assert found.close_pair_count == 13
    assert found.near_pair_count == 13 + 3_416
    assert found.expected_pair_count == pytest.approx(10.1438161, abs=3 * np.sqrt(10.1438161 / 9_999))
    assert found.p_value == pytest.approx(36 / 198, abs=2 * np.sqrt(36 * 162 / 198**3))


def test_knox_of_childhood_leukaemia() -> None:
    """Knox's own table (1964): of 96 children 5 pairs within 1 km and 60 days, 20 and 147 in one of both.

    Places and days are made up to have these pairs, which fix the expectation, 0.83. As pairs near in space
    share no child here, the shuffled counts are nearly Poisson's, and so is the p value, for which he took
    that law.
    """
    # Of 95 gaps 58 are of 30 days, so that 57 pairs lie two gaps, 60 days, apart; no other does.
    day = np.cumsum([0] + [30] * 58 + [60] * 37)
    close = [(child, child + 1) for child in range(0, 50, 10)]
    others = [child for child in range(96) if child % 10 > 1 or child >= 50]
    apart = list(zip(others[:20], others[43:63], strict=True))
    east = np.arange(96) * 10_000.0
    for one, other in (*close, *apart):
        east[other] = east[one] + 500.0
    found = knox_test(east, np.zeros(96), day, distance_m=1_000, interval=60, permutations=9_999)
    assert (np.abs(day[:, None] - day)[np.triu_indices(96, 1)] <= 60).sum() == 5 + 147
    assert (found.close_pair_count, found.near_pair_count) == (5, 5 + 20)
    expected = 25 * 152 / 4_560
    assert found.expected_pair_count == pytest.approx(expected, abs=3 * np.sqrt(expected / 9_999))
    tail = poisson.sf(4, expected)
    assert found.p_value == pytest.approx(tail, abs=3 * np.sqrt(tail / 9_999))


@pytest.mark.parametrize(
    ("shares", "points"),
    [
        ((7.0, 11.5, 17.0, 24.8, 39.7), (7.0, 18.5, 35.5, 60.3, 100.0)),
        ((6.6, 11.5, 16.3, 22.7, 42.9), (6.6, 18.1, 34.4, 57.1, 100.0)),
    ],
)
def test_lorenz_curve_of_british_incomes(shares: tuple[float, ...], points: tuple[float, ...]) -> None:
    """OpenStax' Principles of Economics has these points for fifths of incomes in 1979 and 1991.

    The shares as published, richest first or not, must give the same curve.
    """
    place_share, value_share = lorenz_curve(shares[::-1])
    assert place_share == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert 100 * value_share[1:] == pytest.approx(points)


@pytest.mark.parametrize(
    ("incomes", "printed"),
    [
        ((541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261), 0.4620911),
        ((1, 3, 2, 1, 1, 1, 4), 0.3076923),
    ],
)
def test_gini_of_the_examples_of_r_packages(incomes: tuple[int, ...], printed: float) -> None:
    """The documentations of ineq, or acid, and of phylotools print these."""
    assert gini(incomes) == pytest.approx(printed, abs=5e-8)

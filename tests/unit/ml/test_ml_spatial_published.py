"""Spatial statistics of small published data, against the values published for them.

The figures were looked up in the places named; the data are those that the PySAL project distributes with
libpysal 4.13 (``columbus``, ``burkitt``).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from ml.spatial import getis_ord, gini, global_moran, knox_test, local_moran

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


def columbus() -> tuple[np.ndarray, csr_array]:
    """Crime, and weights of which each row sums to 1."""
    crime = np.array(COLUMBUS_CRIME.split(), dtype=float)
    weights = np.zeros((len(crime), len(crime)))
    for line in COLUMBUS_NEIGHBOURS.replace("\n", " ").split(","):
        place, others = line.split(":")
        for other in others.split():
            weights[int(place) - 1, int(other) - 1] = weights[int(other) - 1, int(place) - 1] = 1.0
    return crime, csr_array(weights / weights.sum(axis=1, keepdims=True))


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


def test_getis_ord_of_six_points() -> None:
    """The tests of esda's ``G_Local`` (binary weights within 15) give these for the first of six points.

    A place that counts itself (G*) and one that does not differ there by a third.
    """
    points = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)])
    apart = np.hypot(*(points[:, None] - points).T)
    weights = csr_array(((apart <= 15) & (apart > 0)).astype(float))
    values = [2, 3, 3.2, 5, 8, 7]
    assert getis_ord(values, weights)[0] == pytest.approx(-1.39727626, abs=5e-9)
    assert getis_ord(values, weights, is_star=False)[0] == pytest.approx(-1.0136729, abs=5e-8)


def test_knox_of_burkitts_lymphoma() -> None:
    """The tests of pointpats' ``Knox`` (20 units, 5 days) have 13 pairs close in both, 3,416 in space alone.

    Their documentation gives a p value of 0.17 over 99 shuffles, which another generator gives within its
    error; the expectation is that of the table's margins, 3,429 x 52 / 17,578.
    """
    east, north, day = np.array([case.split(",") for case in BURKITT.split()], dtype=int).T
    found = knox_test(east, north, day, distance_m=20, interval=5, permutations=999)
    assert found.close_pair_count == 13
    assert found.near_pair_count == 13 + 3_416
    assert found.expected_pair_count == pytest.approx(3_429 * 52 / 17_578, rel=0.05)
    assert found.p_value == pytest.approx(0.17, abs=3 * np.sqrt(0.17 * 0.83 / 99))


def test_gini_of_the_example_of_ineq() -> None:
    """R's package ineq documents these ten incomes; its ``Gini`` prints 0.4620911 for them."""
    incomes = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]
    assert gini(incomes) == pytest.approx(0.4620911, abs=5e-8)

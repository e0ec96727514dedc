import math

import numpy as np
import pytest

from smwm.analysis.intervals import effective_sample_size, mean, rate, rate_difference


def test_one_seed_counts_its_tasks():
    solved = np.array([[1] * 80 + [0] * 20], bool)
    assert effective_sample_size(solved) == pytest.approx(100)
    value, low, high = rate(solved)
    # Wilson by hand: (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)
    z, n, p = 1.959964, 100, 0.8
    centre, half = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert value == pytest.approx(80)
    assert low == pytest.approx(100 * (centre - half) / (1 + z**2 / n), abs=1e-3)
    assert high == pytest.approx(100 * (centre + half) / (1 + z**2 / n), abs=1e-3)


def test_seeds_that_agree_on_every_task_add_nothing():
    one = np.array([[1] * 80 + [0] * 20], bool)
    assert effective_sample_size(np.repeat(one, 5, 0)) == pytest.approx(100)


def test_independent_seeds_add_trials_but_never_more_than_there_are():
    rng = np.random.default_rng(0)
    sizes = [effective_sample_size(rng.random((5, 400)) < 0.5) for _ in range(50)]
    assert np.median(sizes) > 1300
    assert max(sizes) <= 2000 + 1e-6


def test_seeds_that_differ_widen_the_interval():
    agree = np.array([[1, 0] * 50] * 3, bool)
    differ = np.array([[1] * 100, [0] * 100, [1, 0] * 50], bool)
    assert effective_sample_size(differ) < effective_sample_size(agree) / 10


def test_perfect_score_keeps_an_honest_interval():
    value, low, high = rate(np.ones((3, 100), bool))
    assert value == high == 100
    assert 95 < low < 97


def test_difference_covers_its_value_and_turns_with_its_sign():
    a = np.array([[1] * 90 + [0] * 10], bool)
    b = np.array([[1] * 40 + [0] * 60], bool)
    value, low, high = rate_difference(a, b)
    assert value == pytest.approx(50)
    assert 35 < low < 50 < high < 62
    back = rate_difference(b, a)
    assert back == pytest.approx((-value, -high, -low))


def test_interval_covers_the_truth_about_as_often_as_it_says():
    """Tasks differ in difficulty and are shared by three seeds."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        difficulty = rng.beta(2, 1, 100)
        solved = rng.random((3, 100)) < difficulty
        _, low, high = rate(solved)
        hits += low <= 100 * 2 / 3 <= high
    assert 0.92 <= hits / 400 <= 0.99


def test_mean_over_seeds():
    value, low, high = mean(np.array([1.0, 2.0, 3.0]))
    assert value == pytest.approx(2)
    assert high - value == pytest.approx(4.3027 / math.sqrt(3), rel=1e-3)
    assert value - low == pytest.approx(high - value)


def test_one_seed_gives_no_interval():
    value, low, high = mean(np.array([5.0]))
    assert value == 5
    assert math.isnan(low)
    assert math.isnan(high)

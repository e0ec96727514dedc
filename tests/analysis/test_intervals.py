import math

import numpy as np
import pytest

from smwm.analysis.intervals import (
    effective_sample_size,
    mean,
    rate,
    rate_difference,
    ratio,
    two_way_variance,
)

T_99 = 1.98422  # Student's t at 97.5 %, 99 degrees of freedom


def test_one_seed_counts_its_tasks():
    solved = np.array([[1] * 80 + [0] * 20], bool)
    assert effective_sample_size(solved) == pytest.approx(100 * (1.959964 / T_99) ** 2, rel=1e-4)
    value, low, high = rate(solved)
    # Wilson by hand: (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)
    z, n, p = 1.959964, 100 * (1.959964 / T_99) ** 2, 0.8
    centre, half = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert value == pytest.approx(80)
    assert low == pytest.approx(100 * (centre - half) / (1 + z**2 / n), abs=1e-3)
    assert high == pytest.approx(100 * (centre + half) / (1 + z**2 / n), abs=1e-3)


def test_two_way_variance_by_hand():
    # seed means 1/2, 1; task means 1/2, 1; the interaction is ±1/4 in each cell
    variance, _ = two_way_variance(np.array([[0.0, 1.0], [1.0, 1.0]]))
    tasks, seeds, both = (1 / 16) / 2, (1 / 8) / 2, 4 * (1 / 16) / 1 / 4
    assert variance == pytest.approx(max(tasks + seeds - both, (3 / 16) / 4))


def test_seeds_that_agree_on_every_task_add_nothing():
    one = np.array([[1] * 80 + [0] * 20], float)
    assert two_way_variance(np.repeat(one, 5, 0))[0] == pytest.approx(two_way_variance(one)[0])


def test_independent_seeds_add_trials_but_never_more_than_there_are():
    rng = np.random.default_rng(0)
    sizes = [effective_sample_size(rng.random((5, 400)) < 0.5) for _ in range(50)]
    assert np.median(sizes) > 800
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
    assert high - value == pytest.approx(100 * T_99 * 0.5 / 10, rel=1e-3)
    back = rate_difference(b, a)
    assert back == pytest.approx((-value, -high, -low))


def test_differences_are_paired_by_task():
    """Two methods that fail on the same tasks differ by less than independent ones could."""
    a = np.array([[1, 0] * 50], bool)
    b = a.copy()
    b[0, 0] = False
    _, low, high = rate_difference(a, b)
    assert -2 < low < 1 < high < 4


def test_equal_outcomes_keep_an_honest_difference():
    value, low, high = rate_difference(np.ones((3, 100), bool), np.ones((3, 100), bool))
    assert value == 0
    assert -5 < low < -2
    assert 2 < high < 5


@pytest.mark.parametrize("seed_spread", [0.0, 0.05, 0.1])
def test_intervals_cover_the_truth_about_as_often_as_they_say(seed_spread):
    """Tasks differ in difficulty and are shared by three seeds, which differ in skill."""
    rng = np.random.default_rng(1)
    hits, difference_hits = 0, 0
    for _ in range(400):
        difficulty = rng.uniform(0.4, 0.9, 100)

        def solve(skill, difficulty=difficulty):
            skills = skill + seed_spread * rng.uniform(-1.7, 1.7, (3, 1))
            return rng.random((3, 100)) < np.clip(difficulty + skills, 0, 1)

        solved, other = solve(0.0), solve(-0.15)
        _, low, high = rate(solved)
        hits += low <= 65 <= high
        _, low, high = rate_difference(solved, other)
        difference_hits += low <= 15 <= high
    # three seeds tell little about how seeds differ: a little under 95 % is what one can have
    assert hits / 400 >= 0.89
    assert 0.89 <= difference_hits / 400 <= 0.98


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


def test_ratio_is_a_geometric_mean_with_an_interval_above_zero():
    value, low, high = ratio(np.array([0.01, 0.04]), np.array([1.0, 1.0]))
    assert value == pytest.approx(2)
    assert 0 < low < 2 < high
    assert high / value == pytest.approx(value / low)

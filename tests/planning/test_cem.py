import numpy as np
import pytest
import torch

from smwm.errors import InputError
from smwm.planning.cem import PlannerSettings, plan

LOW, HIGH = torch.full((2,), -3.0), torch.full((2,), 3.0)


def quadratic(targets):
    return lambda candidates: (candidates - targets[:, None]).square().sum((-1, -2))


def solve(targets, cost=None, low=LOW, high=HIGH, seed=0, **changes):
    settings = PlannerSettings(**({"horizon": 3} | changes))
    generator = torch.Generator().manual_seed(seed)
    return plan(cost or quadratic(targets), low, high, len(targets), settings, generator)


def test_finds_the_minimum_of_each_problem():
    targets = torch.empty(4, 3, 2).uniform_(-2, 2, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(solve(targets), targets, atol=0.05, rtol=0)


def test_stays_within_bounds_and_finds_the_bounded_minimum():
    targets = torch.full((2, 3, 2), 5.0)
    best = solve(targets, low=torch.tensor([-1.0, -0.5]), high=torch.tensor([1.0, 0.5]))
    torch.testing.assert_close(best, torch.tensor([1.0, 0.5]).expand(2, 3, 2))


def test_keeps_its_best_sample():
    """The plan is the cheapest candidate of all iterations, whatever the elites do."""
    seen, costs = [], []

    def rugged(candidates):
        cost = torch.sin(37 * candidates.sum((-1, -2))) + candidates.square().sum((-1, -2))
        seen.append(candidates.clone())
        costs.append(cost.clone())
        return cost

    best = solve(torch.zeros(3, 3, 2), rugged, iterations=6, samples=20, elites=10)
    candidates, costs = torch.cat(seen, 1), torch.cat(costs, 1)
    expected = candidates[torch.arange(3), costs.argmin(1)]
    torch.testing.assert_close(best, expected, rtol=0, atol=0)


def test_the_mean_is_always_a_candidate():
    seen, costs = [], []

    def record(candidates):
        seen.append(candidates.clone())
        costs.append((candidates - 1).square().sum((-1, -2)))
        return costs[-1]

    solve(torch.zeros(1, 3, 2), record, iterations=4, samples=20, elites=5)
    assert torch.equal(seen[0][:, 0], torch.zeros(1, 3, 2))
    for candidates, cost, following in zip(seen, costs, seen[1:], strict=False):
        elites = candidates[0, cost[0].argsort()[:5]]
        torch.testing.assert_close(following[0, 0], elites.mean(0))


def by_the_book(targets, seed, samples, iterations, elites, bounds):
    """Means after each iteration and all candidates of each problem, one at a time in numpy."""
    generator = torch.Generator().manual_seed(seed)
    shape = (len(targets), samples, *targets.shape[1:])
    draws = [torch.randn(shape, generator=generator).numpy() for _ in range(iterations)]
    means, tried = [], []
    for i, target in enumerate(targets.numpy()):
        mean, std = np.zeros_like(target), np.ones_like(target)
        tried.append([])
        for noise in draws:
            candidates = mean + std * noise[i]
            candidates[0] = mean
            candidates = np.clip(candidates, *bounds)
            tried[-1] += list(candidates)
            best = np.argsort(((candidates - target) ** 2).sum((1, 2)))[:elites]
            mean, std = candidates[best].mean(0), candidates[best].std(0, ddof=1)
        means.append(mean)
    return np.array(means), np.array(tried)


@pytest.mark.parametrize("candidates", ["clipped", "free"])
@pytest.mark.parametrize("returns", ["best", "mean"])
def test_plans_against_the_method_by_the_book(candidates, returns):
    targets = torch.tensor([0.5, 4.0])[:, None, None].expand(2, 3, 2)
    numbers = {"samples": 20, "iterations": 3, "elites": 5}
    result = solve(targets, candidates=candidates, returns=returns, seed=5, **numbers)
    bounds = (-3, 3) if candidates == "clipped" else (-np.inf, np.inf)
    means, tried = by_the_book(targets, 5, **numbers, bounds=bounds)
    costs = ((tried - targets[:, None].numpy()) ** 2).sum((2, 3))
    best = tried[[0, 1], costs.argmin(1)]
    assert not np.allclose(best, means, atol=0.01)
    np.testing.assert_allclose(result, best if returns == "best" else means, atol=1e-5)


def test_by_default_candidates_are_clipped_and_the_best_is_returned():
    targets, few = torch.full((2, 3, 2), 2.0), {"samples": 20, "iterations": 3, "elites": 5}
    said = solve(targets, candidates="clipped", returns="best", **few)
    assert torch.equal(solve(targets, **few), said)


@pytest.mark.parametrize("returns", ["best", "mean"])
def test_free_candidates_find_a_minimum_beyond_the_bounds(returns):
    targets, bounds = torch.full((2, 3, 2), 2.0), {"low": -torch.ones(2), "high": torch.ones(2)}
    found = solve(targets, candidates="free", returns=returns, **bounds)
    torch.testing.assert_close(found, targets, atol=0.05, rtol=0)
    torch.testing.assert_close(solve(targets, returns=returns, **bounds), torch.ones(2, 3, 2))


def test_free_candidates_begin_at_zero_even_if_that_is_out_of_bounds():
    seen = []

    def cost(candidates):
        seen.append(candidates.clone())
        return candidates.square().sum((-1, -2))

    low, high = torch.full((2,), 1.0), torch.full((2,), 3.0)
    solve(torch.zeros(1, 3, 2), cost, low=low, high=high, iterations=1, candidates="free")
    assert torch.equal(seen[0][:, 0], torch.zeros(1, 3, 2))
    assert seen[0].min() < 0


@pytest.mark.parametrize("std", [0.3, 2.0])
def test_the_first_candidates_have_the_initial_deviation(std):
    seen = []

    def record(candidates):
        seen.append(candidates.clone())
        return candidates.square().sum((-1, -2))

    far = torch.full((2,), 100.0)
    solve(torch.zeros(5, 3, 2), record, low=-far, high=far, samples=400, initial_std=std)
    assert seen[0].shape == (5, 400, 3, 2)
    drawn = seen[0][:, 1:]
    assert drawn.std().item() == pytest.approx(std, rel=0.03)
    assert abs(drawn.mean().item()) < 0.03 * std


def test_the_next_candidates_have_the_elites_mean_and_deviation():
    seen, costs = [], []

    def record(candidates):
        seen.append(candidates.clone())
        costs.append((candidates * torch.tensor([1.0, 5.0])).square().sum((-1, -2)))
        return costs[-1]

    solve(torch.zeros(1, 3, 2), record, iterations=2, samples=5000, elites=500)
    assert len(seen) == 2
    elites = seen[0][0, costs[0][0].argsort()[:500]]
    following = seen[1][0, 1:]
    torch.testing.assert_close(following.mean(0), elites.mean(0), atol=0.05, rtol=0)
    torch.testing.assert_close(following.std(0), elites.std(0), atol=0, rtol=0.05)
    assert (elites.std(0)[:, 0] > 2 * elites.std(0)[:, 1]).all()


def test_same_seed_same_plan():
    targets = torch.ones(2, 3, 2)
    assert torch.equal(solve(targets, iterations=2), solve(targets, iterations=2))
    assert not torch.equal(solve(targets, iterations=2), solve(targets, iterations=2, seed=1))


def test_more_elites_than_samples_are_refused():
    with pytest.raises(InputError, match=r"elites: 30 .* at most samples \(20\)"):
        PlannerSettings(samples=20, elites=30)


def test_executing_more_than_the_plan_is_refused():
    with pytest.raises(InputError, match=r"execute: 4 .* at most horizon \(3\)"):
        PlannerSettings(horizon=3, execute=4)

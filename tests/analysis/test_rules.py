import math

import pytest

from smwm.analysis.intervals import Estimate
from smwm.analysis.rules import NOT, PARTLY, REPRODUCED, RULES

NAN = math.nan


@pytest.mark.parametrize(
    ("rule", "estimate", "paper", "verdict"),
    [
        ("level", (96, 90, 99), 98, REPRODUCED),
        ("level", (88, 82, 93), 100, PARTLY),
        ("level", (40, 17, 69), 60, PARTLY),
        ("level", (60, 50, 70), 100, NOT),
        ("parity", (2, -5, 9), 0, REPRODUCED),
        ("parity", (-5, -12, 2), 0, PARTLY),
        ("parity", (-15, -22, -8), 0, NOT),
        ("better", (20, 5, 35), 23, REPRODUCED),
        ("better", (8, -5, 21), 23, PARTLY),
        ("better", (-3, -16, 10), 23, NOT),
        ("superiority", (60, 50, 70), 60, REPRODUCED),
        ("superiority", (15, 5, 25), 60, PARTLY),
        ("superiority", (5, -5, 15), 60, NOT),
        ("near_random", (-4, -16, 8), 5, REPRODUCED),
        ("near_random", (-4, -53, 45), 5, PARTLY),
        ("near_random", (50, 38, 60), 5, NOT),
        ("collapsed", (1, 0.5, 1.5), NAN, REPRODUCED),
        ("collapsed", (1, NAN, NAN), NAN, PARTLY),
        ("collapsed", (4, 1, 7), NAN, PARTLY),
        ("collapsed", (60, 50, 70), NAN, NOT),
        ("one_direction", (1.2, 1.1, 1.3), 2.2, REPRODUCED),
        ("one_direction", (1.9, 1.5, 2.3), 2.2, PARTLY),
        ("one_direction", (12, 10, 14), 2.2, NOT),
        ("nearly_all", (98, 96, 100), NAN, REPRODUCED),
        ("nearly_all", (94, 90, 98), NAN, PARTLY),
        ("nearly_all", (99, NAN, NAN), NAN, PARTLY),
        ("nearly_all", (86, 84, 88), NAN, NOT),
        ("kept", (0.99, 0.98, 1.0), NAN, REPRODUCED),
        ("kept", (0.9, 0.85, 0.99), NAN, PARTLY),
        ("kept", (0.5, 0.4, 0.6), NAN, NOT),
        ("dropped", (0.01, -0.01, 0.03), NAN, REPRODUCED),
        ("dropped", (0.08, -0.1, 0.26), NAN, PARTLY),
        ("dropped", (0.5, 0.4, 0.6), NAN, NOT),
        ("commutes", (8, 6, 10), NAN, REPRODUCED),
        ("commutes", (14, 8, 20), NAN, PARTLY),
        ("commutes", (40, 30, 50), NAN, NOT),
        ("count", (4, 4, 4), 4, REPRODUCED),
        ("count", (4, NAN, NAN), 4, PARTLY),
        ("count", (4.3, 4, 5), 4, PARTLY),
        ("count", (5, 5, 5), 4, PARTLY),
        ("count", (5, NAN, NAN), 4, NOT),
        ("count", (2, 2, 2), 4, NOT),
        ("probe", (0.97, 0.95, 0.99), 1.0, REPRODUCED),
        ("probe", (0.99, NAN, NAN), 1.0, PARTLY),
        ("probe", (0.85, 0.8, 0.9), 1.0, PARTLY),
        ("probe", (0.7, 0.6, 0.8), 1.0, NOT),
        ("matters_little", (-8, -17, 1), NAN, REPRODUCED),
        ("matters_little", (-15, -27, -3), NAN, PARTLY),
        ("matters_little", (-40, -52, -28), NAN, NOT),
        ("fails", (-70, -80, -60), NAN, REPRODUCED),
        ("fails", (-25, -40, -10), NAN, PARTLY),
        ("fails", (-5, -17, 7), NAN, NOT),
        ("slower", (-20, -35, -5), NAN, REPRODUCED),
        ("slower", (-5, -20, 10), NAN, PARTLY),
        ("slower", (3, -12, 18), NAN, NOT),
    ],
)
def test_rules(rule, estimate, paper, verdict):
    assert RULES[rule].judge(Estimate(*estimate), paper) == verdict


def test_every_rule_has_a_test_of_every_outcome():
    mark = test_rules.pytestmark[0]
    tested = {(case[0], case[3]) for case in mark.args[1]}
    assert tested == {(rule, v) for rule in RULES for v in (REPRODUCED, PARTLY, NOT)}

import math

import pytest

from conftest import ROOT
from smwm.analysis.paper import FILES, read_paper
from smwm.errors import InputError


@pytest.fixture(scope="module")
def paper():
    return read_paper()


def test_falls_differ_from_environment_to_environment(paper):
    falls = {env: paper.fall(env, 25, 100) for env in ("two_room", "reacher", "push_t", "cube")}
    assert falls == {"two_room": -32, "reacher": 5, "push_t": -5, "cube": 1}
    assert "-32 on two_room, +5 on reacher, -5 on push_t, +1 on cube points" in paper.falls()
    assert math.isnan(paper.fall("two_room", 25, 26))


def test_the_authors_own_run_keeps_y_where_only_x_is_controlled(paper):
    assert paper.toy("sprite_x", "linear R2 of y") > 0.9
    assert paper.toy("sprite_x", "linear R2 of angle") < 0.3
    assert paper.freedoms("sprite_xyt") == 4
    assert paper.toy("sprite_xyt", "effective rank") > 7
    assert math.isnan(paper.toy("single_dot", "effective rank"))


@pytest.mark.parametrize("name", FILES)
def test_a_missing_table_or_column_is_named(tmp_path, name):
    for other in FILES:
        text = (ROOT / f"resources/paper/{other}.csv").read_text(encoding="utf-8")
        (tmp_path / f"{other}.csv").write_text(text, encoding="utf-8")
    (tmp_path / f"{name}.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=rf"{name}.csv: not the paper's table {name}"):
        read_paper(tmp_path)

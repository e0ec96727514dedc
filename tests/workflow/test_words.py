from smwm.workflow.words import as_flags


def test_files_stand_behind_the_flag_of_their_name():
    files = {"tasks": ["a.npz", "b c.npz"], "data": "d.h5", "checkpoint": [], "code": ["e.py"]}
    assert as_flags(files) == "--tasks a.npz 'b c.npz' --data d.h5"

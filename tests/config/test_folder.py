from conftest import ROOT
from smwm.config.folder import PAPER, SHARED, config_folder


def test_the_package_has_the_repository_s_scales_and_paper():
    for shared, folder in ((SHARED / "config", ROOT / "config"), (PAPER, ROOT / "resources/paper")):
        files = {path.relative_to(folder) for path in folder.rglob("*.*")}
        assert files == {path.relative_to(shared) for path in shared.rglob("*.*")}
        for file in files:
            assert (shared / file).read_bytes() == (folder / file).read_bytes()


def test_scales_of_the_current_folder_come_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()  # of another program
    assert config_folder() == SHARED / "config"
    (tmp_path / "config" / "scale").mkdir()
    assert config_folder().resolve() == tmp_path / "config"

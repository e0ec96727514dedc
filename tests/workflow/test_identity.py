"""Which files count as pulled, as made here, and as damaged, after whatever befell the folder."""

import json
import os
from pathlib import Path

import pytest

from smwm.errors import InputError
from smwm.system.files import sha256, write_bytes, write_json
from smwm.workflow import artifacts
from smwm.workflow.artifacts import INCOMPLETE, RECORDS, SEEN, metadata_path, take_records

MODEL = Path("data/checkpoints/smoke/two_room/smwm/seed0.pt")
PUBLISHED = 1000.0  # when the published model was made
TAKEN = {"rule": "train", "endtime": PUBLISHED}


def publish(content, ended=PUBLISHED):
    """The records that come with `content`; the file itself stays as it is."""
    write_bytes("published", content)
    entry = {"sha256": sha256("published"), "record": TAKEN | {"endtime": ended}}
    write_json(RECORDS, {str(MODEL): entry})


def pull(content):
    write_bytes(MODEL, content)


def retrain(content, ended=2000.0):
    """What a run leaves: the file, and Snakemake's record that ends with it."""
    write_bytes(MODEL, content)
    os.utime(MODEL, (ended, ended))
    write_json(metadata_path(str(MODEL)), {"rule": "train", "endtime": ended})


def copy():
    """All that `cp -r` changes."""
    stamp = MODEL.stat().st_mtime + 100.25
    os.utime(MODEL, (stamp, stamp))


def record():
    return json.loads(metadata_path(str(MODEL)).read_text())


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a pulled model at which nobody has looked."""
    monkeypatch.chdir(tmp_path)
    publish(b"as published")
    pull(b"as published")


def test_a_pulled_file_gets_its_record_also_in_a_copy():
    for _ in range(2):
        take_records()
        assert record() == TAKEN
        copy()


@pytest.mark.parametrize("looked_at", [True, False])
def test_own_results_are_kept_in_a_copy(looked_at):
    """Looked at or not: a run that was killed leaves files that no start has seen."""
    take_records()
    retrain(b"made here")
    if looked_at:
        take_records()
    for _ in range(3):
        copy()
        take_records()
        assert record()["endtime"] == 2000.0
    assert MODEL.read_bytes() == b"made here"


def test_results_of_a_second_run_are_kept_in_a_copy():
    for content, ended in ((b"made here", 2000.0), (b"made again", 3000.0)):
        retrain(content, ended)
        copy()
        take_records()
        assert record()["endtime"] == ended


def test_the_same_bytes_made_here_keep_their_own_record():
    take_records()
    retrain(b"as published")
    for _ in range(2):
        take_records()
        assert record()["endtime"] == 2000.0
        copy()


def test_what_dvc_puts_in_place_of_own_results_gets_the_published_record():
    retrain(b"made here")
    take_records()
    pull(b"as published")
    take_records()
    assert record() == TAKEN


def test_the_same_bytes_published_anew_get_the_new_record():
    take_records()
    publish(b"as published", ended=3000.0)
    take_records()
    assert record()["endtime"] == 3000.0


def test_a_file_of_an_earlier_publication_is_not_damaged():
    take_records()
    publish(b"published later", ended=3000.0)
    pull(b"published lat")
    with pytest.raises(InputError, match="is damaged"):
        take_records()
    pull(b"as published")
    take_records()
    assert record() == TAKEN


@pytest.mark.parametrize("damage", [b"as publi", b"as publishes"])
@pytest.mark.parametrize("before", ["nothing", "pulled", "made here", "copied", "forgotten"])
def test_a_damaged_file_is_named_and_kept(before, damage):
    if before != "nothing":
        take_records()
    if before in ("made here", "copied"):
        retrain(b"made here")
        take_records()
    if before == "copied":
        copy()
        take_records()
    if before == "forgotten":
        SEEN.unlink()
    pull(damage)
    for _ in range(2):
        with pytest.raises(InputError, match=f"{MODEL}: is damaged or half pulled") as error:
            take_records()
        assert "--force" not in str(error.value)
        assert f"`dvc pull {MODEL}`" in str(error.value)
    assert MODEL.read_bytes() == damage
    pull(b"as published")
    take_records()
    assert record() == TAKEN


def test_a_damaged_file_is_named_though_its_time_stamp_is_as_before():
    retrain(b"made here")
    take_records()
    pull(b"made h")
    os.utime(MODEL, (2000.0, 2000.0))
    with pytest.raises(InputError, match="is damaged"):
        take_records()


def test_what_a_run_was_making_when_killed_is_left_to_snakemake():
    take_records()
    marker = metadata_path(str(MODEL), INCOMPLETE)
    marker.parent.mkdir()
    marker.touch()
    pull(b"half of")
    take_records()
    assert MODEL.read_bytes() == b"half of"


def test_of_several_damaged_files_one_is_named_and_the_others_are_counted():
    records = json.loads(RECORDS.read_text())
    write_json(RECORDS, records | {str(MODEL.with_name("seed1.pt")): records[str(MODEL)]})
    pull(b"damaged")
    write_bytes(MODEL.with_name("seed1.pt"), b"damaged too")
    with pytest.raises(InputError, match=r"seed0.pt \(and 1 more\): is damaged"):
        take_records()


def test_a_file_is_hashed_only_where_size_or_time_stamp_is_new(monkeypatch):
    hashed = []
    monkeypatch.setattr(artifacts, "sha256", lambda path: hashed.append(path) or sha256(path))
    take_records()
    take_records()
    assert hashed == [MODEL]
    copy()
    take_records()
    take_records()
    assert hashed == [MODEL, MODEL]

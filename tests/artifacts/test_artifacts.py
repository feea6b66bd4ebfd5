"""The formats of a run folder, and what they survive."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_lab import pictures
from gan_lab.artifacts import (
    Checkpoints,
    EventLog,
    Metrics,
    RunFolder,
    metrics_csv,
    scores_jsonl,
    tensorboard,
)
from gan_lab.artifacts.run_folder import dated
from gan_lab.errors import DamagedError, UsageError
from gan_lab.system import files

STATE = {"generator/000": np.arange(6.0).reshape(2, 3), "run/000": np.array(7)}


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints")


def save(checkpoints, *rounds, keep=3):
    for round in rounds:
        checkpoints.save(round, STATE, {"round": round}, keep)


def test_a_checkpoint_comes_back_as_it_was(checkpoints):
    save(checkpoints, 5)
    round, state, meta = checkpoints.load(pytest.fail)
    assert (round, meta) == (5, {"round": 5})
    assert state.keys() == STATE.keys()
    assert all(np.array_equal(state[k], STATE[k]) for k in STATE)


def test_the_newest_checkpoints_are_kept(checkpoints):
    save(checkpoints, 1, 2, 3, 4, 10, keep=2)
    assert checkpoints.rounds() == [4, 10]


def test_what_a_killed_save_did_not_drop_is_dropped_when_the_round_is_saved_again(
    checkpoints, monkeypatch
):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Checkpoints, "_drop", killed)
        save(checkpoints, 1, 2, keep=1)
    assert checkpoints.rounds() == [1, 2]
    save(checkpoints, 2, keep=1)
    assert checkpoints.rounds() == [2]


def test_without_a_checkpoint_there_is_nothing_to_load(checkpoints):
    assert checkpoints.load(pytest.fail) is None


@pytest.mark.parametrize("part", ["state.npz", "meta.json", "sha256sums"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    checkpoints, part, damage
):
    save(checkpoints, 1, 2)
    file = checkpoints.path / "000002" / part
    content = bytearray(file.read_bytes())
    if damage == "remove":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    warnings = []
    assert checkpoints.load(warnings.append)[0] == 1
    assert len(warnings) == 1 and "round 2 is damaged" in warnings[0]


def test_a_checkpoint_with_a_pickle_in_it_is_not_opened(checkpoints):
    save(checkpoints, 1)
    checkpoints.save(2, {"run/000": np.array([{}], dtype=object)}, {"round": 2}, 3)
    assert checkpoints.load(lambda warning: None)[0] == 1


def test_a_save_that_was_killed_leaves_nothing_behind(checkpoints):
    save(checkpoints, 1)
    half = checkpoints.path / ".999-000002"
    half.mkdir()
    (half / "state.npz").write_bytes(b"half")
    assert checkpoints.load(pytest.fail)[0] == 1
    save(checkpoints, 2)
    assert not half.exists()


def test_a_save_that_fails_leaves_the_others_as_they_were(checkpoints, monkeypatch):
    save(checkpoints, 1)

    def full(*args, **state):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        save(checkpoints, 2)
    assert [p.name for p in checkpoints.path.iterdir()] == ["000001"]


def test_later_checkpoints_are_set_aside_when_a_run_goes_back(checkpoints):
    for _ in range(2):
        save(checkpoints, 1, 2, 3)
        checkpoints.drop_after(1)
        assert checkpoints.rounds() == [1]
    aside = sorted(place.name for place in checkpoints.path.glob("*.damaged*"))
    damaged = ["000002.damaged", "000003.damaged"]
    assert aside == sorted([*damaged, *(f"{name}-2" for name in damaged)])


def test_a_stray_file_is_no_checkpoint_and_makes_way_for_one(checkpoints):
    save(checkpoints, 1)
    for name in ("000002", "notes.txt", "7", ".1-x"):
        (checkpoints.path / name).write_text("mine")
    assert checkpoints.load(pytest.fail)[0] == 1
    said = []
    checkpoints.drop_after(1, said.append)
    assert len(said) == 1 and "round 2 is damaged" in said[0]
    save(checkpoints, 2)
    assert checkpoints.rounds() == [1, 2]
    for name in ("000002.damaged", "notes.txt", "7", ".1-x"):
        assert (checkpoints.path / name).read_text() == "mine"


def test_an_older_checkpoint_that_is_damaged_is_set_aside_and_told(checkpoints):
    save(checkpoints, 1, 2)
    (checkpoints.path / "000001" / "state.npz").write_bytes(b"")
    said = []
    checkpoints.drop_after(2, said.append)
    assert said == [
        "The checkpoint of round 1 is damaged (state.npz is not what was written). "
        "It is kept as 000001.damaged."
    ]


def test_a_file_is_the_old_one_or_the_new_one(tmp_path):
    path = tmp_path / "file.txt"
    files.write(path, b"old")

    def broken(beside):
        beside.write_bytes(b"ne")
        raise OSError("interrupted")

    with pytest.raises(OSError, match="interrupted"):
        files.produce(path, broken)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


# metrics.csv


def row(round, loss=0.1):
    return {
        "round": round,
        "seconds": round / 3,
        "loss/generator": loss,
        "speed/images_per_second": 100.0,
        "speed/data_wait": 0.0,
        "speed/scoring": 0.0,
    }


@pytest.fixture
def table(tmp_path):
    table = Metrics(tmp_path / "metrics.csv", ["loss/generator"])
    table.start(0)
    return table


def test_a_row_comes_back_to_float32(table):
    table.append(row(5, loss=float(np.float32(1 / 3))))
    (back,) = metrics_csv.read(table.path)
    assert back["round"] == 5
    assert np.float32(back["loss/generator"]) == np.float32(1 / 3)


def test_the_header_stands_before_the_first_row(table):
    assert table.path.read_text() == (
        "round,seconds,loss/generator,speed/images_per_second,speed/data_wait,"
        "speed/scoring\n"
    )


def test_rows_after_a_round_are_cut_and_the_others_keep_their_bytes(table):
    for round in (5, 10, 15):
        table.append(row(round))
    before = table.path.read_text().splitlines()
    table.start(10)
    assert table.path.read_text().splitlines() == before[:3]


def test_a_row_that_was_cut_off_does_not_count(table):
    table.append(row(5))
    with table.path.open("a") as file:
        file.write("10,3.3,0.")
    assert [r["round"] for r in metrics_csv.read(table.path)] == [5]
    table.start(10)
    table.append(row(10))
    assert [r["round"] for r in metrics_csv.read(table.path)] == [5, 10]


# Event files


def logged(folder) -> list[int]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return [event.step for event in events.Scalars("loss")]


def write_events(folder, steps):
    log = EventLog(folder, steps[0])
    for step in steps:
        log.scalars(step, {"loss": 1.0})
    log.close()


def test_an_event_is_on_the_disk_when_flush_returns(tmp_path):
    log = EventLog(tmp_path, 0)
    log.scalars(1, {"loss": 1.0})
    log.flush()
    assert logged(tmp_path) == [1]
    log.close()


def test_events_after_a_round_are_cut(tmp_path):
    write_events(tmp_path, range(10))
    tensorboard.trim(tmp_path, 4)
    assert logged(tmp_path) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("behind", [bytes(64), b"\xff" * 64, b"words" * 9])
def test_what_follows_the_last_event_is_set_aside(tmp_path, behind):
    write_events(tmp_path, range(10))
    (file,) = tmp_path.iterdir()
    content, said = file.read_bytes(), []
    file.write_bytes(content + behind)
    tensorboard.trim(tmp_path, 100, said.append)
    assert file.read_bytes() == content and logged(tmp_path) == list(range(10))
    (aside,) = (path for path in tmp_path.iterdir() if path != file)
    assert aside.read_bytes() == content + behind and aside.name in said[0]


def test_an_event_of_which_a_bit_is_another_ends_the_file(tmp_path):
    write_events(tmp_path, range(10))
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)
    tensorboard.trim(tmp_path, 100)
    assert logged(tmp_path) == list(range(9))
    assert tensorboard.charted(tmp_path) == set(range(9))


def test_an_event_that_was_cut_off_is_removed(tmp_path):
    write_events(tmp_path, range(10))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    tensorboard.trim(tmp_path, 100)
    write_events(tmp_path, [9])
    assert sorted(logged(tmp_path)) == list(range(10))


# Pictures


@pytest.mark.parametrize(
    "count, shape", [(1, (1, 1)), (3, (2, 2)), (12, (3, 4)), (16, (4, 4)), (36, (6, 6))]
)
def test_a_grid_is_as_near_to_a_square_as_it_goes(count, shape):
    sheet = pictures.grid(np.zeros((count, 8, 8, 1), np.uint8))
    assert sheet.shape == (10 * shape[0] + 2, 10 * shape[1] + 2, 1)


def test_a_grid_has_its_pictures_row_by_row():
    images = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones(
        (1, 3, 3, 3), np.uint8
    )
    sheet = pictures.grid(images)
    assert [sheet[3, 3, 0], sheet[3, 8, 0], sheet[8, 3, 0], sheet[8, 8, 0]] == [
        0,
        1,
        2,
        3,
    ]
    assert sheet[0, 0, 0] == 255


@pytest.mark.parametrize("harm", [b"", b"GIF89a", "cut", "flip", "more"])
def test_a_grid_that_is_not_what_was_written_is_damaged(tmp_path, harm):
    png = tmp_path / "1.png"
    pictures.write_png(png, np.arange(48, dtype=np.uint8).reshape(4, 4, 3))
    pictures.require_png(png)
    content = png.read_bytes()
    middle = len(content) // 2
    flipped = bytes([content[middle] ^ 1])
    flipped = content[:middle] + flipped + content[middle + 1 :]
    known = {"cut": content[:-9], "flip": flipped, "more": content + b"\0"}
    png.write_bytes(known.get(harm, harm))
    with pytest.raises(DamagedError, match=r"1\.png is damaged \("):
        pictures.require_png(png)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_film_shows_every_grid_in_order(tmp_path, channels):
    pngs = []
    for number in range(5):
        pngs.append(tmp_path / f"{number}.png")
        pictures.write_png(pngs[-1], np.full((6, 6, channels), 50 * number, np.uint8))
    pictures.write_film(tmp_path / "film.gif", pngs)
    with Image.open(tmp_path / "film.gif") as film:
        shown = []
        for frame in range(film.n_frames):
            film.seek(frame)
            shown.append(np.asarray(film.convert("L"))[0, 0])
    assert np.allclose(shown, [0, 50, 100, 150, 200], atol=3)


def test_a_film_of_many_grids_is_bounded_and_ends_with_the_last(tmp_path):
    pngs = []
    for number in range(230):
        pngs.append(tmp_path / f"{number}.png")
        pictures.write_png(pngs[-1], np.full((2, 2, 1), number, np.uint8))
    pictures.write_film(tmp_path / "film.gif", pngs)
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames <= pictures.FRAMES
        film.seek(film.n_frames - 1)
        assert np.asarray(film.convert("L"))[0, 0] == 229


# The folder


def create(tmp_path, name="dcgan-digits-bce"):
    facts = {"seed": 0}
    return RunFolder.create(
        dated(str(tmp_path / "runs"), name), "seed: 0\n", facts, np.zeros((2, 3))
    )


def test_two_runs_started_in_the_same_second_get_two_folders(tmp_path):
    paths = [create(tmp_path).path for _ in range(5)]
    assert len(set(paths)) == 5
    assert all((path / "config.yaml").is_file() for path in paths)
    assert len(list((tmp_path / "runs" / "dcgan-digits-bce").iterdir())) == 5


def test_a_run_whose_process_is_gone_is_interrupted(tmp_path):
    folder = create(tmp_path)
    assert folder.facts()["status"] == "interrupted"
    folder.lock()
    assert folder.facts()["status"] == "running"
    assert RunFolder(folder.path).facts()["status"] == "running"
    folder.unlock()
    folder.finish("finished", "all rounds are played", 0)
    assert folder.facts()["status"] == "finished"


def test_a_run_that_is_alive_cannot_be_taken(tmp_path):
    folder = create(tmp_path)
    folder.lock()
    with pytest.raises(UsageError, match="is being trained by another process"):
        RunFolder(folder.path).lock()


def test_a_folder_that_is_no_run_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match=r"is not a run folder: it has no run\.json"):
        RunFolder(tmp_path)


def test_events_are_lines_of_json(tmp_path):
    folder = create(tmp_path)
    folder.event("resume", round=3)
    folder.event("resume", round=6)
    lines = (folder.path / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["round"] for line in lines] == [3, 6]


def test_an_event_begins_on_a_line_of_its_own(tmp_path):
    said = []
    folder = RunFolder(create(tmp_path).path, said.append)
    folder.event("finding", round=3)
    content = folder.journal.read_bytes()
    folder.journal.write_bytes(content[:-9])  # killed while it was written
    assert folder.events() == [] and not said
    folder.event("finding", round=6)
    assert [event["round"] for event in folder.events()] == [6]
    assert "events.jsonl is damaged in line 1 (" in said[0]


@pytest.mark.parametrize(
    "line",
    [
        b'{"event": "finding", "round": null}',
        b'{"event": "resume", "round": 2}',
        b'{"event": 3}',
        b'{"round": 3}',
        b"[]",
        b'{"event": "caf\xe9"}',
        b"\0\0\0",
    ],
)
def test_a_line_that_is_no_event_is_left_out_and_set_aside(tmp_path, line):
    folder, said = create(tmp_path), []
    folder.event("finding", round=3)
    whole = folder.journal.read_bytes()
    folder.journal.write_bytes(line + b"\n" + whole)
    assert [event["round"] for event in folder.events()] == [3]
    folder.go_back(3, said.append)
    assert folder.journal.read_bytes() == whole
    kept = folder.journal.with_name("events.jsonl.damaged")
    assert kept.read_bytes() == line + b"\n" + whole
    assert said[0].endswith("It is kept as it was in events.jsonl.damaged.")


def test_what_is_set_aside_takes_the_place_of_nothing(tmp_path):
    for content in ("one", "two", "three"):
        (tmp_path / "file").write_text(content)
        files.set_aside(tmp_path / "file")
    names = ("file.damaged", "file.damaged-2", "file.damaged-3")
    assert [(tmp_path / name).read_text() for name in names] == ["one", "two", "three"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no device that is always full")
def test_a_full_disk_is_an_error_with_a_number(tmp_path):
    with pytest.raises(OSError) as full, Path("/dev/full").open("wb", 0) as file:
        file.write(b"x")
    from gan_lab.errors import storage_error

    assert "no space left" in str(storage_error(full.value))


# What a stranger's run folder may hold.


def test_rows_that_are_none_are_left_out_and_told(table):
    for line in ("x,y,0.1", "5,1,0.1,7", "5,1", "5,,0.1", '"5,1,0.1', "5,1,\xe9"):
        said = []
        text = f"round,seconds,loss/generator\n{line}\n10,2,0.2\n"
        table.path.write_text(text, encoding="latin-1")
        assert [row["round"] for row in metrics_csv.read(table.path, said.append)] == [
            10
        ]
        assert "metrics.csv is damaged in line 2 (" in said[0] and len(said) == 1


def test_a_table_without_its_header_has_no_rows_unless_its_columns_are_known(table):
    table.append(row(5))
    header, rest = table.path.read_text().split("\n", 1)
    for damaged in (rest, f"rounb{header[5:]}\n{rest}"):
        table.path.write_text(damaged)
        said = []
        assert metrics_csv.read(table.path, said.append) == []
        assert said[0].endswith("(its header is not whole): it is left out.")
        table.start(5, said.append)
        assert table.path.read_text() == f"{header}\n{rest}"
        assert said[1].endswith("It is kept as it was in metrics.csv.damaged.")
        kept = table.path.with_name("metrics.csv.damaged")
        assert kept.read_text() == damaged
        kept.unlink()


def test_lines_of_scores_that_are_none_do_not_count(tmp_path):
    path, said = tmp_path / "scores.jsonl", []
    path.write_text('{"a": 1}\n3\n{"name": 1, "value": 2, "higher_is_better": true}\n')
    assert scores_jsonl.read(path, said.append) == []
    (line,) = said
    assert "is damaged in 3 lines, the first of them 1 (it has no name)" in line

"""Results out, all or nothing, and in again."""

from __future__ import annotations

import csv
import errno
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_xraysep.errors import InputError
from napari_xraysep.io import results
from napari_xraysep.io.reading import read_radiograph
from napari_xraysep.io.results import (
    check_output,
    read_run,
    run_file_names,
    staged_folder,
    write_image,
    write_run,
)
from napari_xraysep.records import InputRecord, Stated

NAMES = ("front", "back", "residual", "unexplained")


@pytest.fixture
def layers():
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=(20, 30)).astype(np.float32) for name in NAMES}


@pytest.fixture
def record(make_record):
    return make_record(
        method="regression",
        method_title="Régression",
        settings={"centres": 100},
        allocation="variance",
        height=20,
        width=30,
        inputs=(InputRecord(role="radiograph", path="é/x.tif", height=20, width=30),),
        layers=NAMES,
        versions={"numpy": "2"},
    )


LOSSES = [
    {"stage": "pretrain", "restart": 0, "step": 1, "epoch": 1, "L1": 0.5},
    {"stage": "train", "restart": 0, "step": 2, "epoch": 1, "L1": 0.25, "total": 1e-9},
]


@pytest.mark.parametrize("exists", [True, False])
def test_a_run_comes_back(tmp_path, layers, record, exists):
    folder = tmp_path / "runs" / "first"
    if exists:
        folder.mkdir(parents=True)
        (folder / "notes.txt").write_text("mine")
    written = write_run(folder, layers, record, LOSSES, b"PNG")
    assert sorted(path.name for path in written) == sorted(
        [*(f"{name}.tif" for name in NAMES), "losses.csv", "preview.png", "run.json"]
    )
    assert set(folder.iterdir()) == {*written, *([folder / "notes.txt"] if exists else [])}
    assert {path.name for path in tmp_path.iterdir()} == {"runs"}
    stored = read_run(folder)
    assert stored.record == record
    assert stored.losses == LOSSES
    assert tuple(stored.layers) == NAMES
    for name in NAMES:
        np.testing.assert_array_equal(stored.layers[name], layers[name])


def test_a_record_from_before_folders_of_warm_starts_were_kept_opens(tmp_path, layers, record):
    write_run(tmp_path / "run", layers, record, [], None)
    path = tmp_path / "run" / "run.json"
    older = json.loads(path.read_text("utf-8"))
    del older["warm_start_folder"]
    path.write_text(json.dumps(older), "utf-8")
    assert read_run(tmp_path / "run").record == record


def test_files_say_what_they_are(tmp_path, layers, record):
    write_run(tmp_path / "run", layers, record, [], None)
    with tifffile.TiffFile(tmp_path / "run" / "back.tif") as tif:
        page = tif.pages[0]
        assert page.dtype == np.float32
        assert page.description.startswith("hypothetical separation: back")
        assert "simulated" in page.description
        assert page.get_resolution("CENTIMETER") == pytest.approx((200, 200))
    text = (tmp_path / "run" / "run.json").read_text(encoding="utf-8")
    assert "Régression" in text
    assert json.loads(text)["statement"] == "hypothetical separation"
    assert (tmp_path / "run" / "losses.csv").read_text() == "stage,restart,epoch,step\n"
    assert not (tmp_path / "run" / "preview.png").exists()


def test_a_real_radiograph_and_a_partial_result_are_told_apart(tmp_path, layers, record):
    real = record.model_copy(
        update={
            "simulated": False,
            "complete": False,
            "pixel_size_mm": Stated(value=None, assumed=True),
        }
    )
    write_run(tmp_path / "run", layers, real, [], None)
    with tifffile.TiffFile(tmp_path / "run" / "front.tif") as tif:
        page = tif.pages[0]
        assert "simulated" not in page.description
        assert "cancelled" in page.description
        assert page.tags[296].value == 1  # no unit
    assert read_run(tmp_path / "run").losses == []


def test_the_losses_have_one_row_a_step(tmp_path, layers, record):
    write_run(tmp_path / "run", layers, record, LOSSES, None)
    with (tmp_path / "run" / "losses.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["stage", "restart", "epoch", "step", "L1", "total"]
    assert rows[1] == ["pretrain", "0", "1", "1", "0.5", ""]


def test_layers_must_be_those_of_the_record(tmp_path, layers, record):
    del layers["back"]
    with pytest.raises(ValueError, match="back"):
        write_run(tmp_path / "run", layers, record, [], None)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("kind", ["double-sided", "concealed"])
def test_nothing_is_overwritten(tmp_path, kind, layers, record):
    names = run_file_names(kind)
    for name in names:
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_text("mine")
        with pytest.raises(InputError, match=f"already holds {name}"):
            check_output(folder, names)
    if kind == "double-sided":
        with pytest.raises(InputError, match="already holds"):
            write_run(tmp_path / "run.json", layers, record, [], None)
    assert all((tmp_path / name / name).read_text() == "mine" for name in names)


def test_checking_leaves_nothing_behind(tmp_path):
    check_output(tmp_path / "a" / "b", ["run.json"])
    check_output(tmp_path, ["run.json"])
    assert list(tmp_path.iterdir()) == []


def test_folders_that_cannot_be_written(tmp_path, layers, record, monkeypatch):
    file = tmp_path / "file"
    file.write_text("mine")

    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    for folder in (file, file / "below", file / "further" / "below"):
        for write in (
            lambda folder: check_output(folder, []),
            lambda folder: write_run(folder, layers, record, [], None),
        ):
            with pytest.raises(InputError, match="is a file, not a folder") as caught:
                write(folder)
            assert caught.value.subject == str(folder)
    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        check_output(tmp_path / "run", [])
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "mine"


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("failing", ["third layer", "run.json", "folder", "fourth move"])
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EACCES, None])
def test_all_or_nothing(tmp_path, layers, record, monkeypatch, exists, failing, reason):
    """A full disk, or Ctrl-C (None), at any moment leaves what was there before."""
    folder = tmp_path / "deep" / "run"
    if exists:
        folder.mkdir(parents=True)
        (folder / "notes.txt").write_text("mine")
    target, name, fails_at = {
        "third layer": (results.tifffile, "imwrite", 3),
        "run.json": (Path, "write_text", 1),
        "folder": (Path, "mkdir", 2),
        "fourth move": (Path, "replace", 4 + len(NAMES)),  # each layer was renamed once before
    }[failing]
    if failing == "folder" and exists:
        target, name, fails_at = Path, "replace", 1 + len(NAMES)
    original, calls = getattr(target, name), []

    def fail(*args, **kwargs):
        calls.append(args)
        if len(calls) == fails_at:
            if failing == "third layer":
                Path(args[0]).write_bytes(b"half a fi")
            raise KeyboardInterrupt if reason is None else OSError(reason, "the reason")
        return original(*args, **kwargs)

    monkeypatch.setattr(target, name, fail)
    with pytest.raises(KeyboardInterrupt if reason is None else InputError) as caught:
        write_run(folder, layers, record, LOSSES, b"PNG")
    monkeypatch.undo()
    if reason is not None:
        assert caught.value.subject == str(folder)
        assert "the reason" in caught.value.problem
    assert sorted(tmp_path.rglob("*")) == (
        [tmp_path / "deep", folder, folder / "notes.txt"] if exists else []
    )


def test_staging_never_replaces_a_file(tmp_path):
    (tmp_path / "b.txt").write_text("mine")

    def write():
        with staged_folder(tmp_path) as stage:
            (stage / "a.txt").write_text("new")
            (stage / "b.txt").write_text("new")

    with pytest.raises(InputError, match=r"already holds b\.txt"):
        write()
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]
    assert (tmp_path / "b.txt").read_text() == "mine"


def test_images_are_read_as_they_were_written(tmp_path, grey16, rgb8):
    for name, pixels in (("x", grey16), ("f", rgb8)):
        write_image(tmp_path / f"{name}.tif", pixels, "simuliert – simulated", 0.1)
        np.testing.assert_array_equal(tifffile.imread(tmp_path / f"{name}.tif"), pixels)
    image = read_radiograph(tmp_path / "x.tif")
    assert (image.pixel_size_mm, image.simulated) == (pytest.approx(0.1), True)
    write_image(tmp_path / "x.tif", grey16[::-1], "again")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "x.tif"), grey16[::-1])
    assert len(list(tmp_path.iterdir())) == 2


def test_an_image_that_cannot_be_written(tmp_path, grey16, monkeypatch):
    with pytest.raises(InputError, match="cannot be written"):
        write_image(tmp_path / "no-folder" / "x.tif", grey16, "")

    def full(path, *args, **kwargs):
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(results.tifffile, "imwrite", full)
    with pytest.raises(InputError, match="No space left"):
        write_image(tmp_path / "x.tif", grey16, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("limit", "big"), [(10**9, False), (1000, True)])
def test_large_files_are_bigtiff(tmp_path, grey16, monkeypatch, limit, big):
    monkeypatch.setattr(results, "BIGTIFF_BYTES", limit)
    write_image(tmp_path / "x.tif", grey16, "")
    with tifffile.TiffFile(tmp_path / "x.tif") as tif:
        assert tif.is_bigtiff == big
        np.testing.assert_array_equal(tif.asarray(), grey16)


def test_runs_that_cannot_be_read(tmp_path, layers, record):
    folder = tmp_path / "run"

    def refused(words, subject="run.json"):
        with pytest.raises(InputError) as caught:
            read_run(folder)
        assert words in str(caught.value)
        assert caught.value.subject == str(folder / subject)
        assert "\n" not in str(caught.value)

    refused("no such folder", subject="")
    folder.mkdir()
    refused("holds no run.json", subject="")
    write_run(folder, layers, record, LOSSES, None)
    text = (folder / "run.json").read_text()
    for damage in ("", "{", text[: len(text) // 2], "[]", "nonsense"):
        (folder / "run.json").write_text(damage)
        refused("damaged")
    (folder / "run.json").write_bytes(b"\xff\xfe{}")
    refused("cannot be read")
    fields = json.loads(text)
    for changed in (fields | {"colour": 1}, {k: v for k, v in fields.items() if k != "seed"}):
        (folder / "run.json").write_text(json.dumps(changed))
        refused("does not fit this version")
    (folder / "run.json").write_text(text)

    layer = (folder / "back.tif").read_bytes()
    (folder / "back.tif").unlink()
    refused("no such file", "back.tif")
    tifffile.imwrite(folder / "back.tif", np.zeros((20, 29), np.float32))
    refused("20 rows and 29 columns", "back.tif")
    (folder / "back.tif").write_bytes(layer[:-5])
    refused("cut short", "back.tif")
    (folder / "back.tif").write_bytes(layer)

    for damage in ("stage,step\ntrain,many\n", "stage,step\ntrain,1,2\n", 'stage\n"x'):
        (folder / "losses.csv").write_text(damage)
        refused("damaged", "losses.csv")
    (folder / "losses.csv").unlink()
    refused("no such file", "losses.csv")

"""The demonstration on the samples that are shipped."""

import pytest

from napari_xraysep.errors import InputError
from napari_xraysep.workflows.demo import demo


def test_the_demo_separates_both_samples_and_says_where(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xraysep-demo").mkdir()
    runs = {run.sample: run for run in demo()}
    assert set(runs) == {"double-sided", "concealed"}
    for run in runs.values():
        assert run.folder.parent.name == "xraysep-demo-2"
        assert run.picture.read_bytes().startswith(b"\x89PNG")
        assert run.baselines["half"] == pytest.approx(1)
        assert run.gain > 1.5
    assert (runs["double-sided"].folder / "back.tif").is_file()
    assert (runs["concealed"].folder / "concealed.tif").is_file()
    assert not list((tmp_path / "xraysep-demo").iterdir())


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="already there"):
        next(demo(tmp_path))
    with pytest.raises(InputError, match="already there"):
        next(demo(tmp_path / "mine.txt"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

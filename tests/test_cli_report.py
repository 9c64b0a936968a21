"""``xraysep report``."""

import json

import pytest

from napari_xraysep.cli import main

RUN = ["separate", "--xray", "xray.tif", "--rgb-front", "front.tif", "--method", "half"]


@pytest.fixture
def run(files, capsys):
    assert main([*RUN, "--out", "run"]) == 0
    capsys.readouterr()
    return files / "run"


def test_report_writes_a_page_and_says_where(run, capsys):
    assert main(["report", "run"]) == 0
    said = capsys.readouterr()
    assert "Hypothetical separation: report written" in said.out
    assert "Uncertainty: not estimated." in said.out
    text = (run / "report.html").read_text()
    assert "<td>run</td>" in text  # no folder of this computer is filed with it
    assert str(run.parent) not in text
    assert "report.html" in said.out
    assert said.err == ""
    assert (run / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_operator_notes_and_json(run, capsys):
    given = ["--operator", "A. Conservator", "--notes", "Seen with the curator"]
    assert main(["report", "run", *given, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (run.parent / said["report"]).samefile(run / "report.html")
    assert said["statement"] == "hypothetical separation"
    text = (run / "report.html").read_text()
    assert "A. Conservator" in text
    assert "Seen with the curator" in text


def test_another_file_of_that_name_is_left_alone(run, capsys):
    (run / "report.html").write_text("mine")
    assert main(["report", "run"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("xraysep: run/report.html: ")
    assert said.err.count("\n") == 1
    assert (run / "report.html").read_text() == "mine"


def test_a_folder_without_a_run_is_one_line(files, capsys):
    assert main(["report", "."]) == 2
    assert "run.json" in capsys.readouterr().err
    assert not (files / "report.html").exists()


def test_what_a_person_said_outlives_the_page(run, capsys):
    assert main(["report", "run", "--operator", "Anna", "--notes", "Important"]) == 0
    assert main(["report", "run"]) == 0
    text = (run / "report.html").read_text()
    assert "Anna</td>" in text
    assert "Important" in text
    assert main(["report", "run", "--notes", ""]) == 0
    text = (run / "report.html").read_text()
    assert "Anna</td>" in text
    assert "Important" not in text
    (run / "report.json").write_text("{")
    capsys.readouterr()
    assert main(["report", "run"]) == 2
    assert capsys.readouterr().err.startswith("xraysep: run/report.json: ")


@pytest.mark.parametrize("command", ["report run", "export run --out {}"])
def test_what_is_simulated_or_partial_is_said(run, capsys, monkeypatch, command):
    monkeypatch.setattr("napari_xraysep.workflows.export.layer_figure", lambda *_: b"PNG")
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(record | {"simulated": True, "complete": False}))
    assert main(command.format("out").split()) == 0
    said = capsys.readouterr().out
    assert "from a simulated radiograph, partial: stopped before its end" in said
    assert main([*command.format("again").split(), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["simulated"] is True
    assert said["complete"] is False

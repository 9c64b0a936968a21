from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from napari._app_model import get_app_model
from qtpy.QtCore import QUrl
from qtpy.QtGui import QTextDocument
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QScrollBar,
    QToolButton,
    QWidget,
)

from napari_xraysep.plugin import help_window
from napari_xraysep.plugin.docks import open_docks
from napari_xraysep.plugin.help_window import HelpWindow, Page, docs_folder
from napari_xraysep.plugin.panes import show_pictures
from napari_xraysep.plugin.session import session_of
from napari_xraysep.plugin.step_bar import StepBar
from napari_xraysep.plugin.steps import NUMBERS
from plugin.conftest import TIMEOUT, Stage

COMMAND = "napari-xraysep.step_by_step"


@pytest.fixture
def docks(viewer: Any) -> dict[str, Any]:
    return open_docks(viewer)


def bar(docks: dict[str, Any], name: str) -> StepBar:
    found: StepBar = docks[name].findChild(StepBar)
    return found


def tabs(viewer: Any, docks: dict[str, Any]) -> list[str]:
    dock = docks["Load painting"].parent()
    others = dock.parent().tabifiedDockWidgets(dock)
    return [one.windowTitle() for one in [dock, *others]]


def in_front(docks: dict[str, Any], name: str) -> bool:
    return not docks[name].visibleRegion().isEmpty()


def test_the_command_is_in_the_menus_and_opens_the_docks_in_order(viewer: Any, qtbot: Any) -> None:
    window = viewer.window.add_plugin_dock_widget("napari-xraysep", "Separate")[0].parent()
    titles = [action.text() for action in _actions(window.menuBar())]
    assert sum("Separate a radiograph, step by step" in title for title in titles) == 2
    get_app_model().commands.execute_command(COMMAND).result()
    names = [name.removesuffix(" (napari-xraysep)") for name in viewer.window.dock_widgets]
    assert sorted(names) == sorted(NUMBERS)  # Separate, which was open, only once
    docks = open_docks(viewer)
    assert tabs(viewer, docks) == [name.split()[0] for name in NUMBERS]


def _actions(menu: Any) -> Iterator[Any]:
    for action in menu.actions():
        yield action
        if action.menu() is not None:
            yield from _actions(action.menu())


def test_next_brings_the_dock_to_the_front(
    qtbot: Any, shown_viewer: Any, docks: dict[str, Any], loaded: Any
) -> None:
    qtbot.waitUntil(lambda: in_front(docks, "Load painting"), timeout=TIMEOUT)
    load = bar(docks, "Load painting")
    assert not load.next_button.isVisible()
    session_of(shown_viewer).loaded = loaded
    assert load.next_button.isVisible()
    assert load.said.text() == "✓ double-sided, 56 × 40"
    load.next_button.click()
    qtbot.waitUntil(lambda: in_front(docks, "Register"), timeout=TIMEOUT)
    bar(docks, "Register").numbers["Separate"].click()
    qtbot.waitUntil(lambda: in_front(docks, "Separate"), timeout=TIMEOUT)
    separate = bar(docks, "Separate")
    assert [name for name, one in separate.numbers.items() if one.isChecked()] == ["Separate"]
    assert separate.numbers["Register"].text() == "2"
    assert separate.height() <= 2 * load.next_button.sizeHint().height()


def test_a_run_is_followed(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, loaded: Any
) -> None:
    show_pictures(viewer, loaded)
    shown = separate.findChild(StepBar)
    separate.start()
    assert "Cancel" in shown.sentence.text()
    stage.go.set()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert shown.said.text() == "✓ 1 run"
    assert shown.next_button.text().startswith("Next: compare")
    show_pictures(viewer, loaded)  # the painting is put together anew
    session_of(viewer).begin(loaded, None, None)
    assert shown.sentence.text() == "Choose a method, then press Separate."


def test_a_closed_dock_hears_nothing_more(viewer: Any, docks: dict[str, Any], loaded: Any) -> None:
    docks["Prior"].parent().destroyOnClose()
    session_of(viewer).loaded = loaded
    assert bar(docks, "Separate").numbers["Load painting"].text() == "1✓"


def test_help_shows_the_page_with_its_pictures(qtbot: Any, viewer: Any) -> None:
    _, dock = viewer.window.add_plugin_dock_widget("napari-xraysep", "Prior")
    (press,) = [one for one in dock.findChildren(QToolButton) if one.text() == "?"]
    press.click()
    (window,) = press.window().findChildren(HelpWindow)
    page = window.page
    assert page.toPlainText().startswith("A drawn prior")
    picture = QUrl("images/register.png")
    wide = page.loadResource(QTextDocument.ResourceType.ImageResource.value, picture)
    assert 0 < wide.width() < page.width()
    assert help_window.show_page("registration.md", press.window()) is window
    assert page.toPlainText().startswith("Registering")
    window.back_button.click()
    assert page.toPlainText().startswith("A drawn prior")
    window.contents_button.click()
    assert page.toPlainText().startswith("napari-xraysep")
    window.close()


def test_no_page_shows_signs_that_the_help_window_cannot(qtbot: Any) -> None:
    page = Page()
    qtbot.addWidget(page)
    for file in docs_folder().rglob("*.md"):
        page.open(str(file.relative_to(docs_folder())))
        text = page.toPlainText()
        assert text.strip(), file
        assert not any(sign in text for sign in ("!!!", "](", "<!--")), file


@pytest.mark.parametrize("with_painting", [False, True])
def test_every_control_says_what_it_does(
    qtbot: Any, shown_viewer: Any, loaded: Any, with_painting: bool
) -> None:
    docks = open_docks(shown_viewer)
    if with_painting:
        show_pictures(shown_viewer, loaded)
        session_of(shown_viewer).loaded = loaded
    silent = [
        f"{name}: {type(control).__name__} {_text(control)!r}"
        for name, dock in docks.items()
        for control in dock.findChildren(QWidget)
        if isinstance(control, QAbstractButton | QComboBox | QAbstractSpinBox | QAbstractSlider)
        and control.isVisibleTo(dock)
        and not _says(control, dock)
    ]
    assert not silent, "\n".join(silent)


def _says(control: QWidget, dock: QWidget) -> bool:
    """Whether Qt shows a tip over a control: its own, or that of what it is a part of."""
    if isinstance(control, QScrollBar):
        return True
    one: Any = control
    while one is not None and one is not dock:
        if one.toolTip():
            return True
        one = one.parent()
    return False


def _text(control: Any) -> str:
    said = getattr(control, "text", None) or getattr(control, "currentText", str)
    return str(said())

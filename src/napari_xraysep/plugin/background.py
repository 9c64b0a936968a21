"""Slow work on another thread, its failure brought back as one sentence."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.compat import isalive
from superqt.utils import FunctionWorker, create_worker

from napari_xraysep.errors import XraysepError

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_xraysep.plugin.session import Session

log = logging.getLogger(__name__)

# Qt's objects are deleted when Python ends: a thread that is at work then would tell of its end to
# what is gone. napari waits for threads where its own loop is left, not where a script just ends.
atexit.register(FunctionWorker.await_workers)


def in_background(
    work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[str], None]
) -> FunctionWorker:
    """Run ``work`` on a thread; call ``done`` with its result or ``failed`` with a sentence.

    Both are called on the GUI thread.
    """

    def say(error: Exception) -> None:
        failed(sentence(error))

    return create_worker(
        work,
        _connect={"returned": done, "errored": say},
        _worker_class=FunctionWorker,
    )


def while_loaded(session: Session, done: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return ``done`` so that it does nothing once another painting or project is loaded."""
    loaded, file = session.loaded, session.project_file

    def call(result: Any) -> None:
        now = session.loaded
        if loaded is None or now is None or session.project_file != file:
            return
        if now.images["radiograph"] is loaded.images["radiograph"]:
            done(result)

    return call


def while_there(widget: QWidget, done: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return ``done`` so that it does nothing once the widget is gone, as with a closed dock."""

    def call(result: Any) -> None:
        if isalive(widget):
            done(result)

    return call


def sentence(error: BaseException) -> str:
    """Say a failure in one sentence; one that is not ours to explain goes to the log in full."""
    if isinstance(error, XraysepError):
        return str(error)
    log.error("unexpected failure", exc_info=error)
    return f"Something went wrong that should not ({type(error).__name__}: {error}); please report"

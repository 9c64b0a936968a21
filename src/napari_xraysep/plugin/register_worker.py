"""Slow work that can be asked to stop and says how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from superqt.utils import FunctionWorker

from napari_xraysep.plugin.background import sentence
from napari_xraysep.registration import Cancelled


class Task:
    """One piece of work on another thread, seen from this one.

    Attributes
    ----------
    cancel
        Set where it was asked to stop.
    stage, fraction
        What is done just now, in words, and how much of all the work is done, 0..1.
    ended
        Nothing more will come of it.
    """

    def __init__(self) -> None:
        self.cancel = threading.Event()
        self.stage, self.fraction = "", 0.0
        self.ended = False

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self.cancel.is_set()

    def stop(self) -> None:
        """Ask it to stop when it next says how far it is."""
        self.cancel.set()

    def watch(self, stage: str, fraction: float) -> None:
        """Note how far the work is; called on its own thread.

        Raises
        ------
        Cancelled
            It was asked to stop.
        """
        if self.cancel.is_set():
            raise Cancelled
        self.stage, self.fraction = stage, fraction


class _Worker(FunctionWorker[Any]):
    """A thread that napari, when its window closes, can ask to stop."""

    def __init__(self, task: Task, work: Callable[[], Any]) -> None:
        super().__init__(work)
        self._task = task

    def quit(self) -> None:
        """Ask the work to stop."""
        self._task.stop()


def start(
    task: Task,
    work: Callable[[], Any],
    done: Callable[[Any], None],
    failed: Callable[[str], None],
    stopped: Callable[[], None] = lambda: None,
) -> None:
    """Start ``work`` on a thread; exactly one of the others is then called on the GUI thread.

    Parameters
    ----------
    work
        Calls ``task.watch`` now and then.
    done, failed, stopped
        Called with the result, with a sentence, or after `Task.stop`.
    """

    def errored(error: BaseException) -> None:
        task.ended = True
        if isinstance(error, Cancelled):
            stopped()
        else:
            failed(sentence(error))

    def returned(result: Any) -> None:
        task.ended = True
        if task.stopping:
            stopped()
        else:
            done(result)

    worker = _Worker(task, work)
    worker.returned.connect(returned)
    worker.errored.connect(errored)
    worker.start()

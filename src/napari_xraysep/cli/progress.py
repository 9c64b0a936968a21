"""Watching a separation in a terminal: a bar with stage, epoch, losses and time left; Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from napari_xraysep.cli import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from napari_xraysep.separation import Event, Finished, Progress
    from napari_xraysep.workflows.ranking import Trial


@contextmanager
def bars() -> Iterator[Bars]:
    """Lend progress bars on stderr; they are drawn only where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("{task.fields[losses]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console, disable=not console.is_terminal) as drawn:
        yield drawn


def follow(drawn: Bars, task: TaskID, event: Event, name: str = "") -> None:
    """Bring a bar up to date with a separation's event; ``name`` goes before its stage."""
    from napari_xraysep.separation import Finished, Progress, Started

    if isinstance(event, Started):
        drawn.update(task, total=event.total_steps)
    elif isinstance(event, Progress):
        drawn.update(
            task,
            completed=event.step,
            description=f"{name}{describe(event)}",
            losses=describe_losses(event.losses),
        )
    elif isinstance(event, Finished) and name:
        end = f"{event.record.seconds:.1f} s" if event.complete else "stopped"
        drawn.update(task, description=f"{name}{end}", losses="")
        drawn.stop_task(task)


def follow_trial(drawn: Bars, task: TaskID, trial: Trial) -> None:
    """Bring the one bar of all remixes up to date."""
    from napari_xraysep.separation import Finished

    drawn.update(
        task,
        total=trial.total,
        completed=trial.number - (not isinstance(trial.event, Finished)),
        description=f"remix {trial.number} of {trial.total}: {trial.name} on {trial.maker}'s",
    )


def watch(events: Iterator[Event], seen: Callable[[Event], None]) -> Finished:
    """Consume a separation's events, hand each to ``seen``, and return the last."""
    from napari_xraysep.separation import Finished

    with bars() as drawn:
        task = drawn.add_task("starting", total=None, losses="")
        for event in events:
            seen(event)
            follow(drawn, task, event)
            if isinstance(event, Finished):
                return event
    raise AssertionError("a separation ends with Finished or raises")


def describe(event: Progress) -> str:
    """Name the stage, and the epoch where there are epochs."""
    return f"{event.stage} · epoch {event.epoch}" if event.epoch else event.stage


def describe_losses(losses: Mapping[str, float]) -> str:
    """Put the losses on one line."""
    return "  ".join(f"{name} {value:.4g}" for name, value in losses.items())


@contextmanager
def cancel_on_interrupt(lost: str = "anything") -> Iterator[threading.Event]:
    """Give an event that the first Ctrl-C sets; the second one aborts as usual.

    ``lost`` is what is then not written.
    """
    cancel = threading.Event()

    def first(_number: int, _frame: FrameType | None) -> None:
        cancel.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.stderr.write("\n")
        say.note(f"stopping; press Ctrl-C again to stop without writing {lost}")

    before = signal.signal(signal.SIGINT, first)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)

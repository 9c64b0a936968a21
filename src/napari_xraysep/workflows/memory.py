"""How much memory a run takes at its highest."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import psutil

INTERVAL = 0.02
"""Seconds between two looks."""


class PeakMemory:
    """Watches the process's resident memory from a thread while a block runs.

    Other threads' memory counts as well. Use as ``with PeakMemory() as peak``.
    """

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._before = self._highest = 0

    def __enter__(self) -> Self:
        _give_back()
        cuda = _cuda()
        if cuda is not None:
            cuda.reset_peak_memory_stats()
        self._before = self._highest = int(self._process.memory_info().rss)
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self._highest = max(self._highest, int(self._process.memory_info().rss))
            if self._ended.wait(INTERVAL):
                return

    @property
    def megabytes(self) -> float:
        """The highest resident memory above what stood at the start, in 10^6 bytes."""
        return round((self._highest - self._before) / 1e6, 1)

    @property
    def gpu_megabytes(self) -> float | None:
        """The most that torch had allocated on the GPU at once; None where it used none."""
        cuda = _cuda()
        return None if cuda is None else round(cuda.max_memory_allocated() / 1e6, 1)


def _give_back() -> None:
    """Let the system have back what earlier runs freed, which would else be used again unseen."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(AttributeError):  # of glibc alone
            ctypes.CDLL(None).malloc_trim(0)


def _cuda() -> Any:
    """Return ``torch.cuda`` where a run has already started to use it; torch is not loaded here."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None

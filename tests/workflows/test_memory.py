"""How peak memory is counted."""

import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from napari_xraysep.workflows.memory import INTERVAL, PeakMemory

MEGABYTES = 150


def test_memory_that_is_given_back_within_the_block_counts():
    with PeakMemory() as peak:
        held = np.ones(MEGABYTES * 1_000_000, np.uint8)
        time.sleep(5 * INTERVAL)
        del held
        time.sleep(5 * INTERVAL)
    assert peak.megabytes == pytest.approx(MEGABYTES, rel=0.3)


def test_memory_that_was_held_before_does_not_count():
    held = np.ones(MEGABYTES * 1_000_000, np.uint8)
    with PeakMemory() as peak:
        assert held[-1] == 1
    assert 0 <= peak.megabytes < 0.3 * MEGABYTES


def test_the_gpu_is_asked_only_where_torch_uses_one(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    with PeakMemory() as peak:
        pass
    assert peak.gpu_megabytes is None

    asked = []
    cuda = SimpleNamespace(
        is_initialized=lambda: True,
        reset_peak_memory_stats=lambda: asked.append("reset"),
        max_memory_allocated=lambda: 12_345_678,
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    with PeakMemory() as peak:
        assert asked == ["reset"]
    assert peak.gpu_megabytes == 12.3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep what was freed")
def test_memory_freed_in_small_pieces_before_counts_when_it_is_used_again():
    def pieces():
        return [np.ones(50_000, np.uint8) for _ in range(2000)]

    held = pieces()
    last = held[-1]  # at the top of the heap, so that nothing below goes back by itself
    del held
    with PeakMemory() as peak:
        again = pieces()
        time.sleep(5 * INTERVAL)
    assert last[0] == again[0][0]
    assert peak.megabytes == pytest.approx(100, rel=0.3)

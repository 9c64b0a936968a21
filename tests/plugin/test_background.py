"""Work on other threads when Python ends."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import time
from qtpy.QtCore import QCoreApplication
from napari_xraysep.plugin.background import in_background
app = QCoreApplication([])
worker = in_background(lambda: time.sleep(0.5) or print("done", flush=True), print, print)
"""


def test_what_is_under_way_when_python_ends_comes_to_its_end() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "done\n"), ended.stderr
    assert "has been deleted" not in ended.stderr

"""A real browser without a window, talked to over two pipes as its own inspector does."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-pipe",
)


def chromium() -> str:
    """Return the program's path; skip the test where there is none, but fail in CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("no Chromium is installed: it is among the Makefile's SYSTEM_PACKAGES")
    if found is None:
        pytest.skip("no Chromium is installed here: a page can be looked at with a browser alone")
    return found


class Browser:
    """One tab; ``with Browser(profile) as tab: tab.open(page)``.

    Attributes
    ----------
    said
        What the page wrote to the console, and what the browser complained of.
    asked_for
        Addresses that were loaded, but for data URIs.
    """

    def __init__(self, profile: Path) -> None:
        self.said: list[str] = []
        self.asked_for: list[str] = []
        self._numbers = itertools.count(1)
        self._rest = b""
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        # it reads from 3 and writes to 4
        command = [chromium(), *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        pipes = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self._process = subprocess.Popen(
            ["bash", "-c", pipes, *command],
            pass_fds=(theirs_in, theirs_out),
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session = ""
        self.call("Browser.close")
        self._process.wait(20)
        os.close(self._to)
        os.close(self._from)

    def call(self, method: str, **parameters: Any) -> Any:
        """Ask the browser and return its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == number:
                assert "error" not in told, told["error"]
                return told["result"]

    def open(self, page: Path, width: int = 1200) -> None:
        """Load a page and wait until all of it is there."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        self.said.clear()
        self.asked_for.clear()
        self._loaded = False
        self.call("Page.navigate", url=page.as_uri())
        while not self._loaded:
            self._next()

    def ask(self, expression: str) -> Any:
        """Return what an expression is in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"]["value"]

    def pdf(self) -> bytes:
        """Print the page."""
        options = {"preferCSSPageSize": True, "printBackground": False}
        return base64.b64decode(self.call("Page.printToPDF", **options)["data"])

    def _next(self) -> dict[str, Any]:
        """Return the next message; those of the page are noted."""
        while b"\0" not in self._rest:
            read = os.read(self._from, 1 << 20)
            assert read, "the browser has gone"
            self._rest += read
        one, _, self._rest = self._rest.partition(b"\0")
        told: dict[str, Any] = json.loads(one)
        if told.get("sessionId") == self._session:
            self._note(told.get("method", ""), told.get("params", {}))
        return told

    def _note(self, method: str, what: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Runtime.consoleAPICalled":
            self.said.append(f"{what['type']}: {what['args']}")
        elif method == "Runtime.exceptionThrown":
            self.said.append(str(what["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.said.append(what["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            address = what["request"]["url"]
            if not address.startswith("data:"):
                self.asked_for.append(address)

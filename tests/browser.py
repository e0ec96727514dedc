"""Real Chromium without a window, driven by its DevTools protocol."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from base64 import b64decode
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-port=0",
)  # fmt: skip
PATIENCE = 120.0  # seconds for anything to happen on a busy machine


def require_chromium():
    """Skip where there is no Chromium; where CI is set, there must be one."""
    if CHROMIUM is None and os.environ.get("CI") != "true":
        pytest.skip("needs Chromium: apt-get install chromium")
    assert CHROMIUM is not None, "Chromium is missing: apt-get install chromium"


class Page:
    """One tab: what it logged, requested and threw since it was opened."""

    def __init__(self, socket):
        self._socket, self._last = socket, 0
        self.requests, self.complaints = [], []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method, **parameters):
        """Send a command; return its result once it is there."""
        self._last += 1
        command = {"id": self._last, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE))
            if message.get("id") == self._last:
                assert "error" not in message, (method, message["error"])
                return message["result"]
            self._note(message)

    def _note(self, message):
        parameters = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(parameters["exceptionDetails"])
            case "Runtime.consoleAPICalled" | "Log.entryAdded":
                self.complaints.append(parameters)

    def open(self, path, width=1200, height=900, touch=False):
        """Show a file in a window of this size, in CSS pixels."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=touch,
        )  # fmt: skip
        self.send("Emulation.setTouchEmulationEnabled", enabled=touch)
        self.send("Page.navigate", url=Path(path).as_uri())
        self.wait("document.readyState === 'complete'")

    def run(self, expression):
        """The value of JavaScript, awaited. Raises AssertionError with what it throws."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition, seconds=PATIENCE):
        """Wait until JavaScript is true."""
        deadline = time.monotonic() + seconds
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < deadline, f"never true: {condition}"
            time.sleep(0.05)

    def drag(self, start, end, touch=False):
        """Press at a point (x, y), move in steps to another, let go: by finger or by mouse."""
        points = [[a + (b - a) * k / 5 for a, b in zip(start, end, strict=True)] for k in range(6)]
        for i, (x, y) in enumerate([*points, points[-1]]):
            stage = 0 if i == 0 else 2 if i == len(points) else 1
            if touch:
                kind = ("touchStart", "touchMove", "touchEnd")[stage]
                touches = [] if stage == 2 else [{"x": x, "y": y}]
                self.send("Input.dispatchTouchEvent", type=kind, touchPoints=touches)
            else:
                kind = ("mousePressed", "mouseMoved", "mouseReleased")[stage]
                self.send(
                    "Input.dispatchMouseEvent",
                    type=kind, x=x, y=y, button="left", buttons=int(stage < 2), clickCount=1,
                )  # fmt: skip

    def press(self, key):
        for kind in ("rawKeyDown", "keyUp"):
            code = {"Tab": 9, "ArrowRight": 39}[key]
            self.send(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code
            )

    def screenshot(self, path, whole=True):
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        Path(path).write_bytes(b64decode(shot["data"]))


@contextmanager
def chromium(profile):
    """A tab of a browser whose profile is the empty folder `profile`."""
    words = [CHROMIUM, *QUIET, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        port = _port(profile / "DevToolsActivePort")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            tabs = json.load(answer)
        address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
        with connect(address, max_size=None, open_timeout=PATIENCE) as socket:
            yield Page(socket)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _port(file):
    """Where the browser listens, which it writes once it does."""
    deadline = time.monotonic() + PATIENCE
    while not (file.is_file() and "\n" in (text := file.read_text())):
        assert time.monotonic() < deadline, "Chromium did not start"
        time.sleep(0.05)
    return text.split("\n")[0]

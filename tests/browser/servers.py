"""Jupyter's servers as a person starts them, each on a free port with a home of its own."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

START_SECONDS = 180.0
STOP_SECONDS = 30.0

LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # By default the page holds the cells near the screen alone.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
"""What a test needs other than JupyterLab's defaults; ``expose_app_in_browser`` gives it JupyterLab's own commands."""


@contextlib.contextmanager
def lab(root: Path, home: Path) -> Iterator[str]:
    """JupyterLab on a folder; the address of its root, with the token. Its kernels end with it."""
    settings = home / "jupyter" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(LAB_SETTINGS))
    with _server(["jupyterlab", "--LabApp.expose_app_in_browser=True"], root, home, "lab") as address:
        yield address


@contextlib.contextmanager
def formgrader(root: Path, home: Path) -> Iterator[str]:
    """A Jupyter server with formgrader on a course; the address of formgrader, with the token."""
    extension = "--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True"
    with _server(["jupyter_server", extension], root, home, "formgrader") as address:
        yield address


def own_home(home: Path) -> dict[str, str]:
    """The environment of a process that neither reads nor writes anything of this user's."""
    folders = {"JUPYTER_CONFIG_DIR": "jupyter", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    folders |= {"IPYTHONDIR": "ipython", "MPLCONFIGDIR": "matplotlib"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    return inherited | {"HOME": str(home)} | {name: str(home / folder) for name, folder in folders.items()}


@contextlib.contextmanager
def _server(command: list[str], root: Path, home: Path, page: str) -> Iterator[str]:
    home.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    log = home / "server.log"
    with open(log, "w") as stream:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", *command, "--no-browser", "--allow-root", "--ip=127.0.0.1"),
                *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
                f"--ServerApp.root_dir={root}",
            ],
            cwd=root,
            env=own_home(home),
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        _answers(process, f"http://127.0.0.1:{port}/api/status", {"Authorization": f"token {token}"}, log)
        yield f"http://127.0.0.1:{port}/{page}?token={token}"
    finally:
        process.send_signal(
            signal.SIGTERM
        )  # upon which it ends its kernels, which have sessions of their own
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(process: subprocess.Popen[bytes], url: str, headers: Mapping[str, str], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=10):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    raise AssertionError(f"no answer from {url} in {START_SECONDS:.0f} s: {log.read_text()}")

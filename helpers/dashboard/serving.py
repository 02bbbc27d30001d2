"""Serving the page to a browser on this computer, and to nobody else."""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import sys
import threading
import webbrowser
from pathlib import Path

from helpers.dashboard.page import ASKED
from helpers.datasets import DatasetError

HERE = Path(__file__).parent
ADDRESS = "127.0.0.1"
LAB_ONLY = ("JUPYTER_TOKEN", "JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH", "VOILA_APP")
"""Settings of other servers, which must not change this one."""


def free_port(wanted: int = 0) -> int:
    """A port of this computer that nobody listens on: the one wanted, or any if that is 0.

    Raises
    ------
    DatasetError
        Somebody listens on the one wanted, or it is none that may be used.
    """
    with socket.socket() as probe:
        if os.name == "posix":  # a port that was used a moment ago is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, wanted))
        except (OSError, OverflowError) as error:
            raise DatasetError(
                f"Port {wanted} cannot be used ({getattr(error, 'strerror', None) or error}); "
                "choose another, or leave --port out for one that is free."
            ) from error
        return probe.getsockname()[1]


def serve(opening: dict, port: int = 0, browser: bool = True) -> None:
    """Serve the dashboard of a dataset until Ctrl-C; its address is printed.

    Parameters
    ----------
    opening : dict
        What `build_dashboard` is given: source, a path that is found from any folder, or a name;
        named, what else `open_dataset` is told; groups.
    port : int
        0 for one that is free.
    browser : bool
        Whether to open the address in a browser.
    """
    os.environ[ASKED] = json.dumps({**opening, "home": str(Path.cwd())})
    os.environ["MPLBACKEND"] = "agg"
    for name in LAB_ONLY:
        os.environ.pop(name, None)
    own = [str(HERE / "share"), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, own))
    app = _make_app(free_port(port), secrets.token_urlsafe(24))
    address = f"http://{ADDRESS}:{app.port}/?token={app.token}"
    print(f"The dashboard: {address}\nCtrl-C here stops it.", flush=True)
    if browser:
        threading.Timer(1, webbrowser.open, [address]).start()
    app.start()
    print("\nStopped. Your decisions are kept.", file=sys.stderr)


def _make_app(port: int, token: str):
    """Voilà, told in code alone: no file of settings may open it to others."""
    from traitlets.config import Config
    from voila.app import Voila

    settings = Config()
    settings.Voila.update({"ip": ADDRESS, "port": port, "port_retries": 0, "token": token})
    settings.Voila.update({"open_browser": False, "log_level": logging.ERROR})
    settings.Voila.config_file_paths = []
    # Pings would find connections that routers cut; here there is none, and a page that answers
    # late because its computer is busy or was asleep would be cut off from all that it computed.
    settings.Voila.tornado_settings = {"ws_ping_interval": 0}
    if os.name == "posix":  # files that nobody else can open, in place of ports
        settings.ConnectionFileMixin.transport = "ipc"
    settings.VoilaConfiguration.update({"template": "workbook", "file_allowlist": []})
    settings.VoilaConfiguration.update({"show_tracebacks": False, "strip_sources": True})
    app = Voila(config=settings)
    app.initialize([str(HERE / "dashboard.ipynb")])
    return app

"""Pictures of a home's lineage, taken from the running Dagster UI.

    P4DP_HOME=… python docs/screenshots/take.py [--chromium PATH] [--out FOLDER]

Starts `p4dp ui` on a free port, opens the pages in Chromium and ends the UI. The home needs at
least one finished run; the pictures show what that run recorded.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
SIZE = {"width": 1680, "height": 1050}
# The UI draws the graph after the page has loaded and offers no sign that it is done.
SETTLE_MS = 8000

PAGES = {
    "lineage.png": "/asset-groups",
    "python-step.png": "/assets/register/person_link?view=lineage&lineageScope=neighbors",
    "asset.png": "/assets/published/pub_weekly_syndrome?view=overview",
    "column-reach.png": "/assets/staging/stg_measurement?view=events",
    "checks.png": "/assets/linked/fct_encounter?view=checks",
    "runs.png": "/runs",
}


# What is clicked before the picture is taken.
OPENED = {"column-reach.png": "[Show Markdown]"}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_ui() -> Iterator[str]:
    """The address of `p4dp ui`, which is ended afterwards."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "p4dp"), "ui", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        print(process.stdout.readline().strip() or "the UI did not start", flush=True)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def take(page: Page, address: str, out: Path) -> None:
    """One picture per page."""
    for name, path in PAGES.items():
        page.goto(address + path, wait_until="domcontentloaded")
        page.wait_for_timeout(SETTLE_MS)
        if name in OPENED:
            page.get_by_text(OPENED[name]).first.click()
            page.wait_for_timeout(SETTLE_MS / 4)
        page.screenshot(path=out / name)
        print(out / name)


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    parser.add_argument("--out", type=Path, default=HERE)
    arguments = parser.parse_args()
    if "P4DP_HOME" not in os.environ:
        parser.error("P4DP_HOME must name a home with a finished run")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with running_ui() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=arguments.chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        take(browser.new_page(viewport=SIZE), address, arguments.out)
        browser.close()


if __name__ == "__main__":
    main()

"""Printing a document to PDF through a Chromium or Chrome of the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from evalsets import DecideError

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)
SECONDS = 180
REMEDY = (
    "Install Chromium or Chrome, or name one by CHROME_PATH or chromium=; or open the HTML report in any "
    "browser and print it to PDF."
)


def find_browser(named: str | Path | None = None) -> str:
    """Path of the browser: the one named, that of ``CHROME_PATH``, or the first one found.

    Raises:
        DecideError: If there is none, or the one named is not there.
    """
    wanted = named or os.environ.get("CHROME_PATH")
    if wanted:
        found = shutil.which(str(wanted))
        if found is None:
            raise DecideError(f"{wanted} is no program here, so no PDF can be written. {REMEDY}")
        return found
    found = next((p for p in map(shutil.which, (*NAMES, *PLACES)) if p), None)
    if found is None:
        raise DecideError(f"No Chromium or Chrome was found, so no PDF can be written. {REMEDY}")
    return found


def print_pdf(html: str, named: str | Path | None = None) -> bytes:
    """The document as PDF, tagged and with an outline, in the browser's page sizes.

    Raises:
        DecideError: If there is no browser, or it failed.
    """
    browser = find_browser(named)
    with tempfile.TemporaryDirectory(prefix="decide-", ignore_cleanup_errors=True) as folder:
        page, pdf = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(html, encoding="utf-8")
        command = [browser, *FLAGS, f"--user-data-dir={folder}/profile", f"--print-to-pdf={pdf}"]
        said = ""
        for sandbox in [True, False] if not _root() else [False]:
            said = _run([*command, *([] if sandbox else ["--no-sandbox"]), page.as_uri()])
            if pdf.exists() and pdf.stat().st_size:
                return pdf.read_bytes()
            if "sandbox" not in said.lower():
                break  # only a machine that cannot give a sandbox is a reason to go without
    last = said.strip().splitlines()[-1] if said.strip() else "it said nothing"
    raise DecideError(f"{browser} wrote no PDF: {last}. {REMEDY}")


def _root() -> bool:
    """Whether this is the superuser, for whom Chromium has no sandbox."""
    return sys.platform != "win32" and os.geteuid() == 0


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"it did not finish within {SECONDS} s"
    except OSError as error:
        return str(error)
    return done.stderr.decode(errors="replace")

"""A page as PDF, printed by a browser of the Chromium family that is on this computer.

The page carries its own print style sheet, so a browser prints it as it is. Not responsible for what stands on the
page; without such a browser, printing the HTML file from any other gives the same sheets.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from mesogun.errors import InputError

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "brave-browser",
)
DEADLINE_S = 60


def print_pdf(page: Path) -> Path:
    """Print ``page`` (HTML) to a PDF file beside it.

    Raises
    ------
    InputError
        If no such browser is found, or it does not print in time.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise InputError(
            f"no Chromium, Chrome or Edge was found to make a PDF: open {page} in any browser and print it"
        )
    target = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory(prefix="mesogun-") as profile:
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}",
            f"--print-to-pdf={target.resolve()}", page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=DEADLINE_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"{browser} did not print {page}: {error}; open it in a browser and print it") from error
    if done.returncode != 0 or not target.is_file():
        raise InputError(f"{browser} did not print {page} (exit {done.returncode}): open it in a browser and print it")
    return target

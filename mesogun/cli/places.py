"""Where things lie on this computer: journal, reports, demos. ``MESOGUN_STATE`` moves all of it.

Not responsible for people and keys (``mesogun.identity.Home``) or for opening anything.
"""

from __future__ import annotations

import os
from pathlib import Path

from mesogun.errors import RecordError


def state_folder() -> Path:
    """The user's state folder for mesogun; output never goes to the folder one stands in."""
    named = os.environ.get("MESOGUN_STATE")
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_state_path("mesogun", appauthor=False)


def journal_url(option: str | None) -> str:
    """The journal named on the command line, else ``MESOGUN_JOURNAL``, else the one in the state folder."""
    return option or os.environ.get("MESOGUN_JOURNAL") or str(state_folder() / "journal.db")


def reports_folder(option: Path | None) -> Path:
    """Where reports go."""
    return made(option if option is not None else state_folder() / "reports")


def fresh_folder(parent: Path, name: str) -> Path:
    """A new folder ``name-N`` with the first N that is free."""
    made(parent)
    number = 1
    while True:
        folder = parent / f"{name}-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        except OSError as error:
            raise RecordError(f"{folder}: cannot be made ({error.strerror}); name another place with --out") from error
        else:
            return folder


def made(folder: Path) -> Path:
    """The folder, made if it is missing; ``RecordError`` where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordError(f"{folder}: cannot be made ({error.strerror}); name another place with --out") from error
    return folder

"""Where things lie on this computer: journal, reports, demos. ``MESOGUN_STATE`` moves all of it.

Not responsible for people and keys (``mesogun.identity.Home``) or for opening anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesogun.errors import RecordError

JOURNAL = "journal.db"


def state_folder() -> Path:
    """The user's state folder for mesogun; output never goes to the folder one stands in."""
    named = os.environ.get("MESOGUN_STATE")
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_state_path("mesogun", appauthor=False)


def journal_url(option: str | None) -> str:
    """The journal named on the command line, else ``MESOGUN_JOURNAL``, else the one in the state folder."""
    return option or os.environ.get("MESOGUN_JOURNAL") or str(state_folder() / JOURNAL)


def limits_file() -> Path:
    """The clinic's limits."""
    return state_folder() / "limits.toml"


def look_file() -> Path:
    """Where the dashboard's look is remembered; its pictures go beside it."""
    return state_folder() / "dashboard.json"


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
            raise _unusable(folder, error) from error
        else:
            return folder


@contextmanager
def folder_for_journal(option: Path | None, parent: Path, name: str) -> Iterator[Path]:
    """A folder in which this process, and no other, makes a new journal while the context lasts.

    ``option`` itself where it holds no journal, else a new folder in it; without ``option`` a new one in ``parent``.
    Who makes a journal in ``option`` holds a folder there that only one process can make, so that two at once never
    take the same place; left behind by a crash, it only costs the next one a folder of its own.
    """
    if option is None:
        yield fresh_folder(parent, name)
        return
    claim = made(option) / f".{JOURNAL}.claim"
    try:
        claim.mkdir()
    except FileExistsError:
        yield fresh_folder(option, name)
        return
    except OSError as error:
        raise _unusable(option, error) from error
    try:
        yield fresh_folder(option, name) if (option / JOURNAL).exists() else option
    finally:
        claim.rmdir()


def made(folder: Path) -> Path:
    """The folder, made if it is missing; ``RecordError`` where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error
    return folder


def _unusable(folder: Path, error: OSError) -> RecordError:
    return RecordError(f"{folder}: cannot be made ({error.strerror}); name another place with --out")

"""The journal behind the start screen's pages, opened only to look.

Not responsible for what is read from it (``records``, ``settling``, ``calibrating``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mesogun.clock import RealClock
from mesogun.errors import InputError

if TYPE_CHECKING:
    from mesogun.journal import Journal


def there_is(url: str | Path) -> bool:
    """Whether there is a journal yet; a server's is asked when it is opened."""
    return "://" in str(url) or Path(url).exists()


def open_record(url: str | Path) -> Journal:
    """The journal, read only.

    Raises
    ------
    InputError
        When there is none yet.
    """
    from mesogun.journal import open_journal

    if not there_is(url):
        raise InputError(f"{url}: there is no journal yet; the first treatment makes one")
    return open_journal(url, RealClock(), create=False, read_only=True)

"""The one trace mechanism: ``@req("G6")`` says which requirements a test shows.

``tests/test_trace.py`` compares the markers with the requirements that ``docs/`` lists.
"""

from __future__ import annotations

import pytest


def req(*ids: str) -> pytest.MarkDecorator:
    """Mark a test (or class) as showing these requirements, such as ``G6`` or ``H4``."""
    return pytest.mark.req(*ids)

"""The strict reader itself: it finds what it is there to find."""

from __future__ import annotations

import pytest

from tests.report.pages import read

HEAD = "<!DOCTYPE html><html><head><title>t</title></head><body>"


@pytest.mark.parametrize(
    ("inside", "fault"),
    [
        ("<script>1</script>", "runs or fetches"),
        ('<p onclick="x()">a</p>', "runs"),
        ('<image href="https://example.org/a.png"/>', "points outside"),
        ('<image href="//example.org/a.png"/>', "points outside"),
        ("<style>@import 'x'</style>", "points outside"),
        ("<style>p{background:url(x.png)}</style>", "points outside"),
        ("<p><b>a</p></b>", "ends nothing"),
        ("<div>", "never closed"),
        ('<p id="a"></p><p id="a"></p>', "twice"),
        ('<p class="a" class="b"></p>', "attribute twice"),
    ],
)
def test_reader_finds_the_fault(inside: str, fault: str) -> None:
    assert any(fault in found for found in read(f"{HEAD}{inside}</body></html>".encode()).faults)


def test_reader_accepts_what_is_right() -> None:
    inside = (
        '<table><tr><td>1<td>2\n<tr><td>3</table><rect fill="url(#a)"/><br><image href="data:image/png;base64,AA"/>'
    )
    assert read(f"{HEAD}{inside}</body></html>".encode()).faults == []

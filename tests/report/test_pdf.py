"""Printing a page with a browser: a stand-in on PATH shows what is asked of it and what its failures become."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesogun.errors import InputError
from mesogun.report.pdf import print_pdf

PRINTS = """#!/bin/sh
for word in "$@"; do
  case "$word" in
    --print-to-pdf=*) printf 'PDF of %s' "$*" > "${word#--print-to-pdf=}" ;;
  esac
done
"""


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    page = tmp_path / "a report.html"
    page.write_text("<p>page</p>")
    return page


def browser(page: Path, script: str) -> None:
    path = page.parent / "bin" / "google-chrome"
    path.write_text(script)
    path.chmod(0o755)


def test_a_browser_prints_the_page_offline(page: Path) -> None:
    browser(page, PRINTS)
    printed = print_pdf(page)
    assert printed == page.with_suffix(".pdf")
    asked = printed.read_text()
    assert "a%20report.html" in asked
    assert "MAP * ~NOTFOUND" in asked, "whatever stands on a page, the browser reaches no network"


def test_without_a_browser_one_line_says_what_works(page: Path) -> None:
    with pytest.raises(InputError, match=r"open .* in any browser and print it"):
        print_pdf(page)


def test_a_browser_that_fails_is_told(page: Path) -> None:
    browser(page, "#!/bin/sh\nexit 21\n")
    with pytest.raises(InputError, match="exit 21"):
        print_pdf(page)

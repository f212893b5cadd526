"""What README and docs name must exist: commands, options, make targets, files."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mesogun.cli.root import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def command_lines(page: Path) -> Iterator[list[str]]:
    """Each ``mesogun ...`` line of a code block, continuation lines joined, comments cut off."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```(?:sh|console|bash|text)?\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            found = re.match(r"\s*(?:\$\s+)?mesogun\s+(\S.*)", line)
            if found:
                yield found[1].split("#")[0].split("|")[0].split(">")[0].split()


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    module, attribute, _ = COMMANDS[words[0]]
    command: click.Command = getattr(importlib.import_module(module), attribute)
    rest = words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        command = command.commands[rest[0]]
        rest = rest[1:]
    return command, rest


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_that_a_page_shows_exists(page: Path) -> None:
    for words in command_lines(page):
        if words[0].startswith("-"):
            continue
        assert words[0] in COMMANDS, f"{page.name} shows mesogun {words[0]}"
        command, rest = resolve(words)
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        for word in rest:
            option = word.split("=")[0]
            if option.startswith("--"):
                assert option in known | {"--help"}, f"{page.name}: mesogun {' '.join(words)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_make_target_that_a_page_shows_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        for block in re.findall(r"```(?:sh|console|bash|text)?\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for target in re.findall(r"^\s*(?:\$\s+)?make\s+([a-z-]+)", block, re.MULTILINE):
                assert target in targets, f"{page.name} shows make {target}"


def test_the_readme_says_what_mesogun_is_not() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "not a medical device" in text

"""``mesogun watch`` and ``mesogun replay``: look at a treatment, live or again. They may see ``tui``.

Not responsible for the screens (``tui``); nothing here can write to a journal or to a gun.
"""

from __future__ import annotations

import sys

import click

from mesogun.cli import places
from mesogun.cli.journal import JOURNAL, print_events
from mesogun.cli.kinds import NO_FLASH
from mesogun.cli.lookup import rows_chosen


@click.command()
@click.argument("treatment", required=False)
@JOURNAL
@click.option("--plain", is_flag=True, help="Lines of text: for screen readers and logs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--once", is_flag=True, help="Say how it stands now, and stop.")
@NO_FLASH
def watch(treatment: str | None, url: str | None, plain: bool, as_json: bool, once: bool) -> None:
    """Follow TREATMENT (default: the newest one) read-only, from this or another process."""
    from tui import look, print_watch, run_watch

    where = places.journal_url(url)
    if plain or as_json or once or not sys.stdout.isatty():
        print_watch(where, treatment, as_json_lines=as_json, write=_say, follow=not once)
    else:
        run_watch(where, treatment, settings=look(places.look_file()))


@click.command()
@click.argument("treatment")
@JOURNAL
@click.option("--plain", is_flag=True, help="One line per event, all at once: for screen readers and logs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per event, all at once.")
@NO_FLASH
def replay(treatment: str, url: str | None, plain: bool, as_json: bool) -> None:
    """Play a recorded TREATMENT again in the dashboard."""
    if plain or as_json:
        print_events(url, rows_chosen(treatment=treatment), as_json=as_json)
        return
    from tui import look, run_replay

    run_replay(places.journal_url(url), treatment, settings=look(places.look_file()))


def _say(text: str) -> None:
    click.echo(text.rstrip("\n"))

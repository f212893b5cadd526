"""``mesogun limits``: which limits hold, where each is from, and how often soft ones were passed.

Not responsible for the rules (``mesogun.limits``).
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from mesogun.cli import people, places
from mesogun.cli.journal import JOURNAL, open_for_reading
from mesogun.cli.kinds import FINITE, PLACE
from mesogun.cli.plan import write_bytes
from mesogun.cli.visit import find_protocol
from mesogun.clock import RealClock
from mesogun.errors import InputError
from mesogun.identity import Action, Home, check_subject
from mesogun.limits import SiteLimits, Subject, limits_for, load_site, parse_site
from mesogun.limits.combine import EDGES
from mesogun.limits.tables import SiteLimit
from mesogun.limits.tell import limit_lines, override_counts, site_text, with_limit
from mesogun.record import events as ev
from mesogun.visit.bounds import limited, subject_bounds

SITE = click.option("--site-limits", type=PLACE, help="The clinic's limits.toml.")


def site_file(option: Path | None) -> Path:
    """The clinic's limits: the file named, else the one in the state folder."""
    return option if option is not None else places.limits_file()


def clinic_limits(option: Path | None) -> SiteLimits | None:
    """The clinic's limits, or ``None`` where there is no file and none was named."""
    path = site_file(option)
    return load_site(path) if option is not None or path.exists() else None


@click.group()
def limits() -> None:
    """Which limits hold, where each is from, and how often soft ones were passed."""


@limits.command()
@click.argument("protocol")
@SITE
@click.option("--subject", help="With the limits that were set for this person.")
@JOURNAL
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def show(protocol: str, site_limits: Path | None, subject: str | None, url: str | None, as_json: bool) -> None:
    """Show every limit in force for PROTOCOL with its origin; what nobody set is zero."""
    item, who = find_protocol(protocol), None
    if subject is not None:
        with open_for_reading(url) as record:
            who = Subject(subject, bounds=subject_bounds(record, check_subject(subject), item.agent.id))
    lines = limit_lines(limits_for(item, site=clinic_limits(site_limits), subject=who))
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(line) for line in lines], indent=2))
    else:
        for line in lines:
            click.echo(line.told())


@limits.command()
@SITE
def check(site_limits: Path | None) -> None:
    """Read the clinic's limits and name every fault in the file."""
    path = site_file(site_limits)
    site = load_site(path)
    click.echo(
        f"{path}: valid, {len(site.limit)} limits and {len(site.agent)} agents, set by {site.set_by} on {site.set_on}"
    )


@limits.command("set")
@click.argument("agent")
@click.argument("kind")
@SITE
@click.option("--hard-low", type=FINITE, help="Nobody can go below.")
@click.option("--soft-low", type=FINITE, help="Below only with a reason.")
@click.option("--soft-high", type=FINITE, help="Above only with a reason.")
@click.option("--hard-high", type=FINITE, help="Nobody can go above.")
@click.option("--source", help="Where the clinic's number comes from.")
@click.option("--set-by", help="Who sets it, as it stands in the file; needed for a new file.")
@click.option("--set-on", help="The day, YYYY-MM-DD; needed for a new file.")
@click.option("--subject", help="Set it for this person alone, in the journal; with --why.")
@click.option("--why", help="With --subject: the reason, in words; no names.")
@click.option("--clear", is_flag=True, help="With --subject: take the limit back.")
@click.option("--operator", "who", help="Who sets it; default: mesogun operator use.")
@JOURNAL
def set_limit(
    agent: str,
    kind: str,
    site_limits: Path | None,
    source: str | None,
    set_by: str | None,
    set_on: str | None,
    subject: str | None,
    why: str | None,
    clear: bool,
    who: str | None,
    url: str | None,
    **options: Any,
) -> None:
    """Set the clinic's limit of KIND for AGENT (or "*" for every agent), or with --subject one person's own.

    One person's limit can only be stricter: of all limits, the most restrictive one holds.
    """
    operator = people.operator_for(who, simulated_only=False)
    operator.require(Action.SET_LIMITS)
    edges: dict[str, float] = {name: options[name] for name in EDGES if options[name] is not None}
    if clear == bool(edges):
        raise InputError("say at least one of --hard-low, --soft-low, --soft-high, --hard-high, or --clear alone")
    if subject is None:
        if clear or why is not None:
            raise InputError("--why and --clear go with --subject; the clinic's own limits stand in a file to edit")
        _set_for_clinic(agent, kind, site_file(site_limits), edges, source, set_by, set_on)
        return
    if source or set_by or set_on:
        raise InputError("--source, --set-by and --set-on are for the clinic's file; with --subject say --why")
    event = limited(
        subject, agent, kind, edges, operator=operator, why=why or "", site=clinic_limits(site_limits)
    )  # fmt: skip
    from mesogun.journal import journal_at

    with journal_at(Home.open(), places.journal_url(url), RealClock()) as record:
        record.append([event], treatment="", epoch=None)
    click.echo(f"subject {subject}: {agent} {kind} {'taken back' if clear else 'set'} by {operator.reference}")


def _set_for_clinic(
    agent: str,
    kind: str,
    path: Path,
    edges: dict[str, float],
    source: str | None,
    set_by: str | None,
    set_on: str | None,
) -> None:
    if source is None:
        raise InputError("say where the number comes from with --source")
    if path.exists():
        site = load_site(path)
    elif set_by is None or set_on is None:
        raise InputError(f"{path}: does not exist yet; a new file needs --set-by and --set-on")
    else:
        site = SiteLimits(format=1, set_by=set_by, set_on=set_on)
    fields = {"agent": agent, "kind": kind, "source": source, "grade": "site", **edges}
    try:
        limit = SiteLimit.model_validate(fields)
    except ValueError as error:
        first = str(error).splitlines()
        raise InputError(f"{agent} {kind}: {' '.join(line.strip() for line in first[1:3])}") from error
    text = site_text(with_limit(site, limit))
    parse_site(text, str(path))  # what was written must read back
    places.made(path.parent)
    write_bytes(path, text.encode("utf-8"))
    click.echo(f"{path}: {agent} {kind} set")


@limits.command()
@JOURNAL
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def overrides(url: str | None, as_json: bool) -> None:
    """Count how often each soft limit was passed, and name those that are due for review."""
    found: list[tuple[str, str]] = []
    cleared: set[str] = set()
    with open_for_reading(url) as record:
        for row in record.rows():
            if isinstance(row.event, ev.OverrideGiven):
                found.append((row.treatment, row.event.rule))
            elif isinstance(row.event, ev.PlanCleared):
                cleared.add(row.treatment)
    counts = override_counts(found, len(cleared))
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(count) for count in counts], indent=2))
        return
    for count in counts:
        review = "  due for review" if count.due_for_review else ""
        click.echo(f"{count.rule}: passed in {count.overridden} of {count.treatments} treatments{review}")
    if not counts:
        click.echo(f"no soft limit was passed in {len(cleared)} treatments")

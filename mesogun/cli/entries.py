"""``mesogun journal settle``, ``note`` and ``sign``: what people add to the record after the fact.

Not responsible for what can be settled (``mesogun.cli.settling``) or for keys (``mesogun.identity``).
"""

from __future__ import annotations

import click

from mesogun.cli import people, places
from mesogun.cli.kinds import FINITE
from mesogun.cli.lookup import JOURNAL, open_for_reading
from mesogun.clock import RealClock
from mesogun.errors import InputError
from mesogun.identity import Action, Home
from mesogun.record import events as ev

WHO = click.option("--operator", "who", help="Who says so; default: mesogun operator use.")


@click.command()
@click.argument("treatment", required=False)
@JOURNAL
@click.option("--shot", "shot_no", type=int, help="The gun's shot number that stands open.")
@click.option("--given-ul", type=FINITE, help="How much of it this subject got, as far as anybody knows; 0 for none.")
@click.option("--what", help="Which question, where a shot has more than one.")
@click.option("--gun", help="Which gun, where two have the same shot number.")
@click.option("--lost-gun", metavar="GUN", help="Give up on a gun that will never be read: it counts in full.")
@click.option("--why", help="The reason, in words; no names.")
@WHO
def settle(
    treatment: str | None,
    url: str | None,
    shot_no: int | None,
    given_ul: float | None,
    what: str | None,
    gun: str | None,
    lost_gun: str | None,
    why: str | None,
    who: str | None,
) -> None:
    """Say what only a person can say about TREATMENT; without options, show what is open, in it or everywhere."""
    from mesogun.cli.settling import everything_open, open_questions, settler
    from mesogun.journal import journal_at
    from mesogun.treatment.settling import check_why, settle_lost_gun, settle_shot
    from mesogun.units import nl_from_ul

    if shot_no is None and lost_gun is None:
        with open_for_reading(url) as record:
            click.echo(everything_open(record) if treatment is None else open_questions(record, treatment))
        return
    if treatment is None:
        raise InputError("name the treatment to settle; without options, all open questions are shown")
    if shot_no is not None and lost_gun is not None:
        raise InputError("one at a time: --shot or --lost-gun")
    why = check_why(why)
    operator = settler(who)
    with journal_at(Home.open(), places.journal_url(url), RealClock(), create=False) as record:
        if lost_gun is not None:
            click.echo(settle_lost_gun(record, treatment, operator, lost_gun, why))
        elif shot_no is not None:
            given_nl = None if given_ul is None else nl_from_ul(given_ul)
            click.echo(
                settle_shot(
                    record, treatment, operator, shot_no=shot_no, gun=gun, what=what, given_nl=given_nl, why=why
                )
            )  # fmt: skip


@click.command()
@click.argument("treatment")
@click.argument("text")
@JOURNAL
@WHO
def note(treatment: str, text: str, url: str | None, who: str | None) -> None:
    """Add TEXT to the record of TREATMENT; no names."""
    from mesogun.journal import journal_at

    if not text.strip():
        raise InputError("an empty note is not kept")
    operator = people.operator_for(who, simulated_only=False)
    operator.require(Action.TREAT)
    with journal_at(Home.open(), places.journal_url(url), RealClock(), create=False) as record:
        if record.state(treatment).planned is None:
            raise InputError(f"this journal holds no treatment {treatment}; mesogun journal list names them")
        seq = record.append([ev.NoteAdded(text, operator.reference)], treatment=treatment, epoch=None)
    click.echo(f"row {seq}: noted by {operator.reference}")


@click.command()
@click.argument("row", type=int)
@click.option("--meaning", required=True, help="What the signature says, for example 'approved this override'.")
@people.PASSPHRASE_STDIN
@JOURNAL
@WHO
def sign(row: int, meaning: str, passphrase_stdin: bool, url: str | None, who: str | None) -> None:
    """Sign ROW, and with it everything before it, with your key; mesogun journal verify checks it from then on."""
    from mesogun.journal import journal_at

    if not meaning.strip():
        raise InputError("--meaning is empty: say what the signature says")
    home = Home.open()
    operator = people.operator_for(who, simulated_only=False)
    with journal_at(home, places.journal_url(url), RealClock(), create=False) as record:
        signer = home.operators.unlock(
            operator.reference, people.passphrase("Passphrase of your signing key", piped=passphrase_stdin)
        )
        signed = record.sign(row, signer, operator=operator.reference, meaning=meaning)
    click.echo(f"row {signed.seq} signed by {signed.operator} ({signer.key_id}): {signed.meaning}")

"""The table of commands, lazily loaded, and the one place where errors become a line and an exit code.

Not responsible for what a command does.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from mesogun import __version__
from mesogun.errors import InputError, MesogunError

INTERRUPTED = 130

# command -> (module, attribute, one line of help); the line stands here so that --help imports no command.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("mesogun.cli.demo", "demo", "A whole treatment on the simulated gun: plan, treat, report, verify."),
    "plan": ("mesogun.cli.plan", "plan", "Turn a protocol and an area into points, totals and a picture."),
    "treat": ("mesogun.cli.treat", "treat", "Carry out a treatment, or resume one."),
    "watch": ("mesogun.cli.watch", "watch", "Follow a treatment read-only."),
    "replay": ("mesogun.cli.watch", "replay", "Play a recorded treatment again."),
    "report": ("mesogun.cli.report", "report", "Write the report of a treatment."),
    "protocol": ("mesogun.cli.protocol", "protocol", "The library of treatment protocols."),
    "journal": ("mesogun.cli.journal", "journal", "Look at the record and verify it."),
    "limits": ("mesogun.cli.limits", "limits", "Which limits hold and where each is from."),
    "course": ("mesogun.cli.course", "course", "Where a subject's course stands, when the next visit is due."),
    "operator": ("mesogun.cli.operator", "operator", "People, roles, and who is at the keyboard."),
    "calibrate": ("mesogun.cli.calibrate", "calibrate", "Calibrate a gun: volume, depth, certificates, history."),
    "gun": ("mesogun.cli.gun", "gun", "Find guns, look at them, pair them, check their health."),
    "sim": ("mesogun.cli.sim", "sim", "The simulated gun on a port of its own."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of a treatment, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table above, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


EPILOG = """\b
Start here:
  mesogun demo                       a whole treatment, no hardware needed
  mesogun protocol list              what can be planned
  mesogun plan PROTOCOL --area FILE  look before you treat
"""


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="mesogun")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Plan, drive, show, calibrate, record and simulate a mesogun.

    Research and engineering software, not a medical device.
    """
    if ctx.invoked_subcommand is None:
        if sys.stdin.isatty() and sys.stdout.isatty():
            from mesogun.cli.start import chosen_command

            chosen = chosen_command()
            if chosen is not None:
                ctx.exit(run(chosen))
        else:
            click.echo(ctx.get_help())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run with ``arguments`` (default: the process's own); the exit code, and no traceback for expected errors."""
    _open_missing_streams()
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, "it is closed")
        result: Any = cli.main(args=arguments, prog_name="mesogun", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted")
        return INTERRUPTED
    except MesogunError as error:
        _complain("; ".join([str(error), *getattr(error, "__notes__", ())]))
        return error.exit_code
    except ImportError as error:
        told = _shadowed(error)
        if told is None:
            raise
        _complain(told)
        return InputError.exit_code
    except SystemExit:
        # click's way of saying EPIPE; no command of ours exits by itself.
        return _not_written("whoever read it has gone")
    except OSError as error:
        if error.filename is not None:
            _complain(f"{error.filename}: {error.strerror}")
            return MesogunError.exit_code
        return _not_written(error.strerror or str(error))
    return result if isinstance(result, int) else 0


def _shadowed(error: ImportError) -> str | None:
    """What to say when a stranger's package stands in front of one of ours."""
    from mesogun.link.shadow import shadowed, stranger

    package = (error.name or "").partition(".")[0]
    where = stranger(package) if package else None
    return None if where is None else shadowed(package, where)


def _open_missing_streams() -> None:
    """Give a process without standard input or error an empty one: else the next file would take its number."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 -- lives as long as the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 -- lives as long as the process


def _complain(text: str) -> None:
    with suppress(OSError):
        click.echo(f"mesogun: {text}", err=True)


def _not_written(why: str) -> int:
    """Say that the output is not complete; what is left of it goes nowhere, or the interpreter would complain too."""
    _complain(f"standard output could not be written ({why})")
    if sys.stdout is not None:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return MesogunError.exit_code

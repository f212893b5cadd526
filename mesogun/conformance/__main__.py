"""``python -m mesogun.conformance PORT``: judge the gun there. Exit code 1 if it fails anything.

Not responsible for what is asked (``judge.py``).
"""

from __future__ import annotations

import sys

from mesogun.conformance.judge import judge
from mesogun.errors import MesogunError
from mesogun.gun import Result, checks_text, key_source
from mesogun.identity import Home
from mesogun.link import open_port


def main(words: list[str]) -> int:
    """Judge, print, and say with the exit code how it went."""
    if len(words) != 1 or words[0].startswith("-"):
        sys.stderr.write("python -m mesogun.conformance PORT, such as /dev/ttyACM0 or sim://" + "\n")
        return 2
    try:
        checks = judge(open_port(words[0]), key_source(Home.open()))
    except MesogunError as error:
        sys.stderr.write(f"mesogun: {error}" + "\n")
        return error.exit_code
    sys.stdout.write(checks_text(checks) + "\n")
    return 1 if any(check.result is Result.FAILED for check in checks) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

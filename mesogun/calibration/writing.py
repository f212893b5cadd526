"""A correction into the gun: said before, written whole, read back, said again.

The gun puts a block in force at once and whole (W-56). The journal holds both blocks before the first byte leaves, so
that after a cut at any moment a read-back decides which of the two is in force; anything else is refused.

Not responsible for finding the correction (``results``) or for the bytes (``mesogun.gun.calibration``).
"""

from __future__ import annotations

from dataclasses import replace

from mesogun.calibration.books import Books
from mesogun.calibration.correction import Correction
from mesogun.errors import CalibrationFailed, WireError
from mesogun.gun import Gun
from mesogun.gun.calibration import PPM, Block, read_calibration, write_calibration
from mesogun.gun.found import reference
from mesogun.record.calibration_events import CalibrationWriting, CalibrationWritten

PROVISIONAL, CONFIRMED, DEPTH = 1, 2, 3


def calibration_id(run: str, stage: int) -> int:
    """The number of a calibration: the run's 12 hex digits and the stage, never 0."""
    return int(run.removeprefix("cal-"), 16) << 8 | stage


def composed(found: Correction, old: Block | None) -> tuple[int, int]:
    """Offset in nL and gain in ppm of the gun itself, from what was found with the old correction in force.

    The gun turns ``(v - o1) / g1`` for a volume v. Found was ``o + g v``, so a stroke s gives ``o + g o1 + g g1 s``.
    """
    o1_ul, g1 = (0.0, 1.0) if old is None else (old.offset_nl / 1000.0, 1.0 + old.gain_ppm / PPM)
    offset_ul = found.offset_ul + found.gain * o1_ul
    gain = found.gain * g1
    return round(1000.0 * offset_ul), round(PPM * (gain - 1.0))


def old_block(gun: Gun) -> tuple[int, bytes, Block | None]:
    """What is in force; bytes that are no block count as none, because the gun itself goes by none then."""
    stored = read_calibration(gun)
    if not stored.blob:
        return stored.calibration_id, b"", None
    try:
        return stored.calibration_id, stored.blob, Block.from_bytes(stored.blob)
    except WireError:
        return stored.calibration_id, stored.blob, None


def put(gun: Gun, books: Books, number: int, new: Block, operator: str) -> None:
    """Put ``new`` in force under ``number``; a write that was cut is settled first, by reading back.

    Raises
    ------
    CalibrationFailed
        If what is in force afterwards is neither the old nor the new block.
    OutcomeUnknown, LinkLost
        If the line broke; go on with the run to settle it.
    """
    settle(gun, books)
    if f"{number:016x}" in {item.calibration for item in books.state.written if item.found == "new"}:
        return
    old_id, old, _ = old_block(gun)
    books.commit(CalibrationWriting(f"{number:016x}", f"{old_id:016x}", old.hex(), new.to_bytes().hex(), operator))
    write_calibration(gun, number, new.to_bytes())
    settle(gun, books)


def settle(gun: Gun, books: Books) -> None:
    """Say what read-back finds of a write that is open; nothing where none is."""
    writing = books.state.writing
    if writing is None:
        return
    stored = read_calibration(gun)
    there = (f"{stored.calibration_id:016x}", stored.blob.hex())
    if there == (writing.calibration, writing.new):
        found = "new"
    elif there == (writing.old_calibration, writing.old):
        found = "old"
    else:
        raise CalibrationFailed(
            f"calibration {there[0]} is in force in the gun, neither {writing.calibration} that was written nor "
            f"{writing.old_calibration} that was there: somebody else wrote to it; begin a new calibration"
        )
    books.commit(CalibrationWritten(writing.calibration, found, there[1]))
    gun.read_caps()


def check_own(gun: Gun, books: Books) -> None:
    """After a break and ``settle``: what is in force must be what this run has weighed with, or its result is a mix.

    Raises
    ------
    CalibrationFailed
        If another calibration came in force meanwhile.
    """
    started, written = books.state.started, books.state.written_blocks
    if started is None:
        return
    own = written[-1].calibration if written else started.calibration
    there = reference(gun.caps.calibration_id)
    if there != own:
        raise CalibrationFailed(
            f"calibration {there} came in force in the gun meanwhile, and this run has measured with {own}: what it "
            "would say belongs to neither; begin a new calibration"
        )


def with_days(block: Block, made_day: int, due_day: int, *, confirmed: bool) -> Block:
    """The same block, made on another day or confirmed."""
    return replace(block, made_day=made_day, due_day=due_day, confirmed=confirmed)

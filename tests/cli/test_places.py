"""Where a demonstration's journal goes: never where another one's is, or is being made."""

from __future__ import annotations

import threading
from pathlib import Path

from mesogun.cli.places import JOURNAL, folder_for_journal


def test_the_folder_named_is_taken_when_it_holds_no_journal(tmp_path: Path) -> None:
    with folder_for_journal(tmp_path / "a", tmp_path, "demo") as folder:
        assert folder == tmp_path / "a"
    assert list(folder.iterdir()) == [], "the claim is given back"


def test_a_folder_with_a_journal_gets_a_subfolder(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).touch()
    with folder_for_journal(tmp_path, tmp_path, "demo") as folder:
        assert folder == tmp_path / "demo-1"
    with folder_for_journal(tmp_path, tmp_path, "demo") as folder:
        assert folder == tmp_path / "demo-2"


def test_two_at_once_never_get_the_same_folder(tmp_path: Path) -> None:
    """The second one comes while the first has not made its journal yet: nothing is there to be seen."""
    with folder_for_journal(tmp_path, tmp_path, "demo") as first, folder_for_journal(tmp_path, tmp_path, "x") as second:
        assert first == tmp_path
        assert second == tmp_path / "x-1"


def test_many_at_once_get_as_many_folders(tmp_path: Path) -> None:
    taken: list[Path] = []
    together = threading.Barrier(8)

    def take() -> None:
        together.wait()
        with folder_for_journal(tmp_path, tmp_path, "demo") as folder:
            (folder / JOURNAL).touch(exist_ok=False)
            taken.append(folder)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == 8


def test_without_a_name_each_gets_its_own(tmp_path: Path) -> None:
    with folder_for_journal(None, tmp_path / "demos", "demo") as first:
        pass
    with folder_for_journal(None, tmp_path / "demos", "demo") as second:
        pass
    assert [first, second] == [tmp_path / "demos" / "demo-1", tmp_path / "demos" / "demo-2"]

"""The operator of a campaign: paints at once, says yes, removes causes. Not responsible for the hand on the gun."""

from __future__ import annotations

from collections.abc import Callable

from mesogun.treatment import Snapshot, Token, Wish

PATIENCE = 60  # times asked before a fault counts as dealt with


class CampaignFront:
    """A front end without a screen: every snapshot counts as painted when it was taken."""

    def __init__(self, shown: Callable[[int, int], None] = lambda _fault, _heard_us: None) -> None:
        self._shown = shown
        self.snapshot: Snapshot | None = None
        self._fresh = False
        self.asked = 0
        self.ending = False

    def show(self, snapshot: Snapshot) -> None:
        """Painted."""
        self.snapshot = snapshot
        self._fresh = True
        if snapshot.status is not None:
            self._shown(snapshot.status.fault, snapshot.read_at_us)

    def token(self) -> Token | None:
        """The token of the newest picture, once."""
        if not self._fresh or self.snapshot is None:
            return None
        self._fresh = False
        return self.snapshot.token()

    def wish(self) -> Wish:
        """Go on, or end what cannot go on."""
        return Wish.END if self.ending else Wish.RUN

    def confirm(self, what: str, text: str) -> bool | None:  # noqa: ARG002 - the front end's own signature
        """Yes; to a fault only when there was time to look, and to change what is empty."""
        self.asked += 1
        if what == "fault" and self.asked < PATIENCE:
            return None
        self.asked = 0
        return True

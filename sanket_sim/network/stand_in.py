"""Stand-in processing: what the card switch decides while it cannot reach the ledger."""

from __future__ import annotations

from sanket_sim.bank.description import Bank
from sanket_sim.core.outcomes import Decline
from sanket_sim.network.holds import Holds
from sanket_sim.network.ledger import DONE
from sanket_sim.network.recorder import Recorder
from sanket_sim.network.rows import Intent
from sanket_sim.network.rules import money


class StandIn:
    """Approves card payments up to a limit, in the place of the ledger.

    With the control, an approval is set aside in the balance file that the switch shares with the
    ledger, so the advice that follows finds its hold. Without it each approval is blind: whatever
    is within the limit is approved, and its advice is posted whether or not there are funds.

    Parameters
    ----------
    bank : Bank
    holds : Holds
    recorder : Recorder
    """

    def __init__(self, bank: Bank, holds: Holds, recorder: Recorder) -> None:
        self.bank = bank
        self.holds = holds
        self.recorder = recorder

    def decide(self, intent: Intent, service: int, now_ns: int) -> int:
        """Return the reason to decline, 0 for an approval."""
        reason = self._judge(intent, service, now_ns)
        intent.stood_in = intent.stood_in or reason == DONE
        verb = "approve" if reason == DONE else "decline"
        word = Decline(reason).name.lower() if reason else "within_limit"
        self.recorder.decision(now_ns, "stand_in", verb, "payment", word, intent.tx_id)
        return reason

    def _judge(self, intent: Intent, service: int, now_ns: int) -> int:
        if intent.hold_minor or intent.stood_in or intent.captured_minor:
            return DONE
        if intent.tombstone:
            return int(Decline.ALREADY_REVERSED)
        if intent.amount_minor > self.bank.stand_in_limit_minor:
            return int(Decline.STAND_IN_LIMIT)
        if not self.bank.controls.stand_in_limit:
            return DONE
        if not self.holds.ledger.store.covers(intent.debtor, intent.amount_minor):
            intent.verdict = money.verdict_after(intent.verdict, False)
            return int(Decline.EXCEEDS_CREDITS)
        return self.holds.hold(intent, service, now_ns)

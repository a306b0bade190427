"""What every part of the picture knows beforehand: the bank, the experiment, the words of codes."""

from __future__ import annotations

from dataclasses import dataclass

from sanket_sim.bank.description import Accounts, Bank
from sanket_sim.simulation.crew import Cockpit
from sanket_sim.simulation.experiment import Experiment
from sanket_sim.trace.batch import Columns
from sanket_sim.trace.vocabulary import Vocabularies


@dataclass(frozen=True, slots=True)
class Scene:
    """A bank and what is asked of it; nothing here changes while the run goes on.

    Parameters
    ----------
    experiment : Experiment
    bank : Bank
    words : Vocabularies
        Only grow.
    accounts : Accounts
    agents, faults : Columns
        Rows known before the first tick.
    """

    experiment: Experiment
    bank: Bank
    words: Vocabularies
    accounts: Accounts
    agents: Columns
    faults: Columns

    @classmethod
    def of(cls, cockpit: Cockpit) -> Scene:
        """Take the scene in from the cockpit."""
        return cls(
            experiment=cockpit.resolved.experiment,
            bank=cockpit.resolved.bank,
            words=cockpit.words,
            accounts=cockpit.accounts,
            agents=cockpit.agents,
            faults=cockpit.faults,
        )

    @property
    def service_names(self) -> list[str]:
        """Names of the services; a name's place is its code in the trace."""
        return [service.name for service in self.bank.services]

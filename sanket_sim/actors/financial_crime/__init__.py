"""The bank's financial crime unit: analysts with a queue, and monitoring when the day is closed.

Nouns: `CrimeUnit` (all of it), `ReviewQueue` (alerts that wait for an analyst), `Monitor` (who
looks for laundering in the day's payments). Neighbours: it sees what every bank sees of itself,
its own decisions and its posting log; it acts by blocking accounts. What an analyst finds out
about an account is the truth, as often as the settings say. This room must not know how payments
are carried.
"""

from sanket_sim.actors.financial_crime.settings import FinancialCrimeSettings

__all__ = ["FinancialCrimeSettings"]

"""The life of one payment, told from the trace: who did what when, what moved, and why it leaked.

Nouns: *story* (all there is to tell), *visit* (a hop, as its caller saw it too), *journal* (the
legs of one transfer), *moment* (one line of the time-line), *verdict* (how it ended and which hop
is to blame). All times are relative to the creation of the payment.
"""

from sanket_sim.analysis.story.choice import Specimen, instructive
from sanket_sim.analysis.story.nouns import (
    Flows,
    Journal,
    Leg,
    Linked,
    Moment,
    Party,
    Role,
    Ruling,
    SecondLeg,
    SetTrap,
    Story,
    Verdict,
    Visit,
    What,
)
from sanket_sim.analysis.story.telling import beginning_of, owners_of, rows_of, tell
from sanket_sim.analysis.story.verdict import MISREAD
from sanket_sim.analysis.story.wording import deed_of, legs_of, of_the_back_office

__all__ = [
    "MISREAD",
    "Flows",
    "Journal",
    "Leg",
    "Linked",
    "Moment",
    "Party",
    "Role",
    "Ruling",
    "SecondLeg",
    "SetTrap",
    "Specimen",
    "Story",
    "Verdict",
    "Visit",
    "What",
    "beginning_of",
    "deed_of",
    "instructive",
    "legs_of",
    "of_the_back_office",
    "owners_of",
    "rows_of",
    "tell",
]

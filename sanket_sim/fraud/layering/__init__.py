"""Layering: money is passed on until nobody can tell whose it was.

Neighbours: the actors below. `webs` says who passes money on to whom, `relay` how it is passed on
once it has arrived, `campaign` what launderers do with both, `twins` what honest people do.
"""

from sanket_sim.fraud.layering.campaign import Launderer, Layering

__all__ = ["Launderer", "Layering"]

"""What the network's behaviour *means*, as small pure scalar functions.

Numbers and codes in, numbers and codes out; no state, no allocation: the subset that numba
compiles. Every engine calls these functions; engines themselves only queue and keep time.
"""

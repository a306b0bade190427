"""The ground that every room stands on: units, keyed draws, outcomes, settings, errors.

Nouns: *draw* (a random number named by what it is for), *outcome* and its kin (`outcomes`: codes
in the engines, words in the trace), *duration* and *rate* (`units`), *settings* (a strict table of
TOML), *problem* (one thing wrong with the input), *registry* (the door through which parts enter).

Neighbours: every other room imports this one. It must not know any of them, nor what a bank is;
the clock on the wall is read here (`clock`) and nowhere else.
"""

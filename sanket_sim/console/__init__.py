"""What the command line says and understands: arguments in; progress, tables and summaries out.

Nouns: *arguments* (what was asked), *command* (one function `perform_NAME`), *face* (how progress
shows), *summary*, *explanation*.

Neighbours: `simulation` and `analysis` below, of whose logic it holds none; `__main__` above. It
must not know how a figure comes about, and decides nothing but how to say it. Heavy libraries are
imported where they are used, so that `--help` answers at once.
"""

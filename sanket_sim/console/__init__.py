"""What the command line says and understands: arguments in; progress, tables and summaries out.

Sits on top of `simulation` and `analysis` and holds no logic of theirs. Heavy libraries are
imported where they are used, so that `--help` answers at once.
"""

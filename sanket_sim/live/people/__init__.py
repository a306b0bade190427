"""People: the fraud desk, campaigns and their money, and the crowd they stand in.

Neighbours: `live.frames`, the truth and assessments of the trace, `analysis` of fraud. This room
must not know how anything is drawn.
"""

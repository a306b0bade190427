"""Watches: each looks out for one kind of trouble, and tells the book of alarms.

A watch says how things stand as often as it likes; the book sees to it that one trouble is one
alert. Thresholds are constants of the module, with their source or the word "chosen".

Neighbours: `live.meters.instruments` and the other parts of the picture, which count;
`live.watches.alarm_book`.
Watches must not change what they look at.
"""

"""The answer to a question about something that is not there."""


class Missing(Exception):  # noqa: N818  # an answer, not a mishap
    """There is no such thing."""

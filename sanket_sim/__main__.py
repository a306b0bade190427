"""The command line: `python -m sanket_sim EXPERIMENT.toml`, installed as `sanket-sim`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sanket_sim.console.arguments import Arguments, read
from sanket_sim.core.errors import SanketError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line asks and return the exit status that page 5 promises.

    Parameters
    ----------
    argv : sequence of str, optional
        Without the program's name; None takes the process's own.

    Returns
    -------
    int
        0 done, 1 internal error, 2 bad input, 3 a conservation law failed, 4 the steady state
        deviated, 130 interrupted.
    """
    arguments = read(sys.argv[1:] if argv is None else argv)
    try:
        return _perform(arguments)
    except SanketError as error:
        _say(f"sanket-sim: {error}")
        return error.exit_status
    except KeyboardInterrupt:
        _say("sanket-sim: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        return _leave_the_pipe()
    except OSError as error:
        return _blame_the_system(error)


def _perform(arguments: Arguments) -> int:
    from sanket_sim.console.commands import perform  # noqa: PLC0415  # --help must not wait

    return perform(arguments)


def _say(message: str) -> None:
    sys.stderr.write(message + "\n")


def _leave_the_pipe() -> int:
    """Whoever read our output has left; the interpreter must not complain while it closes."""
    sys.stderr.close()
    return 0


def _blame_the_system(error: OSError) -> int:
    """Say what the system refused; if that was our own output, what is left of it goes nowhere."""
    _say(f"sanket-sim: {error.filename or 'output'}: {error.strerror or error}")
    if error.filename is None:
        sys.stdout = None  # the interpreter then leaves it unflushed
    return SanketError.exit_status


if __name__ == "__main__":
    sys.exit(main())

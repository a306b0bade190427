"""Words behind the codes of a run."""

from __future__ import annotations

from collections.abc import Iterable

from sanket_sim.trace.schema import FIXED_VOCABULARIES


class Vocabulary:
    """An append-only list of words; a word's place is its code.

    Examples
    --------
    >>> kinds = Vocabulary(["transfer"])
    >>> kinds.code("login"), kinds.code("transfer"), kinds.words
    (1, 0, ['transfer', 'login'])
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = list(words)
        self._codes = {word: code for code, word in enumerate(self.words)}

    def code(self, word: str) -> int:
        """Return the code of `word`, adding it when it is new."""
        code = self._codes.get(word)
        if code is None:
            code = self._codes[word] = len(self.words)
            self.words.append(word)
        return code


class Vocabularies(dict[str, Vocabulary]):
    """All vocabularies of a run by name (`Column.vocabulary`); made on first use.

    Examples
    --------
    >>> words = Vocabularies()
    >>> words["outcome"].words[0], words["kind"].words
    ('OK', [])
    """

    def __init__(self) -> None:
        super().__init__({name: Vocabulary(words) for name, words in FIXED_VOCABULARIES.items()})

    def __missing__(self, name: str) -> Vocabulary:
        self[name] = Vocabulary()
        return self[name]

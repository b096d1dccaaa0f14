"""Token healing: the text before a cursor rarely ends where a token ends.

"return os." was learned as "return", " os", "."; but with the cursor after "return " the tokens are "return", " ",
and what follows a lone " " was hardly ever seen. So the last token before the cursor is taken back, and the answer is
made to begin with its bytes: the model chooses among the tokens that agree with them.
"""

from bisect import bisect_left

import numpy as np
import numpy.typing as npt


class PieceIndex:
    """The tokens of a vocabulary, by the bytes they stand for."""

    def __init__(self, pieces: list[bytes]) -> None:
        written = sorted((piece, token) for token, piece in enumerate(pieces) if piece)
        self._pieces = [piece for piece, _ in written]
        self._tokens = np.array([token for _, token in written], np.int32)
        self._token_of = dict(written)
        self._single_bytes = frozenset(piece[0] for piece in self._pieces if len(piece) == 1)
        self._after_all = b"\xff" * (1 + max(map(len, self._pieces)))

    def agreeing(self, required: bytes) -> npt.NDArray[np.int32]:
        """(n,) int32: tokens that begin with `required`, and tokens that `required` begins with.

        The latter only where what then remains can be spelt: some vocabularies lack single bytes.
        """
        start, end = bisect_left(self._pieces, required), bisect_left(self._pieces, required + self._after_all)
        lengths = range(1, len(required)) if self._single_bytes.issuperset(required) else ()
        shorter = [self._token_of[required[:length]] for length in lengths if required[:length] in self._token_of]
        return np.concatenate([self._tokens[start:end], np.array(shorter, np.int32)])


class Healer:
    """Chooses tokens until they have spelt `required`."""

    def __init__(self, index: PieceIndex, pieces: list[bytes], required: bytes) -> None:
        self._index = index
        self._pieces = pieces
        self.required = required
        """What is still to be spelt; empty when the text is free again."""

    def choose(self, logits: npt.NDArray[np.float32]) -> int:
        """The likeliest token that agrees with what is required.

        Args:
            logits: (vocabulary,) float32.
        """
        agreeing = self._index.agreeing(self.required)
        token = int(agreeing[np.argmax(logits[agreeing])])
        self.required = self.required[len(self._pieces[token]) :]
        return token

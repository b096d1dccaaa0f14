"""The prefix store against a naive model: every history of requests, whatever is evicted, shared, cut or parked."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from assistant.runtime.parking import Parking
from assistant.runtime.prefix_store import PrefixStore
from assistant.runtime.prefix_tree import Sequence
from assistant.runtime.row import Row
from tests.fake_backend import FakeBackend

NUM_CELLS = 1200
MAX_BYTES = 4 * 2000
"""Of the parking; the fake's states take four bytes a token."""

prompts = st.builds(
    lambda names, length: [100 * name + i for name in names for i in range(70)][:length],
    st.lists(st.integers(0, 2), min_size=8, max_size=8),
    st.integers(1, 20) | st.integers(300, 560),
)
"""Token lists that often begin alike, and part anywhere."""


def num_common(left: list[int], right: list[int]) -> int:
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


class PrefixStoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.backend = FakeBackend(num_cells=NUM_CELLS)
        parking = Parking(MAX_BYTES)
        self.store = PrefixStore(self.backend, num_sequences=4, num_cells=NUM_CELLS, parking=parking)
        self.prompts: dict[Sequence, list[int]] = {}
        """What the busy sequences were taken for."""
        self.expected: dict[Sequence, list[int]] = {}
        """What they must hold."""

    def idle(self) -> list[Sequence]:
        """The oldest first."""
        idle = [sequence for sequence in self.store.sequences if sequence not in self.prompts]
        return sorted(idle, key=lambda sequence: sequence.last_used)

    def compute(self, sequence: Sequence, ids: list[int]) -> None:
        row = Row(sequence.index, len(sequence.tokens), ids, 1)
        if self.backend.decode([row]) != 0:
            if not self.store.make_room(len(ids)):
                return
            assert self.backend.decode([row]) == 0
        self.store.extend(sequence, ids)
        self.expected[sequence] += ids

    @rule(prompt=prompts, weights=st.sampled_from(["base", "tuned"]), owner=st.sampled_from([None, "a.py"]))
    def acquire(self, prompt, weights, owner) -> None:
        """Whatever is resident of the prompt is reused, all of it, but for the last token."""
        holders = [sequence for sequence in self.store.sequences if sequence.weights == weights]
        num_resident = max((num_common(prompt[:-1], sequence.tokens) for sequence in holders), default=0)
        num_parked = self.store.num_parked

        sequence = self.store.acquire(prompt, weights, owner)

        if sequence is None:
            assert len(self.prompts) == 4
            return
        assert sequence not in self.prompts
        assert sequence.is_busy
        assert sequence.weights == weights
        assert sequence.tokens == prompt[: len(sequence.tokens)]
        assert num_resident <= len(sequence.tokens) < len(prompt)
        assert num_parked or len(sequence.tokens) == num_resident
        self.prompts[sequence], self.expected[sequence] = prompt, list(sequence.tokens)
        self.assert_merged()

    @rule(prompt=prompts, weights=st.sampled_from(["base", "tuned"]))
    def ask(self, prompt, weights) -> None:
        """A whole request at once."""
        self.acquire(prompt, weights, None)
        sequence = max(self.store.sequences, key=lambda sequence: sequence.last_used)
        if self.prompts.get(sequence) is prompt:
            self.compute(sequence, prompt[len(sequence.tokens) :])
            self.end(sequence, has_failed=False)

    @precondition(lambda self: self.prompts)
    @rule(data=st.data(), length=st.integers(1, 300))
    def prefill(self, data, length) -> None:
        sequence = data.draw(st.sampled_from(list(self.prompts)))
        ids = self.prompts[sequence][len(sequence.tokens) :][:length]
        if ids:
            self.compute(sequence, ids)

    @precondition(lambda self: self.prompts)
    @rule(data=st.data(), ids=st.lists(st.integers(0, 3), min_size=1, max_size=5))
    def generate(self, data, ids) -> None:
        sequence = data.draw(st.sampled_from(list(self.prompts)))
        self.compute(sequence, ids)

    @precondition(lambda self: self.prompts)
    @rule(data=st.data())
    def catch_up(self, data) -> None:
        """As far as anybody has computed the prompt."""
        waiting = [s for s, prompt in self.prompts.items() if s.tokens == prompt[: len(s.tokens)] != prompt]
        if not waiting:
            return
        sequence = data.draw(st.sampled_from(waiting))
        prompt = self.prompts[sequence]
        others = [other for other in self.store.sequences if other.weights == sequence.weights]
        num_resident = max(num_common(prompt[:-1], other.tokens) for other in others)

        num_held = self.store.catch_up(sequence, prompt)

        assert num_held == len(sequence.tokens) == num_resident
        self.expected[sequence] = prompt[:num_held]
        self.assert_merged()

    @precondition(lambda self: self.prompts)
    @rule(data=st.data(), num_cut=st.integers(0, 200), num_aborted=st.integers(0, 3))
    def cut(self, data, num_cut, num_aborted) -> None:
        """Tokens of a rejected draft, and of a decode that nobody heard of."""
        sequence = data.draw(st.sampled_from(list(self.prompts)))
        length = max(0, len(sequence.tokens) - num_cut)
        self.backend.decode([Row(sequence.index, len(sequence.tokens), [3] * num_aborted, 0)])

        self.store.cut(sequence, length)

        self.expected[sequence] = self.expected[sequence][:length]

    @precondition(lambda self: self.prompts)
    @rule(data=st.data(), has_failed=st.booleans())
    def end_one(self, data, has_failed) -> None:
        self.end(data.draw(st.sampled_from(list(self.prompts))), has_failed)

    def end(self, sequence, has_failed) -> None:
        tokens = list(sequence.tokens)

        (self.store.forget if has_failed else self.store.release)(sequence)

        del self.prompts[sequence], self.expected[sequence]
        assert sequence.tokens == ([] if has_failed else tokens)

    @rule(num_cells=st.integers(0, NUM_CELLS))
    def make_room(self, num_cells) -> None:
        """Only what is idle leaves, the oldest first, and nothing when that would not be enough."""
        before = {sequence: list(sequence.tokens) for sequence in self.idle()}

        is_made = self.store.make_room(num_cells)

        kept = [sequence.tokens for sequence in self.idle() if before[sequence]]
        whole = [tokens for tokens in before.values() if tokens]
        num_lost = sum(tokens != all_tokens for tokens, all_tokens in zip(kept, whole, strict=True))
        assert kept[num_lost:] == whole[num_lost:]
        assert not any(kept[: max(0, num_lost - 1)])
        assert is_made == (self.num_busy_cells() + num_cells <= NUM_CELLS)
        assert self.backend.num_used_cells + num_cells <= NUM_CELLS if is_made else not num_lost

    def num_busy_cells(self) -> int:
        return len({id(cell) for sequence in self.prompts for cell in self.backend.cells.get(sequence.index, [])})

    def assert_merged(self) -> None:
        """Equal beginnings are the same cells, and only those."""
        names: dict[tuple[object, object, int], object] = {}
        for sequence in self.store.sequences:
            before: object = sequence.weights
            for token, cell in zip(sequence.tokens, self.backend.cells.get(sequence.index, []), strict=True):
                before = names.setdefault((sequence.weights, before, token), cell)
                assert before is cell

    @invariant()
    def the_cache_holds_what_the_sequences_claim(self) -> None:
        for sequence in self.store.sequences:
            assert sequence.tokens == self.backend.cache.get(sequence.index, [])
            assert sequence.is_busy == (sequence in self.prompts)
        assert self.store.num_used_cells == self.backend.num_used_cells <= NUM_CELLS

    @invariant()
    def busy_sequences_are_as_their_jobs_left_them(self) -> None:
        assert all(sequence.tokens == tokens for sequence, tokens in self.expected.items())

    @invariant()
    def the_parking_is_bounded(self) -> None:
        assert self.store.parked_bytes <= MAX_BYTES

    def teardown(self) -> None:
        for sequence in self.store.sequences:
            self.store.forget(sequence)
        assert self.backend.num_used_cells == self.store.num_used_cells == 0


TestPrefixStore = PrefixStoreMachine.TestCase
TestPrefixStore.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

"""The radix tree: equal beginnings once, and no trace of what has left."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.runtime.prefix_tree import PrefixTree, Sequence, common_prefix

ids = st.lists(st.integers(0, 1), max_size=300)


@given(common=ids, left=ids, right=ids, start=st.integers(0, 300))
def test_common_prefix_is_where_two_lists_part(common, left, right, start) -> None:
    """Against the plain loop; what lies before `start` is taken for equal, `stop` is never passed."""
    left, right = common + left, common + right
    stop = min(len(left), len(right))
    start = min(start, len(common))
    expected = start
    while expected < stop and left[expected] == right[expected]:
        expected += 1

    assert common_prefix(left, right, start, stop) == expected
    assert common_prefix(left, right, start, min(stop, start + 100)) == min(expected, start + 100)


def test_an_edge_is_split_where_tokens_part_and_joined_when_one_side_leaves() -> None:
    """A long conversation does not fall to pieces by all that once branched off it."""
    tree = PrefixTree()
    chat = Sequence(0, list(range(100)))
    tree.insert(chat)

    for position in range(1, 100):
        branch = Sequence(1, [*range(position), -1])
        assert tree.insert(branch) == [(chat, 0, position)]
        assert (tree.num_own(branch), tree.num_own(chat)) == (1, 100 - position)
        tree.remove(branch, 0)

    assert [(node.start, node.stop) for node in tree.nodes()] == [(0, 0), (0, 100)]


def test_a_set_of_weights_that_nobody_uses_leaves_no_root() -> None:
    """Adapters come and go."""
    tree = PrefixTree()
    sequence = Sequence(0, [1, 2, 3], weights=("tuned",))
    tree.insert(sequence)

    tree.remove(sequence, 0)

    assert list(tree.nodes()) == []

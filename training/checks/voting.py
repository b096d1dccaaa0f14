"""Agreement: a result that many independent answers give is believed, unless a teacher's answer says otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.execution.values import is_comparable, same
from training.rows import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter:
    """What one program returned for each input; None where it raised."""

    role: Role
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """A result that is believed."""

    number: int
    """Of the input."""
    expected: str
    votes: int
    voters: int


def believed(voters: Sequence[Voter], *, min_votes: int) -> list[Belief]:
    """For each input the result that at least `min_votes`, and more than half of the voters, agree on.

    Voters are distinct programs (copies of one mistake would otherwise agree with one another) that return something
    for some input. A teacher that returns something else vetoes; one that raises is silent.

    Source: the agreement of CodeT (arXiv:2207.10397), here on results instead of on tests.
    """
    voters = [each for each in voters if any(value is not None for value in each.values)]
    num_inputs = len(voters[0].values) if voters else 0
    beliefs = (_belief(number, voters, min_votes) for number in range(num_inputs))
    return [each for each in beliefs if each]


def _belief(number: int, voters: Sequence[Voter], min_votes: int) -> Belief | None:
    cast = [(voter.role, voter.values[number]) for voter in voters]
    values = [value for _, value in cast if value is not None]
    counted = sorted({(-sum(same(each, value) for each in values), value) for value in values})
    if not counted:
        return None
    votes, expected = -counted[0][0], counted[0][1]
    vetoed = any(role == "teacher" and value is not None and not same(value, expected) for role, value in cast)
    belief = Belief(number=number, expected=expected, votes=votes, voters=len(voters))
    enough = votes >= min_votes and 2 * votes > len(voters)
    return belief if enough and not vetoed and is_comparable(expected) else None

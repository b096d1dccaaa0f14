"""What is shown: the best of each source, nothing twice, nothing that is at the cursor anyway, in a firm order."""

from collections.abc import Sequence

from lsp.context.choose import choose, settle
from lsp.context.excerpt import Excerpt

SHARES = {"symbols": 0.5, "recent": 0.5}


def excerpt(word: str, num_lines: int = 4, path: str = "") -> Excerpt:
    """A piece of a file of that name, whose words are its own."""
    text = "".join(f"{word}_{number} = {word}_{number + 1}\n" for number in range(num_lines))
    return Excerpt(path=path or f"{word}.py", text=text, reason="", first_line=0)


def nowhere(_num_lines: int) -> str:
    """Text around a cursor in an empty file."""
    return ""


def paths(excerpts: Sequence[Excerpt]) -> list[str]:
    """Where they come from."""
    return [each.path for each in excerpts]


def test_sources_take_turns() -> None:
    """Where the engine has room for two, it has the best of each."""
    found = {"symbols": [excerpt("a"), excerpt("b")], "recent": [excerpt("c"), excerpt("d")]}

    assert paths(choose(found, SHARES, nowhere, num_chars=6000)) == ["a.py", "c.py", "b.py", "d.py"]


def test_each_source_has_its_share_and_what_one_leaves_goes_to_the_others() -> None:
    """A source that finds much does not push the others out, and nothing is left unused."""
    many = [excerpt(f"a{number}") for number in range(20)]
    budget = 8 * len(many[0].text)

    shared = choose(
        {"symbols": many, "recent": [excerpt(f"b{n}") for n in range(20)]}, SHARES, nowhere, num_chars=budget
    )
    alone = choose({"symbols": many, "recent": []}, SHARES, nowhere, num_chars=budget)

    assert sum(path.startswith("b") for path in paths(shared)) in (3, 4)
    assert len(alone) >= 7
    assert sum(len(each.text) for each in (*shared,)) <= budget


def test_what_is_like_the_text_around_the_cursor_is_left_out() -> None:
    """The model would repeat it."""
    echo = excerpt("a")

    chosen = choose({"symbols": [echo, excerpt("b")]}, SHARES, lambda _: echo.text, num_chars=6000)

    assert paths(chosen) == ["b.py"]


def test_nothing_is_shown_twice() -> None:
    """Neither a copy in another file, nor much of the same file again."""
    first = excerpt("a", 10)
    found = {"symbols": [first], "recent": [excerpt("a", 10, path="copy.py"), excerpt("a", 9), excerpt("b")]}

    assert paths(choose(found, SHARES, nowhere, num_chars=6000)) == ["a.py", "b.py"]


def test_new_excerpts_come_last_and_nothing_moves() -> None:
    """What begins alike is computed already."""
    a, b, c = map(excerpt, "abc")

    assert settle([a, b], [c, b], nowhere, num_chars=6000) == (a, b, c)


def test_what_is_still_wanted_stays_where_it_is() -> None:
    """Also in another order, or fewer: then nothing changes."""
    a, b = map(excerpt, "ab")

    assert settle([a, b], [b, a], nowhere, num_chars=6000) == (a, b)
    assert settle([a, b], [b], nowhere, num_chars=6000) == (a, b)


def test_a_full_budget_drops_what_is_not_wanted_any_more() -> None:
    """The rest keeps its order."""
    a, b, c = map(excerpt, "abc")

    assert settle([a, b], [c, b], nowhere, num_chars=2 * len(a.text)) == (b, c)


def test_a_newer_state_of_a_range_takes_its_place() -> None:
    """The same range of a file is not there as it was and as it is."""
    before, after = excerpt("a", 10), excerpt("a", 7)

    assert settle([before, excerpt("b")], [after], nowhere, num_chars=6000) == (excerpt("b"), after)


def test_what_was_typed_meanwhile_is_not_shown_any_more() -> None:
    """The cursor has come to where the excerpt is from."""
    a, b = map(excerpt, "ab")

    assert settle([a, b], [], lambda _: a.text, num_chars=6000) == (b,)

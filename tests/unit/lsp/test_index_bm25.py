"""The index ranks as the formula of BM25 does, whatever was put in, changed and taken out before."""

import math
import threading
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp.context.index import Index
from lsp.context.terms import pieces, terms_of

_WORDS = ["alpha", "beta", "gammaDelta", "delta", "epsilon_zeta", "eta", "theta", "iota", "kappa_alpha", "return"]
_TEXTS = st.lists(st.lists(st.sampled_from(_WORDS), max_size=4).map(" ".join), max_size=70).map("\n".join)
_CHANGES = st.lists(st.tuples(st.sampled_from([f"f{n}.py" for n in range(12)]), st.none() | _TEXTS), max_size=40)


def naive_ranking(texts: dict[str, str], query: str, exclude: str) -> dict[str, float]:
    """The best piece of each file by the formula, word by word: k1 1.2, b 0.75."""
    documents: list[tuple[str, Counter[int]]] = []
    for path, text in texts.items():
        lines = text.split("\n")
        documents += [(path, terms_of("\n".join(lines[first:end]))) for first, end in pieces(lines)]
    mean = sum(counts.total() for _, counts in documents) / max(1, len(documents))
    best: dict[str, float] = {}
    for path, counts in documents:
        score = 0.0
        for term in terms_of(query):
            df = sum(term in other for _, other in documents)
            idf = math.log(1 + (len(documents) - df + 0.5) / (df + 0.5))
            if counts[term]:
                score += idf * counts[term] * 2.2 / (counts[term] + 1.2 * (1 - 0.75 + 0.75 * counts.total() / mean))
        if score > 0 and path != exclude:
            best[path] = max(score, best.get(path, 0.0))
    return best


def found_scores(index: Index, query: str, exclude: str = "", limit: int = 20) -> dict[str, float]:
    """What the index says."""
    found = index.search(query, exclude=exclude, limit=limit)
    return {excerpt.path: float(excerpt.reason.removeprefix("similar: bm25 ")) for excerpt in found}


@given(_CHANGES, st.lists(st.sampled_from(_WORDS), min_size=1).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_scores_are_those_of_the_formula_after_any_changes(changes: list[tuple[str, str | None]], query: str) -> None:
    """Files come, change and go; nothing of what they were counts."""
    index, texts = Index(), dict[str, str]()

    for path, text in changes:
        if text is None:
            index.remove(path)
            texts.pop(path, None)
        else:
            index.update(path, text)
            texts[path] = text
    found = found_scores(index, query, exclude="f0.py")

    expected = naive_ranking(texts, query, exclude="f0.py")
    assert found == pytest.approx(expected, abs=0.0501)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert len(index) == len(texts)


def test_many_files_are_as_few_and_the_formula_holds() -> None:
    """Small parts of the index are merged into larger ones, and it finds the same."""
    texts = {f"{n}.py": f"common word{n % 7}\nunique{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(600)}
    index = Index()
    for path, text in texts.items():
        index.update(path, text)

    found = index.search("uniquecd", limit=3)

    assert [excerpt.path for excerpt in found] == ["80.py"]
    assert found_scores(index, "word3 common", limit=600) == pytest.approx(
        naive_ranking(texts, "word3 common", ""), abs=0.0501
    )


def test_an_excerpt_is_the_lines_of_the_file_and_says_where() -> None:
    """Line breaks of every kind are lines; blank ones at the end of the piece are not shown."""
    index = Index()
    filler = "\r\n".join(f"filler_{n:x}" for n in range(30))
    index.update("src/a.py", filler + "\r\n\r\ndef needle(haystack):\r    return 1\n\n\n")

    (found,) = index.search("needle")

    assert (found.path, found.first_line) == ("src/a.py", 31)
    assert found.text == "def needle(haystack):\n    return 1"
    assert found.reason.startswith("similar: bm25 ")


def test_a_file_gives_one_piece_and_the_edited_one_none() -> None:
    """Different files tell more than one file twice."""
    index = Index()
    for path in ("a.py", "b.py", "c.py"):
        index.update(path, "\n".join(["needle", *["filler"] * 23, ""] * 5))

    found = index.search("needle", exclude="b.py", limit=4)

    assert sorted(excerpt.path for excerpt in found) == ["a.py", "c.py"]


def test_what_scores_too_little_is_left_out() -> None:
    """The threshold is a score."""
    index = Index()
    index.update("a.py", "needle")
    index.update("b.py", "haystack")

    assert len(index.search("needle", min_score=0.5)) == 1
    assert index.search("needle", min_score=5.0) == []


@pytest.mark.parametrize("query", ["", "def return", "nowhere_to_be_found", "\ud800", "x" * 100_000])
def test_a_query_that_says_nothing_finds_nothing(query: str) -> None:
    """Keywords alone, unknown words, wild text; and an empty index."""
    index = Index()

    assert index.search(query) == []
    index.update("a.py", "needle")
    assert index.search(query) == []


@given(st.lists(st.text(), max_size=5))
@settings(deadline=None)
def test_no_text_raises_and_every_file_can_leave(texts: list[str]) -> None:
    """Wild texts go in and out, and leave no memory behind."""
    index = Index()

    for n, text in enumerate(texts):
        index.update(str(n), text)
        index.search(text)
    for n in range(len(texts)):
        index.remove(str(n))

    assert (len(index), index.n_bytes) == (0, 0)


def test_the_memory_is_bounded_and_the_oldest_files_leave_first() -> None:
    """An old file does not push out a newer one."""
    index = Index(limit_bytes=100_000)
    text = "\n".join(f"some_words_{n:x} and others{n % 50}" for n in range(200))

    fitted = [index.update(f"{n}.py", text, modified=float(n)) for n in range(100)]

    assert index.n_bytes <= 100_000
    assert all(fitted)
    kept = [n for n in range(100) if f"{n}.py" in index]
    assert kept == list(range(100 - len(kept), 100))
    assert 5 < len(kept) < 100
    older = [index.update(f"old{n}.py", text, modified=-1.0) for n in range(100)]
    assert not all(older)
    assert f"old{older.index(False)}.py" not in index
    assert "99.py" in index


def test_changing_a_file_again_and_again_takes_no_more_memory() -> None:
    """What is struck out is dropped in time."""
    index = Index()
    for n in range(300):
        index.update("a.py", f"needle number_{n:x}\n" * 100)
        index.update(f"{n % 30}.py", f"other things_{n:x}\n" * 100)

    assert len(index) == 31
    assert index.n_bytes < 31 * 3_000


def test_a_search_may_run_while_another_thread_writes() -> None:
    """It finds what was there before or after, and never something torn."""
    index = Index()
    index.update("steady.py", "needle in_a haystack")
    is_done = threading.Event()

    def write() -> None:
        for n in range(400):
            index.update(f"{n % 40}.py", f"needle filler_{n:x}\n" * 30)
            if n % 3 == 0:
                index.remove(f"{n % 17}.py")
        is_done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not is_done.is_set():
        found = index.search("haystack needle", limit=50)
        assert "steady.py" in {excerpt.path for excerpt in found}
        assert all("needle" in excerpt.text for excerpt in found)
    writer.join()

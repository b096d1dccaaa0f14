"""From an answer to hunks, and from hunks to a file."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.edits import propose
from assistant.edits.proposal import differences
from assistant.workspace import Text, Workspace

FILE = "def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a - b\n"


@pytest.fixture
def workspace(tmp_path):
    """A project with one file."""
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / "src" / "calc.py").write_text(FILE)
    with Workspace(root, tmp_path / "undo.db") as opened:
        yield opened


def result(workspace, answer: str, path: str | None = None) -> dict[str, str]:
    """What the files would hold with all hunks taken."""
    proposals, refusals = propose(answer, workspace, path)
    assert not refusals
    taken = {each.base.path: each.edit(range(len(each.hunks))) for each in proposals}
    return {name: edit.content.decode() for name, edit in taken.items()}


FIXED = FILE.replace("a - b", "a + b", 1)
BLOCK = "```python{info}\n{first}" + FIXED + "```\n"


@pytest.mark.parametrize(
    "answer",
    [
        "Here:\n\n" + BLOCK.format(info=" src/calc.py", first=""),
        BLOCK.format(info=":src/calc.py", first=""),
        BLOCK.format(info=' title="src/calc.py"', first=""),
        "**src/calc.py**\n\n" + BLOCK.format(info="", first=""),
        "### `src/calc.py`\n" + BLOCK.format(info="", first=""),
        "File: src/calc.py\n" + BLOCK.format(info="", first=""),
        "Change `src/calc.py` as follows:\n\n" + BLOCK.format(info="", first=""),
        BLOCK.format(info="", first="# src/calc.py\n"),
        BLOCK.format(info="", first="# file: src/calc.py\n"),
    ],
)
def test_a_block_that_names_its_file_becomes_its_text(workspace, answer) -> None:
    """However models say it; the comment that names the file is not part of it."""
    assert result(workspace, answer) == {"src/calc.py": FIXED}


def test_code_without_a_path_is_only_to_be_read(workspace) -> None:
    """It proposes nothing, and is no mistake; the user may say where it belongs."""
    answer = "Like this:\n\n```python\nx = 1\n```\n"

    assert propose(answer, workspace) == ([], [])
    assert result(workspace, answer, "src/new.py") == {"src/new.py": "x = 1\n"}


SEARCH = "<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


@pytest.mark.parametrize(
    "frame",
    [
        "src/calc.py\n```python\n{}```\n",
        "```python\nsrc/calc.py\n{}```\n",
        "src/calc.py\n{}",
        "```src/calc.py\n{}```\n",
    ],
)
def test_search_and_replace_changes_the_lines_it_quotes(workspace, frame) -> None:
    """In a fence or not, with the path above the fence, in it, or on it."""
    block = SEARCH.format(old="def add(a, b):\n    return a - b", new="def add(a, b):\n    return a + b")

    assert result(workspace, frame.format(block)) == {"src/calc.py": FIXED}


def test_blocks_after_the_first_are_about_the_same_file(workspace) -> None:
    """Until another is named; each sees what those before it did."""
    first = SEARCH.format(old="def add(a, b):", new="def plus(a, b):")
    second = SEARCH.format(old="def plus(a, b):\n    return a - b", new="def plus(a, b):\n    return a + b")

    found = result(workspace, f"src/calc.py\n{first}\nand\n\n{second}")

    assert found == {"src/calc.py": FIXED.replace("add", "plus")}


def test_lines_that_stand_twice_are_not_guessed_at(workspace) -> None:
    """Said, with where; nothing is proposed."""
    block = SEARCH.format(old="    return a - b", new="    return a + b")

    proposals, [refusal] = propose(f"src/calc.py\n{block}", workspace)

    assert not proposals
    assert "2 places: lines 2, 6" in refusal.why


def test_other_indentation_is_put_right(workspace) -> None:
    """A model that quotes a method from the left edge gets it back where the file has it."""
    workspace_file = workspace.root / "src" / "c.py"
    workspace_file.write_text("class C:\n    def f(self):\n        return 1\n")
    block = SEARCH.format(old="def f(self):\n    return 1", new="def f(self):\n    if self:\n        return 2")

    assert result(workspace, f"src/c.py\n{block}") == {
        "src/c.py": "class C:\n    def f(self):\n        if self:\n            return 2\n"
    }


def test_lines_that_are_only_alike_are_found_and_said(workspace) -> None:
    """A word is other than in the file: shown as what it is."""
    block = SEARCH.format(old="def add(a, c):\n    return a - b", new="def add(a, b):\n    return a + b")

    [proposal], _ = propose(f"src/calc.py\n{block}", workspace)

    assert "lines 1-2 are 9" in proposal.notes[0]
    assert proposal.edit({0}).content.decode() == FIXED


def test_lines_that_are_not_there_are_refused(workspace) -> None:
    """With how near the nearest come."""
    block = SEARCH.format(old="import os\nimport re", new="import sys")

    _, [refusal] = propose(f"src/calc.py\n{block}", workspace)

    assert "% alike" in refusal.why


def test_a_unified_diff_is_read_without_trust_in_its_numbers(workspace) -> None:
    """The line numbers are wrong; of two places that fit the nearer one is meant."""
    diff = "```diff\n--- a/src/calc.py\n+++ b/src/calc.py\n@@ -7,3 +7,3 @@\n-    return a - b\n+    return b - a\n```\n"

    assert result(workspace, diff) == {"src/calc.py": "b - a".join(FILE.rsplit("a - b", 1))}


def test_a_unified_diff_can_make_a_file_and_delete_none(workspace) -> None:
    """Deleting is left to people."""
    made = "```diff\n--- /dev/null\n+++ b/src/new.py\n@@ -0,0 +1,2 @@\n+x = 1\n+y = 2\n```\n"
    deleted = "```diff\n--- a/src/calc.py\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-def add(a, b):\n```\n"

    assert result(workspace, made) == {"src/new.py": "x = 1\ny = 2\n"}
    assert "deletes" in propose(deleted, workspace)[1][0].why


def test_a_block_that_leaves_parts_out_is_no_file(workspace) -> None:
    """Else the rest of the file would be gone."""
    answer = "```python src/calc.py\ndef add(a, b):\n    return a + b\n\n# ... rest of the code unchanged ...\n```\n"

    proposals, [refusal] = propose(answer, workspace)

    assert not proposals
    assert "leaves parts" in refusal.why


@pytest.mark.parametrize(
    "answer",
    [
        "```python ../../etc/x.py\nx\n```",
        "src/calc.py\n<<<<<<< SEARCH\ndef add(a, b):\n",
        "```python /etc/x.py\nx\n```",
    ],
)
def test_what_cannot_be_used_says_why(workspace, answer) -> None:
    """Outside of the project, or cut off in the middle."""
    proposals, refusals = propose(answer, workspace)

    assert not proposals
    assert len(refusals) == 1


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("if level != 'user\u202e \u2066# admin\u2069 \u2066':", "U+202E"),
        ("раypal = 1", "reads as paypal"),
        ("x\u200b = 1", "U+200B"),
        ("print('\x1b[31m')", "U+001B"),
    ],
)
def test_what_nobody_sees_is_marked(workspace, line, mark) -> None:
    """Bidirectional controls, lookalikes, characters without width, escapes: on the hunk that brings them."""
    block = SEARCH.format(old="def sub(a, b):", new=f"{line}\ndef sub(a, b):")

    [proposal], _ = propose(f"src/calc.py\n{block}", workspace)

    assert any(mark in each for each in proposal.hunks[0].marks)


def test_hunks_are_taken_one_by_one(workspace) -> None:
    """Two changes; a yes to the second only."""
    answer = "```python src/calc.py\n" + FILE.replace("add", "plus").replace("sub", "minus") + "```\n"

    [proposal], _ = propose(answer, workspace)

    assert len(proposal.hunks) == 2
    assert proposal.edit({1}).content.decode() == FILE.replace("sub", "minus")


LINES = st.lists(st.sampled_from(["a", "b", "    c", "", "d = 1", "}"]), max_size=12)


@given(old=LINES, new=LINES, end=st.sampled_from(["\n", "\r\n"]), has_last_end=st.booleans())
def test_all_hunks_together_are_the_new_text(old, new, end, has_last_end) -> None:
    """And none of them is the old one."""
    content = (end.join(old) + (end if has_last_end and old else "")).encode()
    text = Text.of(content, "a")
    changes = differences(text.lines, new)

    changed = text.changed(changes, "a")

    assert list(changed.lines) == new
    assert text.changed([], "a").content("a") == content
    assert {end for end in changed.ends if end} <= {end, "\n"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    lines=st.lists(st.sampled_from(["x = 1", "", "def f():", "    return é", "\ty"]), min_size=1, max_size=9),
    ends=st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=9, max_size=9),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
    data=st.data(),
)
def test_applying_then_undoing_gives_the_bytes_back(workspace, lines, ends, encoding, data) -> None:
    """Whatever the line ends, the encoding, and the hunks that were said yes to."""
    file = workspace.root / "wild.py"
    content = "".join(line + end for line, end in zip(lines, ends, strict=False)).encode(encoding)
    file.write_bytes(content)
    new = data.draw(st.lists(st.sampled_from([*lines, "new()", "z"]), max_size=9))
    proposals, _ = propose("```python wild.py\n" + "".join(f"{line}\n" for line in new) + "```\n", workspace)
    edits = [each.edit(data.draw(st.sets(st.sampled_from(range(len(each.hunks)))))) for each in proposals]

    if workspace.apply(edits):
        assert file.read_bytes() != content
        workspace.undo()

    assert file.read_bytes() == content


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "```",
                    "```python src/calc.py",
                    "```diff",
                    "<<<<<<< SEARCH",
                    "=======",
                    ">>>>>>> REPLACE",
                    "src/calc.py",
                ),
                *("--- a/src/calc.py", "+++ b/src/calc.py", "@@ -1 +1 @@", "-x", "+y", "def add(a, b):", ""),
            ]
        ),
        max_size=14,
    )
)
def test_any_answer_can_be_read(workspace, lines) -> None:
    """Proposals or refusals; every proposal can be made an edit."""
    proposals, _ = propose("\n".join(lines), workspace)

    for proposal in proposals:
        proposal.edit(range(len(proposal.hunks)))

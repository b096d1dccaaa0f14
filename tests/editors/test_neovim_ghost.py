"""What the Neovim plugin shows, beside a scripted server."""

from pathlib import Path

import pytest

from tests.editors.neovim import Open, answer_with, asked_at
from tests.editors.terminal import wait_for


def test_a_suggestion_is_drawn_at_the_cursor_and_below_it(open_file: Open) -> None:
    """The buffer holds nothing of it."""
    neovim = open_file()
    answer_with(neovim, "f(a):\n    return a")

    neovim.type("de")

    neovim.wait_for_ghost("f(a):\n    return a")
    assert neovim.text == "de"


def test_typing_along_with_a_suggestion_keeps_it_before_the_server_has_answered(open_file: Open) -> None:
    """What was typed goes from the front of it."""
    neovim = open_file()
    answer_with(neovim, "return a")
    neovim.type(" ")
    neovim.wait_for_ghost("return a")
    neovim.do("fake.script.answer = nil")

    neovim.type("ret")

    assert neovim.ghost == "urn a"


def test_a_line_break_typed_along_keeps_the_suggestion(open_file: Open) -> None:
    """Also with the indentation that the editor adds."""
    neovim = open_file("    a", before="vim.o.autoindent = true")
    answer_with(neovim, "= 1\n    b = 2")
    neovim.type(" ")
    neovim.wait_for_ghost("= 1\n    b = 2")
    neovim.do("fake.script.answer = nil")

    neovim.type("= 1<CR>")

    assert neovim.text == "    a = 1\n    "
    assert neovim.ghost == "b = 2"


def test_typing_something_else_takes_the_suggestion_away(open_file: Open) -> None:
    """At once, not when the next answer comes."""
    neovim = open_file()
    answer_with(neovim, "return a")
    neovim.type(" ")
    neovim.wait_for_ghost("return a")
    neovim.do("fake.script.answer = nil")

    neovim.type("x")

    assert neovim.ghost == ""


def test_while_typing_along_only_more_of_the_same_replaces_what_is_shown(open_file: Open) -> None:
    """A first line that came early grows; another text does not make the screen flicker."""
    neovim = open_file()
    answer_with(neovim, "return a")
    neovim.type(" ")
    neovim.wait_for_ghost("return a")

    answer_with(neovim, "raise")
    neovim.type("r")
    wait_for(lambda: asked_at(neovim) == 2)
    assert neovim.ghost == "eturn a"

    answer_with(neovim, "turn a\n    # done")
    neovim.type("e")
    neovim.wait_for_ghost("turn a\n    # done")


def test_one_request_is_in_flight_and_a_late_answer_is_dropped(open_file: Open) -> None:
    """The older one is cancelled."""
    neovim = open_file()
    neovim.type("a")
    wait_for(lambda: asked_at(neovim) == 1)
    older = neovim.lua("#fake.asked")

    neovim.type("b")
    wait_for(lambda: asked_at(neovim) == 2)
    neovim.do(f"fake.answer({older}, 'late')")
    assert neovim.ghost == ""

    neovim.do("fake.answer(#fake.asked, 'in time')")
    neovim.wait_for_ghost("in time")
    assert neovim.lua("#fake.cancelled") >= 1


def test_an_open_menu_hides_the_suggestion_and_gives_it_back(open_file: Open) -> None:
    """Neither key nor screen is shared by two suggestions."""
    neovim = open_file("alpha alphabet\n\n", before="vim.o.completeopt = 'menuone,noinsert'")
    answer_with(neovim, "bet")
    neovim.type("al")
    neovim.wait_for_ghost("bet")

    neovim.type("<C-n>")
    wait_for(lambda: neovim.lua("vim.fn.pumvisible()"))
    wait_for(lambda: neovim.ghost == "")

    neovim.type("<C-e>")
    neovim.wait_for_ghost("bet")


@pytest.mark.parametrize("key", ["<Esc>", "<C-c>"])
def test_leaving_insert_mode_clears_the_screen(open_file: Open, key: str) -> None:
    """However it is left."""
    neovim = open_file()
    answer_with(neovim, "pass")
    neovim.type(" ")
    neovim.wait_for_ghost("pass")

    neovim.type(key)

    assert neovim.ghost == ""


@pytest.mark.parametrize(("encoding", "start"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_ranges_are_read_in_the_units_of_the_server(open_file: Open, encoding: str, start: int) -> None:
    """An item may begin with text that is typed already; here behind a character of two UTF-16 units."""
    neovim = open_file("🪨", encoding=encoding)
    neovim.do(f"""fake.script.answer = function(params)
      local range = {{ start = {{ line = 0, character = {start} }}, ['end'] = params.position }}
      return {{ {{ insertText = 'xyz', range = range }} }}
    end""")

    neovim.type("x")
    neovim.wait_for_ghost("yz")
    assert asked_at(neovim) == start + 1
    neovim.type("<Tab>")

    assert neovim.text == "🪨xyz"


def test_a_file_with_windows_line_breaks_keeps_them(open_file: Open, home: Path) -> None:
    """The suggestion's lines are broken as the file's are."""
    neovim = open_file("a\r\nb\r\n")
    answer_with(neovim, "\nc")
    neovim.type(" ")
    neovim.wait_for_ghost("\nc")

    neovim.type("<Tab><Esc>")
    neovim.do("vim.cmd('write')")

    assert (home / "a.py").read_bytes() == b"a\r\nb \r\nc\r\n"


def test_what_follows_the_cursor_is_drawn_behind_the_last_line(open_file: Open) -> None:
    """It will stand there; nothing is hidden under the suggestion."""
    neovim = open_file("f()")
    answer_with(neovim, "\n    a\n")

    neovim.type("<Left> ")
    neovim.wait_for_ghost(" \n    a\n")

    marks = "vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_get_namespaces().cairn, 0, -1, { details = true })"
    (mark,) = neovim.lua(marks)
    assert mark[3]["virt_text_pos"] == "overlay"
    assert [chunk[0] for chunk in mark[3]["virt_lines"][-1]] == ["", ")"]
    neovim.type("<Tab>")
    assert neovim.text == "f( \n    a\n)"


def test_tabs_are_drawn_as_wide_as_they_will_be(open_file: Open) -> None:
    """Up to the next stop from where they stand; the text that is inserted keeps them."""
    neovim = open_file("ab", before="vim.g.python_recommended_style = 0; vim.o.tabstop = 4")
    answer_with(neovim, "\tc\n\t\td")

    neovim.type("c")
    neovim.wait_for_ghost(" c\n        d")
    neovim.type("<Tab>")

    assert neovim.text == "abc\tc\n\t\td"

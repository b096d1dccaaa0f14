"""What keys do with a suggestion of the Neovim plugin, beside a scripted server."""

import pytest

from tests.editors.neovim import Open, answer_with
from tests.editors.terminal import wait_for


def test_tab_inserts_all_of_it_in_one_step_of_undo_and_tells_the_server(open_file: Open) -> None:
    """The cursor stands behind it; what was typed before stays when it is undone."""
    neovim = open_file()
    answer_with(neovim, "f(a):\n    return a", "{ command = { command = 'cairn.accepted', arguments = { 'id7' } } }")
    neovim.type("de")
    neovim.wait_for_ghost("f(a):\n    return a")
    neovim.do("fake.script.answer = nil")

    neovim.type("<Tab>")

    assert neovim.text == "def(a):\n    return a"
    assert neovim.lua("vim.api.nvim_win_get_cursor(0)") == [2, 12]
    assert neovim.lua("fake.executed") == [{"command": "cairn.accepted", "arguments": ["id7"]}]

    neovim.type("<Esc>u")
    assert neovim.text == "de"


def test_typing_after_a_suggestion_was_taken_is_undone_apart(open_file: Open) -> None:
    """Undo takes the typing, then the suggestion."""
    neovim = open_file()
    answer_with(neovim, "pass")
    neovim.type("if x: ")
    neovim.wait_for_ghost("pass")
    neovim.do("fake.script.answer = nil")

    neovim.type("<Tab>  # why<Esc>u")
    assert neovim.text == "if x: pass"

    neovim.type("u")
    assert neovim.text == "if x: "


def test_words_and_lines_are_taken_one_by_one(open_file: Open) -> None:
    """The rest stays on the screen, and nothing counts as accepted before all of it is."""
    neovim = open_file()
    answer_with(neovim, "größe = f(a)\nb = 2", "{ command = { command = 'cairn.accepted', arguments = {} } }")
    neovim.type(" ")
    neovim.wait_for_ghost("größe = f(a)\nb = 2")
    neovim.do("fake.script.answer = nil")

    neovim.type("<C-Right>")
    assert (neovim.text, neovim.ghost) == (" größe", " = f(a)\nb = 2")
    neovim.type("<C-Right>")
    assert (neovim.text, neovim.ghost) == (" größe =", " f(a)\nb = 2")
    neovim.type("<C-Down>")
    assert (neovim.text, neovim.ghost) == (" größe = f(a)", "\nb = 2")
    assert neovim.lua("fake.executed") == []

    neovim.type("<C-Down>")
    assert (neovim.text, neovim.ghost) == (" größe = f(a)\nb = 2", "")
    assert len(neovim.lua("fake.executed")) == 1


@pytest.mark.parametrize(
    ("mapping", "result"),
    [
        ("", "a\t"),
        ("vim.keymap.set('i', '<Tab>', 'mine')", "amine"),
        ("vim.keymap.set('i', '<Tab>', function() return 'mine' end, { expr = true })", "amine"),
    ],
)
def test_tab_is_what_it_was_while_nothing_is_shown(open_file: Open, mapping: str, result: str) -> None:
    """A tab, or what the user had made of it before."""
    neovim = open_file("a", before=f"vim.g.python_recommended_style = 0; {mapping}")

    neovim.type("<Tab>")

    assert neovim.text == result


def test_setting_up_twice_leaves_the_keys_as_they_are(open_file: Open) -> None:
    """The key would otherwise stand for itself."""
    neovim = open_file("a", before="vim.g.python_recommended_style = 0")

    neovim.do("require('cairn').setup({})")
    neovim.type("<Tab>")

    assert neovim.text == "a\t"


def test_a_dismissed_suggestion_stays_away_until_something_is_typed(open_file: Open) -> None:
    """Ctrl-] asks nobody again."""
    neovim = open_file()
    answer_with(neovim, "pass")
    neovim.type(" ")
    neovim.wait_for_ghost("pass")
    num_asked = neovim.lua("#fake.asked")

    neovim.type("<C-]>")

    assert (neovim.ghost, neovim.text) == ("", " ")
    assert neovim.lua("#fake.asked") == num_asked
    neovim.type(" ")
    neovim.wait_for_ghost("pass")


def test_in_manual_mode_only_the_trigger_key_asks(open_file: Open) -> None:
    """And says that it was asked."""
    neovim = open_file(setup="automatic = false")
    answer_with(neovim, "pass")

    neovim.type("if x: ")
    assert neovim.lua("#fake.asked") == 0
    neovim.type(r"<M-\>")

    neovim.wait_for_ghost("pass")
    assert neovim.lua("fake.asked[1].context.triggerKind") == 1
    neovim.type("<Esc>:Cairn toggle<CR>A ")
    wait_for(lambda: neovim.lua("fake.asked[#fake.asked].context.triggerKind") == 2)


ITEM = """
_G.enabled = nil
vim.lsp.inline_completion = {
  enable = function(is_enabled) _G.enabled = is_enabled end,
  get = function(options)
    vim.schedule(function()
      options.on_accept({ insert_text = 'xy = f(a)', range = RANGE, client_id = 1,
        command = { command = 'cairn.accepted', arguments = {} } })
    end)
    return true
  end,
}
function _G.pretend()
  vim.api.nvim_buf_set_extmark(0, vim.api.nvim_create_namespace('nvim.lsp.inline_completion'), 0, 0, {})
end
"""


@pytest.mark.parametrize(
    "place", ["{ start_row = 0, start_col = 1 }", "{ start = { row = 0, col = 1 } }"], ids=["flat", "nested"]
)
def test_what_neovim_itself_shows_is_taken_by_the_same_keys(open_file: Open, place: str) -> None:
    """Since 0.12; here a stand-in for its half. Of the item's text only what is not typed yet is inserted."""
    neovim = open_file(" x", before=ITEM.replace("RANGE", place))
    assert neovim.lua("_G.enabled") is True
    neovim.do("pretend()")

    neovim.type("<C-Right>")
    wait_for(lambda: neovim.text == " xy")
    assert neovim.lua("fake.executed") == []

    neovim.type("<Tab>")
    wait_for(lambda: neovim.text == " xy = f(a)")
    assert [done["command"] for done in neovim.lua("fake.executed")] == ["cairn.accepted"]

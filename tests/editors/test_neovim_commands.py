"""The rest of the Neovim plugin beside a scripted server: `:Cairn`, the statusline, health and help."""

from pathlib import Path

from tests.editors.neovim import PLUGIN, Open
from tests.editors.terminal import wait_for


def test_the_statusline_says_what_the_server_said(open_file: Open) -> None:
    """Quiet while it is idle."""
    neovim = open_file()
    assert neovim.lua("require('cairn').status()") == "cairn"

    neovim.do("fake.script.notify('cairn/status', { state = 'loading', model = 'm', message = '' })")

    wait_for(lambda: neovim.lua("require('cairn').status()") == "cairn: loading")


def test_the_status_names_the_model(open_file: Open) -> None:
    """What the server said last, and nothing that is empty."""
    neovim = open_file()
    neovim.do("fake.script.notify('cairn/status', { state = 'busy', model = 'builtin', message = '' })")
    wait_for(lambda: neovim.lua("require('cairn').status()") == "cairn: busy")

    neovim.do("vim.cmd('Cairn status')")

    assert neovim.lua("vim.fn.execute('messages')").endswith("Cairn: busy, builtin")


def test_an_instruction_goes_to_the_server_with_the_lines(open_file: Open, home: Path) -> None:
    """They are said as `:2,3Cairn edit …`."""
    neovim = open_file("a\nb\nc\n")

    neovim.type("<Esc>:2,3Cairn edit use a loop<CR>")

    (executed,) = wait_for(lambda: neovim.lua("fake.executed"))
    assert executed["command"] == "cairn.edit"
    assert executed["arguments"] == [
        {
            "uri": (home / "a.py").as_uri(),
            "range": {"start": {"line": 1, "character": 0}, "end": {"line": 3, "character": 0}},
            "instruction": "use a loop",
        }
    ]


def test_without_lines_the_block_around_the_cursor_is_meant_and_the_answer_shown(open_file: Open) -> None:
    """An empty range says so; what is answered opens in a window."""
    neovim = open_file("a\nb\n")
    neovim.do("fake.script.result = '**why**'")

    neovim.type("<Esc>:Cairn explain<CR>")

    (executed,) = wait_for(lambda: neovim.lua("fake.executed"))
    place = {"line": 1, "character": 0}
    assert executed["arguments"][0]["range"] == {"start": place, "end": place}
    floating = (
        "vim.tbl_filter(function(w) return vim.api.nvim_win_get_config(w).relative ~= '' end, vim.api.nvim_list_wins())"
    )
    (window,) = wait_for(lambda: neovim.lua(floating))
    shown = neovim.lua(f"vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf({window}), 0, -1, true)")
    assert "why" in "\n".join(shown)


def test_a_fix_names_the_first_diagnostic_of_the_line(open_file: Open) -> None:
    """The server is told what to correct."""
    neovim = open_file("a\n")
    diagnostic = "{ lnum = 0, col = 0, message = 'a is unknown' }"
    neovim.do(f"vim.diagnostic.set(vim.api.nvim_create_namespace('test'), 0, {{ {diagnostic} }})")

    neovim.type("<Esc>:Cairn fix<CR>")

    (executed,) = wait_for(lambda: neovim.lua("fake.executed"))
    assert executed["arguments"][0]["diagnostic"] == "a is unknown"


def test_an_edit_from_the_menu_of_code_actions_asks_for_the_instruction(open_file: Open) -> None:
    """And adds it to what the server listed."""
    neovim = open_file("a\n")
    neovim.do("vim.ui.input = function(_, answer) answer('shorter') end")

    neovim.do("""local client = vim.lsp.get_clients({ name = 'cairn' })[1]
      local command = { title = '', command = 'cairn.edit', arguments = { { uri = 'u', version = 3 } } }
      client:exec_cmd(command, { bufnr = 0 })""")

    (executed,) = wait_for(lambda: neovim.lua("fake.executed"))
    assert executed["arguments"] == [{"uri": "u", "version": 3, "instruction": "shorter"}]


def test_the_server_starts_again_on_request(open_file: Open) -> None:
    """With another id, for the same buffer."""
    neovim = open_file()
    older = neovim.lua("vim.lsp.get_clients({ name = 'cairn', bufnr = 0 })[1].id")

    neovim.do("vim.cmd('Cairn restart')")

    wait_for(
        lambda: neovim.lua("(vim.lsp.get_clients({ name = 'cairn', bufnr = 0 })[1] or {}).id") not in (older, None)
    )


def test_health_finds_nothing_wrong(open_file: Open) -> None:
    """And every sub-command is in the help."""
    neovim = open_file()
    neovim.type("<Esc>")

    neovim.do("vim.cmd('checkhealth cairn')")
    report = neovim.text

    assert "ERROR" not in report
    assert "WARNING" not in report
    assert "positions in utf-8" in report


def test_the_help_names_every_command_and_option(open_file: Open) -> None:
    """Of `:Cairn` and of `setup`."""
    neovim = open_file()
    names = neovim.lua("require('cairn.commands').names()")
    names += neovim.lua("vim.tbl_keys(require('cairn').options)")
    names += neovim.lua("vim.tbl_keys(require('cairn').options.keys)")

    help_text = (PLUGIN / "doc" / "cairn.txt").read_text()

    assert [name for name in names if name not in help_text] == []

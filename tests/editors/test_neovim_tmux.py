"""Neovim on a terminal, with the real server, the real daemon and the built-in model: what a person sees."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.editors.neovim import DRAWN, PLUGIN, Neovim, connected, find_neovim, lua_string
from tests.editors.terminal import Terminal, terminal, wait_for

pytestmark = pytest.mark.slow

HOLE = "        if not isinstance(name, "


@dataclass
class Screen:
    """Neovim on a terminal, seen from outside and from inside."""

    terminal: Terminal
    neovim: Neovim

    def wait_for_line(self, line: str) -> None:
        """Wait until a line of the screen is exactly this."""
        self.terminal.wait_for(lambda seen: seen == line)

    def wait_for_ghost(self) -> str:
        """Wait until something is suggested in the hole, and on the screen; its first line."""
        ghost = wait_for(lambda: self.neovim.ghost, timeout_s=60).splitlines()[0]
        self.wait_for_line(HOLE + ghost)
        return ghost

    @property
    def line(self) -> str:
        """The cursor's line in the buffer."""
        return self.neovim.lua("vim.api.nvim_get_current_line()")


OpenDemo = Callable[[str], Screen]


@pytest.fixture
def open_demo(home: Path, demo_file: Path, server_command: list[str]) -> Iterator[OpenDemo]:
    """Open the demonstration file with a configuration, the cursor on the line with the hole; closed before servers."""
    program = find_neovim()
    with ExitStack() as stack:

        def open_demo(init: str) -> Screen:
            (home / "init.lua").write_text(f"vim.g.loaded_python3_provider = 0\n{DRAWN}\n{init}")
            line = demo_file.read_text().splitlines().index(HOLE) + 1
            command = [program, "-n", "-u", str(home / "init.lua"), "--listen", str(home / "nvim.sock")]
            seen = stack.enter_context(terminal(home, [*command, f"+{line}", str(demo_file)]))
            return Screen(seen, stack.enter_context(connected(home / "nvim.sock")))

        yield open_demo


@pytest.fixture
def screen(open_demo: OpenDemo, server_command: list[str]) -> Screen:
    """Neovim with the plugin, as its help says to set it up."""
    command = "{ " + ", ".join(map(lua_string, server_command)) + " }"
    return open_demo(
        f"vim.opt.runtimepath:append({lua_string(str(PLUGIN))})\n"
        f"vim.o.completeopt = 'menuone,noinsert'\nrequire('cairn').setup({{ cmd = {command} }})"
    )


def test_a_suggestion_is_seen_typed_along_taken_and_undone(screen: Screen) -> None:
    """The way of a suggestion through a working day."""
    screen.terminal.press("A")
    ghost = screen.wait_for_ghost()
    assert screen.line == HOLE

    screen.terminal.press(ghost[0])
    wait_for(lambda: screen.line == HOLE + ghost[0])
    screen.wait_for_line(HOLE + ghost)
    assert screen.neovim.ghost.splitlines()[0] == ghost[1:]

    screen.terminal.press("Tab")
    wait_for(lambda: screen.neovim.text.splitlines().count(HOLE + ghost) == 1)

    screen.terminal.press("Escape")
    screen.terminal.press("u")
    wait_for(lambda: screen.line == HOLE + ghost[0])


def test_one_word_of_a_suggestion_can_be_taken(screen: Screen) -> None:
    """The screen stays as it is; the word is text now."""
    screen.terminal.press("A")
    ghost = screen.wait_for_ghost()
    word = screen.neovim.lua(f"require('cairn.text').first_word({lua_string(ghost)})")
    assert word != ghost

    screen.terminal.press("C-Right")

    wait_for(lambda: screen.line == HOLE + word)
    screen.wait_for_line(HOLE + ghost)


def test_the_menu_of_the_editor_hides_the_suggestion(screen: Screen) -> None:
    """And gives it back when it closes."""
    screen.terminal.press("A")
    ghost = screen.wait_for_ghost()

    screen.terminal.press("C-n")
    wait_for(lambda: screen.neovim.lua("vim.fn.pumvisible()"))
    wait_for(lambda: HOLE + ghost not in screen.terminal.lines)

    screen.terminal.press("C-e")
    screen.wait_for_ghost()


MENU = """
vim.o.completeopt = 'menuone,noinsert'
vim.lsp.config('cairn', { cmd = { %s } })
vim.lsp.enable('cairn')
vim.api.nvim_create_autocmd('LspAttach', {
  callback = function(event)
    vim.lsp.completion.enable(true, event.data.client_id, event.buf, {
      autotrigger = true,
      convert = function(item) return { word = item.textEdit.newText } end,
    })
  end,
})
"""


def test_without_the_plugin_the_menu_of_neovim_has_an_item(open_demo: OpenDemo, server_command: list[str]) -> None:
    """A blank opens it; Ctrl-Y takes the whole item."""
    screen = open_demo(MENU % ", ".join(map(lua_string, server_command)))
    if screen.neovim.lua("vim.fn.has('nvim-0.11') == 0 or vim.lsp.inline_completion ~= nil"):
        pytest.skip("a menu is offered to Neovim 0.11; later ones have inline completion")
    wait_for(lambda: screen.neovim.lua("#vim.lsp.get_clients({ bufnr = 0 })"))

    screen.terminal.press("A")
    screen.terminal.press("BSpace")
    screen.terminal.press("Space")
    wait_for(lambda: screen.neovim.lua("vim.fn.pumvisible()"), timeout_s=60)
    item = screen.neovim.lua("vim.fn.complete_info({ 'items' }).items[1].word")
    wait_for(lambda: any(item in line for line in screen.terminal.lines))

    screen.terminal.press("C-y")
    wait_for(lambda: screen.line == HOLE + item)

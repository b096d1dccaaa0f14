"""Neovim on a terminal, with the real server, the real daemon and the built-in model: what a person sees."""

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.editors.neovim import DRAWN, PLUGIN, Neovim, connected, find_neovim, lua_string, wait_for

pytestmark = pytest.mark.slow

HOLE = "        if not isinstance(name, "


class Terminal:
    """A terminal with Neovim in it.

    Attributes:
        neovim: Its inside, for what cannot be seen.
    """

    def __init__(self, tmux: Callable[..., str], neovim: Neovim) -> None:
        self._tmux = tmux
        self.neovim = neovim

    def press(self, *keys: str) -> None:
        """Press keys, in tmux's notation: `Tab`, `C-Right`; other words are typed."""
        self._tmux("send-keys", *keys)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, without blanks at the ends."""
        return self._tmux("capture-pane", "-p").splitlines()

    def wait_for_line(self, line: str) -> None:
        """Wait until a line of the screen is exactly this."""
        wait_for(lambda: line in self.lines)

    def wait_for_ghost(self) -> str:
        """Wait until something is suggested in the hole, and on the screen; its first line."""
        ghost = wait_for(lambda: self.neovim.ghost, timeout_s=60).splitlines()[0]
        self.wait_for_line(HOLE + ghost)
        return ghost


@contextlib.contextmanager
def terminal(home: Path, command: list[str]) -> Iterator[Terminal]:
    """A terminal of 100 by 40 in a tmux server of its own; Neovim must listen on `nvim.sock`."""

    def tmux(*arguments: str) -> str:
        whole = ["tmux", "-f", "/dev/null", "-S", str(home / "tmux.sock"), *arguments]
        return subprocess.run(whole, capture_output=True, text=True, timeout=20, check=True, cwd=home).stdout

    tmux("new-session", "-d", "-x", "100", "-y", "40", *command)
    try:
        with connected(home / "nvim.sock") as neovim:
            yield Terminal(tmux, neovim)
    finally:
        tmux("kill-server")


@pytest.fixture
def open_demo(home: Path, demo_file: Path) -> Iterator[Callable[[str], Terminal]]:
    """Open the demonstration file with a configuration, the cursor on the line with the hole."""
    program = find_neovim()
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed: .ci/editors does it")
    with ExitStack() as stack:

        def open_demo(init: str) -> Terminal:
            (home / "init.lua").write_text(f"vim.g.loaded_python3_provider = 0\n{DRAWN}\n{init}")
            line = demo_file.read_text().splitlines().index(HOLE) + 1
            command = [program, "-n", "-u", str(home / "init.lua"), "--listen", str(home / "nvim.sock")]
            return stack.enter_context(terminal(home, [*command, f"+{line}", str(demo_file)]))

        yield open_demo


@pytest.fixture
def screen(open_demo: Callable[[str], Terminal], server_command: list[str]) -> Terminal:
    """Neovim with the plugin, as its help says to set it up."""
    command = "{ " + ", ".join(map(lua_string, server_command)) + " }"
    return open_demo(
        f"vim.opt.runtimepath:append({lua_string(str(PLUGIN))})\n"
        f"vim.o.completeopt = 'menuone,noinsert'\nrequire('cairn').setup({{ cmd = {command} }})"
    )


def test_a_suggestion_is_seen_typed_along_taken_and_undone(screen: Terminal) -> None:
    """The way of a suggestion through a working day."""
    screen.press("A")
    ghost = screen.wait_for_ghost()
    assert screen.neovim.lua("vim.api.nvim_get_current_line()") == HOLE

    screen.press(ghost[0])
    wait_for(lambda: screen.neovim.lua("vim.api.nvim_get_current_line()") == HOLE + ghost[0])
    screen.wait_for_line(HOLE + ghost)
    assert screen.neovim.ghost.splitlines()[0] == ghost[1:]

    screen.press("Tab")
    wait_for(lambda: screen.neovim.text.splitlines().count(HOLE + ghost) == 1)

    screen.press("Escape")
    screen.press("u")
    wait_for(lambda: screen.neovim.lua("vim.api.nvim_get_current_line()") == HOLE + ghost[0])


def test_one_word_of_a_suggestion_can_be_taken(screen: Terminal) -> None:
    """The screen stays as it is; the word is text now."""
    screen.press("A")
    ghost = screen.wait_for_ghost()
    word = screen.neovim.lua(f"require('cairn.text').first_word({lua_string(ghost)})")
    assert word != ghost

    screen.press("C-Right")

    wait_for(lambda: screen.neovim.lua("vim.api.nvim_get_current_line()") == HOLE + word)
    screen.wait_for_line(HOLE + ghost)


def test_the_menu_of_the_editor_hides_the_suggestion(screen: Terminal) -> None:
    """And gives it back when it closes."""
    screen.press("A")
    ghost = screen.wait_for_ghost()

    screen.press("C-n")
    wait_for(lambda: screen.neovim.lua("vim.fn.pumvisible()"))
    wait_for(lambda: HOLE + ghost not in screen.lines)

    screen.press("C-e")
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


def test_without_the_plugin_the_menu_of_neovim_has_an_item(
    open_demo: Callable[[str], Terminal], server_command: list[str]
) -> None:
    """A blank opens it; Ctrl-Y takes the whole item."""
    screen = open_demo(MENU % ", ".join(map(lua_string, server_command)))
    if screen.neovim.lua("vim.fn.has('nvim-0.11') == 0 or vim.lsp.inline_completion ~= nil"):
        pytest.skip("a menu is offered to Neovim 0.11; later ones have inline completion")
    wait_for(lambda: screen.neovim.lua("#vim.lsp.get_clients({ bufnr = 0 })"))

    screen.press("A")
    screen.press("BSpace")
    screen.press("Space")
    wait_for(lambda: screen.neovim.lua("vim.fn.pumvisible()"), timeout_s=60)
    item = screen.neovim.lua("vim.fn.complete_info({ 'items' }).items[1].word")
    wait_for(lambda: any(item in line for line in screen.lines))

    screen.press("C-y")
    wait_for(lambda: screen.neovim.lua("vim.api.nvim_get_current_line()") == HOLE + item)

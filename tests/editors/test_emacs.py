"""Emacs with eglot: in batch beside a scripted server, and on a terminal with the real one."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.editors.terminal import terminal, wait_for

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lsp" / "editors" / "emacs" / "cairn.el"
PRELUDE = Path(__file__).with_name("emacs_prelude.el")
SCRIPTED = ROOT / "tests" / "integration" / "lsp_scripted_server.py"

HOLE = "        if not isinstance(name, "

Evaluate = Callable[..., Any]


def emacs(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Emacs in batch, with Debian's packages."""
    command = ["emacs", "-q", "--batch", "-l", str(PRELUDE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module", autouse=True)
def _needs_eglot() -> None:
    if shutil.which("emacs") is None:
        pytest.skip("emacs is not installed: .ci/editors does it")
    if emacs().returncode != 0:
        pytest.skip("emacs has no eglot: .ci/editors installs it")


@pytest.fixture
def evaluate(home: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    """Value of Lisp forms, in a buffer of this text with point at its end, beside a server that says `answer`."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def evaluate(
        forms: str, *, text: str, answer: str = "", server: list[str] | None = None, ghost: bool = True
    ) -> Any:
        file = home / "a.py"
        file.write_text(text)
        command = server or [sys.executable, str(SCRIPTED), str(home / "record"), answer, "0"]
        program = home / "program.el"
        program.write_text(
            f"""(load {lisp(str(PACKAGE))})
            (test-serve {"'cairn-server" if ghost else "nil"} '({" ".join(map(lisp, command))}))
            (test-open {lisp(str(file))})
            (let ((value (progn {forms})))
              (princ (json-encode value))
              (eglot-shutdown (eglot-current-server)))"""
        )
        done = emacs("-l", str(program))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return evaluate


def lisp(text: str) -> str:
    """A Lisp string."""
    return json.dumps(text, ensure_ascii=False)


def test_the_package_compiles_without_a_warning(tmp_path: Path) -> None:
    """A copy of it, so that nothing compiled lies in the tree."""
    copy = shutil.copy(PACKAGE, tmp_path)

    done = emacs("--eval", "(setq byte-compile-error-on-warn t)", "-f", "batch-byte-compile", copy)

    assert done.returncode == 0, done.stderr
    assert "arning" not in done.stderr


def test_an_item_of_the_menu_is_inserted_with_its_lines(evaluate: Evaluate) -> None:
    """By eglot alone: the word that was typed is replaced, whatever follows stays."""
    text = evaluate(
        """(pcase-let* ((`(,start ,end ,table . ,more) (eglot-completion-at-point))
                        (item (car (all-completions "ret" table))))
             (delete-region start end)
             (insert item)
             (funcall (plist-get more :exit-function) item 'finished)
             (buffer-string))""",
        text="def f(a):\n    ret",
        answer="urn a",
        ghost=False,
    )

    assert text == "def f(a):\n    return a"


def test_inline_completions_are_answered_on_request(evaluate: Evaluate) -> None:
    """Also when eglot, which does not know them, has announced nothing."""
    answer = evaluate(
        """(jsonrpc-request (eglot-current-server) :textDocument/inlineCompletion
             `(,@(eglot--TextDocumentPositionParams) :context (:triggerKind 1)))""",
        text="def f(a):\n    ",
        answer="return a",
        ghost=False,
    )

    items = answer["items"] if isinstance(answer, dict) else answer
    assert [item["insertText"] for item in items] == ["return a"]


def test_a_suggestion_is_shown_typed_along_and_taken(evaluate: Evaluate) -> None:
    """It is no part of the buffer before, and one step of undo after."""
    seen = evaluate(
        """(cairn-mode 1)
           (buffer-enable-undo)
           (cairn-complete)
           (test-wait-for #'test-ghost)
           (let ((first (test-ghost)) typed word)
             (insert "re")
             (run-hooks 'post-command-hook)
             (setq typed (test-ghost))
             (cairn-accept-word)
             (setq word (list (buffer-string) (test-ghost)))
             (cairn-accept)
             (let ((all (list (buffer-string) (test-ghost))))
               (undo)
               (vector first typed word all (buffer-string))))""",
        text="def f(a):\n    ",
        answer="return größe + 1",
    )

    assert seen == [
        "return größe + 1",
        "turn größe + 1",
        ["def f(a):\n    return", " größe + 1"],
        ["def f(a):\n    return größe + 1", None],
        "def f(a):\n    return",
    ]


def test_other_text_takes_the_suggestion_away(evaluate: Evaluate) -> None:
    """So does moving back."""
    seen = evaluate(
        """(cairn-mode 1)
           (cairn-complete)
           (test-wait-for #'test-ghost)
           (insert "x")
           (run-hooks 'post-command-hook)
           (vector (test-ghost))""",
        text="def f(a):\n    ",
        answer="return a",
    )

    assert seen == [None]


def test_an_open_menu_hides_the_suggestion_and_gives_it_back(evaluate: Evaluate) -> None:
    """Here company's; TAB belongs to the menu then."""
    seen = evaluate(
        """(cairn-mode 1)
           (defvar company-candidates nil)
           (cairn-complete)
           (test-wait-for #'test-ghost)
           (let ((hidden (let ((company-candidates '("a"))) (run-hooks 'post-command-hook) (test-ghost))))
             (run-hooks 'post-command-hook)
             (vector hidden (test-ghost)))""",
        text="def f(a):\n    ",
        answer="return a",
    )

    assert seen == [None, "return a"]


def test_keys_are_bound_only_while_something_is_shown(evaluate: Evaluate) -> None:
    """Else TAB indents."""
    seen = evaluate(
        """(cairn-mode 1)
           (let ((before (key-binding (kbd "TAB"))))
             (cairn-complete)
             (test-wait-for #'test-ghost)
             (let ((shown (mapcar (lambda (key) (key-binding (kbd key))) '("TAB" "C-<right>" "C-g"))))
               (cairn-dismiss)
               (vector before shown (key-binding (kbd "TAB")) (test-ghost))))""",
        text="def f(a):\n    ",
        answer="return a",
    )

    assert seen == [
        "indent-for-tab-command",
        ["cairn-accept", "cairn-accept-word", "cairn-dismiss"],
        "indent-for-tab-command",
        None,
    ]


def test_after_all_of_it_was_taken_the_command_of_the_item_runs(evaluate: Evaluate) -> None:
    """The server hears that its suggestion was accepted; nothing is sent for a word."""
    seen = evaluate(
        """(cairn-mode 1)
           (let (sent)
             (cairn--take [(:insertText "a b" :range (:start (:line 9))
                            :command (:command "cairn.accepted" :arguments ["id7"]))]
                          '(:line 9))
             (cl-letf (((symbol-function 'jsonrpc-async-request)
                        (lambda (_ method params &rest _) (push (list (cons method params)) sent))))
               (cairn-accept-word)
               (push "word" sent)
               (cairn-accept))
             (vconcat (nreverse sent)))""",
        text="",
    )

    assert seen == ["word", {"workspace/executeCommand": {"command": "cairn.accepted", "arguments": ["id7"]}}]


def test_the_mode_line_says_what_the_server_does(evaluate: Evaluate) -> None:
    """Nothing while it is idle."""
    seen = evaluate(
        """(let ((idle (cairn--lighter)))
             (eglot-handle-notification (eglot-current-server) 'cairn/status :state "busy" :model "m" :message "")
             (vector idle (cairn--lighter)))""",
        text="",
    )

    assert seen == [" Cairn", " Cairn:busy"]


@pytest.mark.slow
def test_on_a_terminal_a_suggestion_comes_while_typing_and_tab_takes_it(
    home: Path, demo_file: Path, server_command: list[str]
) -> None:
    """The keyboard rests, the text appears; what is typed along stays, TAB inserts the rest."""
    program = home / "program.el"
    program.write_text(
        f"""(load {lisp(str(PACKAGE))})
        (setq inhibit-startup-screen t
              cairn-command '({" ".join(map(lisp, server_command))})
              python-shell-interpreter "true")
        (cairn-setup 'python-mode)
        (test-open {lisp(str(demo_file))})
        (goto-char (point-min))
        (search-forward {lisp(HOLE)})
        (delete-char -1)"""
    )
    with terminal(home, ["emacs", "-q", "-nw", "-l", str(PRELUDE), "-l", str(program)]) as screen:
        screen.wait_for(lambda line: line == HOLE.rstrip())
        screen.wait_for(lambda line: "Cairn" in line)

        screen.press("Space")
        ghost = screen.wait_for(lambda line: line.startswith(HOLE) and line != HOLE).removeprefix(HOLE)
        screen.press(ghost[0])
        screen.press("C-Right")
        screen.press("Tab")
        screen.press("C-x", "C-s")

        wait_for(lambda: HOLE + ghost in demo_file.read_text())


@pytest.mark.slow
def test_the_builtin_model_fills_a_hole(evaluate: Evaluate, demo_file: Path, server_command: list[str]) -> None:
    """The real server starts the real daemon, and what it says is a suggestion."""
    start = demo_file.read_text().partition("isinstance(name, ")

    seen = evaluate(
        """(cairn-mode 1)
           (cairn-complete)
           (let ((ghost (test-wait-for #'test-ghost)))
             (cairn-accept)
             (vector ghost (buffer-string)))""",
        text="".join(start[:2]),
        server=server_command,
    )

    assert seen[1] == "".join(start[:2]) + seen[0]

"""An explanation shows what an editor's session sends, counted by the model where it can count."""

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from assistant.errors import EngineError, InputError
from assistant.protocol import FimRequest, LaidOut, PromptPiece
from lsp.commands import lsp
from lsp.explain import Explanation, explain, workspace_of
from lsp.explain_report import as_json, print_explanation
from tests.fakes import ScriptedAssistant

MAIN = "import util\n\nutil.\n# behind\n"


class Counting(ScriptedAssistant):
    """An assistant that has room for the first piece, and counts characters as tokens."""

    def __init__(self, error: EngineError | None = None) -> None:
        super().__init__()
        self._refusal = error
        self.holes: list[FimRequest] = []

    async def lay_out(self, request: FimRequest) -> LaidOut:
        """Prefix only."""
        if self._refusal is not None:
            raise self._refusal
        self.holes.append(request)
        piece = PromptPiece(role="prefix", text=request.prefix, num_tokens=len(request.prefix))
        return LaidOut(pieces=(piece,), kept_chunks=(0,), window_tokens=2048)

    async def num_tokens(self, text: str) -> int:
        """Characters."""
        return len(text)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A repository with a file that imports another."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "util.py").write_text("def help_out(a):\n    return a\n")
    return tmp_path


async def explained(workspace: Path, assistant: ScriptedAssistant, place: str = "main.py:3:6") -> Explanation:
    """The explanation of the third line's end."""
    return await explain(f"{workspace}/{place}", assistant)


def printed(explanation: Explanation) -> str:
    """What a person sees."""
    console = Console(file=io.StringIO(), width=200)
    print_explanation(explanation, console)
    return console.file.getvalue()


async def test_what_is_sent_is_what_a_session_would_send(workspace: Path) -> None:
    """Windows at the cursor, excerpts of imported files, and the file's name."""
    assistant = Counting()

    explanation = await explained(workspace, assistant)

    (request,) = assistant.holes
    assert (request.prefix, request.suffix) == ("import util\n\nutil.", "\n# behind\n")
    assert request.name == "main.py"
    assert [chunk.name for chunk in request.chunks] == ["util.py"]
    assert explanation.prefix.num_tokens == len(request.prefix)
    assert (explanation.suffix.first_line, explanation.suffix.last_line) == (2, 4)


async def test_a_person_sees_the_prompt_and_why_each_piece_is_there(workspace: Path) -> None:
    """Counted by the model that is served."""
    text = printed(await explained(workspace, Counting()))

    assert "main.py:3:6: scripted, a window of 2,048 tokens" in text
    assert "imported" in text
    assert "What the model reads, 18 tokens\nimport util\n\nutil.\n" in text
    assert "≈" not in text


async def test_what_an_endpoint_is_sent_is_estimated_and_said_to_be(workspace: Path) -> None:
    """It lays its prompts out by itself."""
    text = printed(await explained(workspace, ScriptedAssistant()))

    assert "not counted: an endpoint answers" in text
    assert "≈ 5" in text
    assert "What the model is sent" in text
    assert "def help_out(a):" in text


async def test_a_model_that_refuses_still_leaves_an_explanation_with_the_reason(workspace: Path) -> None:
    """Both lines of the error are shown."""
    text = printed(await explained(workspace, Counting(EngineError("it cannot", hint="choose another"))))

    assert "not counted: it cannot; choose another" in text


async def test_a_file_that_may_not_be_read_is_not_explained(workspace: Path) -> None:
    """The reason is said."""
    (workspace / ".env").write_text("TOKEN=1\n")

    with pytest.raises(InputError, match=r"nothing is completed in .*\.env: its name is one of a secret file"):
        await explained(workspace, Counting(), ".env:1:1")


async def test_what_may_not_be_read_is_no_excerpt_and_secrets_are_masked(workspace: Path) -> None:
    """As in an editor: an ignored file is left out, and of another a password."""
    (workspace / ".gitignore").write_text("util.py\n")
    (workspace / "more.py").write_text('def help_out(): ...\npassword = "hunter2hunter2"\n')
    (workspace / "main.py").write_text(MAIN.replace("import util", "import util, more"))

    explanation = await explained(workspace, Counting())

    assert [each.excerpt.path for each in explanation.excerpts] == ["more.py"]
    assert "hunter2" not in explanation.excerpts[0].excerpt.text


async def test_text_of_files_cannot_write_on_the_terminal(workspace: Path) -> None:
    """Neither the prompt nor the paths."""
    (workspace / "main.py").write_text("\x1b]0;title\x07\n\nutil.")

    assert "\x1b" not in printed(await explained(workspace, Counting()))


async def test_as_json_it_has_all_of_it_with_lines_from_1(workspace: Path) -> None:
    """For other programs."""
    data = json.loads(json.dumps(as_json(await explained(workspace, Counting()))))

    assert data["prefix"] == {"text": "import util\n\nutil.", "first_line": 1, "last_line": 3, "num_tokens": 18}
    (excerpt,) = data["excerpts"]
    assert excerpt["path"] == "util.py"
    assert excerpt["first_line"] == 1
    assert excerpt["has_room"] is True
    assert data["num_prompt_tokens"] == 18


def test_the_workspace_is_the_repository_or_the_files_folder(tmp_path: Path) -> None:
    """As editors find it."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert workspace_of(deep / "c.py") == deep

    (tmp_path / ".git").mkdir()
    assert workspace_of(deep / "c.py") == tmp_path


def test_the_language_server_still_has_its_name_to_itself() -> None:
    """`cairn lsp` runs the server; `explain` is beside it."""
    result = CliRunner().invoke(lsp, ["explain", "--help"])

    assert result.exit_code == 0
    assert "FILE:LINE:COL" in result.output

"""What each action asks the model."""

import pytest

from assistant.protocol import Message
from lsp.actions.prompts import MAX_DETAIL_CHARS, ask
from lsp.actions.scene import Scene, room_in

ROOM = room_in(4096)
SCENE = Scene(name="a.py", first=2, last=2, code="y = x", indent="    ", before="def f(x):", after="    return y")

SHOWN = """\
File a.py.

Before the selected lines:
```py
def f(x):
```

The selected lines:
```py
y = x
```

After the selected lines:
```py
    return y
```

"""


@pytest.mark.parametrize(
    ("action", "detail", "task"),
    [
        ("explain", "", "Explain the selected lines"),
        ("document", "", "Only add comments, and change no code. Answer with all of the selected lines"),
        ("tests", "tests/test_a.py", "The tests go into the file tests/test_a.py. Answer with that whole file"),
        ("fix", "x is {unused}", "A tool reports a problem in the selected lines: x is {unused}\nCorrect it"),
        ("edit", "rename y to z", "Edit the selected lines: rename y to z\nChange nothing else. Answer with all of"),
    ],
)
def test_an_action_shows_the_code_and_then_says_what_is_wanted(action: str, detail: str, task: str) -> None:
    """One turn of the user: not every chat template knows a system's. The likeliest answer is taken, none is drawn."""
    request = ask(action, SCENE, ROOM, detail=detail)

    (message,) = request.messages
    assert message.role == "user"
    assert message.content.startswith(SHOWN)
    assert task in message.content.removeprefix(SHOWN)
    assert (request.max_tokens, request.temperature) == (1024, 0.0)


def test_code_that_holds_fences_is_fenced_by_a_longer_one() -> None:
    """Text of a file must not end the block it stands in."""
    scene = Scene(name="README.md", first=0, last=2, code="```sh\nls\n```", indent="", before="", after="")

    assert ask("explain", scene, ROOM).messages == (
        Message(
            role="user",
            content="File README.md.\n\nThe selected lines:\n````md\n```sh\nls\n```\n````\n\n"
            "Explain the selected lines to a colleague who has to change them: what they do, and why; "
            "then what is easy to miss. Be brief.",
        ),
    )


def test_a_detail_is_bounded_and_nothing_invisible_is_in_it() -> None:
    """Diagnostics are written by other tools, about files of strangers."""
    content = ask("fix", SCENE, ROOM, detail="\u202e" + "a" * 9999).messages[0].content

    assert "\u202e" not in content
    assert content.count("a" * MAX_DETAIL_CHARS) == 1
    assert "a" * (MAX_DETAIL_CHARS + 1) not in content

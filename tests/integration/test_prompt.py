"""`/cairn/prompt` says what the model would read, token for token, and computes nothing."""

import pytest

from assistant.client import Client, connect
from assistant.errors import EngineError
from assistant.protocol import ChatRequest, Chunk, FimRequest, LaidOut, Message

PREFIX = "def read(path):\n    with open(path) as fil"
SUFFIX = "\n        return f.read()\n"
CHUNK = Chunk(name="util.py", text="def help_out(a): ...\n<fim_prefix>\n")


@pytest.fixture
async def client(cairn):
    """A client of the test's own daemon."""
    async with connect() as client:
        yield client


def texts(laid_out: LaidOut) -> list[tuple[str, str]]:
    """Role and text of each piece."""
    return [(piece.role, piece.text) for piece in laid_out.pieces]


async def num_prompt_tokens(client: Client, request: FimRequest) -> int:
    """What the engine says it has read."""
    return (await client.complete(request)).timings.num_prompt_tokens


async def test_a_prompt_is_shown_as_the_model_reads_it(client: Client) -> None:
    """The built-in model reads the suffix first; the last token before the cursor is the answer's to begin with."""
    laid_out = await client.lay_out(FimRequest(prefix=PREFIX, suffix=SUFFIX))

    *pieces, (last_role, begun) = texts(laid_out)
    before = pieces[-1][1]
    assert pieces[:-1] == [
        ("mark", "<fim_prefix>"),
        ("mark", "<fim_suffix>"),
        ("suffix", SUFFIX),
        ("mark", "<fim_middle>"),
    ]
    assert (pieces[-1][0], last_role) == ("prefix", "begun")
    assert before + begun == PREFIX


async def test_it_has_as_many_tokens_as_the_engine_reads(client: Client) -> None:
    """With pieces of other files, too, and where the file is much longer than the window."""
    for request in (
        FimRequest(prefix=PREFIX, suffix=SUFFIX, max_tokens=1),
        FimRequest(prefix=PREFIX, suffix=SUFFIX, chunks=(CHUNK,), name="main.py", max_tokens=1),
        FimRequest(prefix="x = 1\n" * 5_000 + PREFIX, suffix=SUFFIX * 500, max_tokens=1),
    ):
        laid_out = await client.lay_out(request)

        total = sum(piece.num_tokens for piece in laid_out.pieces)
        assert total == await num_prompt_tokens(client, request)
        assert total <= laid_out.window_tokens + 4


async def test_it_says_which_pieces_of_other_files_had_room(client: Client) -> None:
    """One that is too big does not take the others along; a mark that is written in a file is text."""
    big = Chunk(name="big.py", text="value = 1\n" * 2_000)

    laid_out = await client.lay_out(FimRequest(prefix=PREFIX, suffix=SUFFIX, chunks=(big, CHUNK, big), name="main.py"))

    assert laid_out.kept_chunks == (1,)
    assert any(role == "context" and CHUNK.text in text for role, text in texts(laid_out))
    assert sum(role == "mark" for role, _ in texts(laid_out)) == 3


async def test_a_text_without_a_suffix_has_no_layout(client: Client) -> None:
    """What is only continued is read as it is."""
    with pytest.raises(EngineError, match="there is no suffix"):
        await client._json("POST", "/cairn/prompt", {"prompt": "a"})


async def test_tokens_of_a_text_are_counted(client: Client) -> None:
    """Control tokens that are written in it are text, as in a prompt."""
    assert await client.num_tokens("") == 0
    assert await client.num_tokens("<fim_prefix>") > 1


async def test_a_conversation_is_shown_as_the_model_reads_it(client: Client) -> None:
    """Whole, message by message, with the tokens that the engine then counts; nothing is cut."""
    messages = (Message(role="user", content="Say <fim_middle> hi."), Message(role="assistant", content="hi"))
    request = ChatRequest(messages=(*messages, Message(role="user", content="again")), max_tokens=1)

    laid_out = await client.lay_out_chat(request)
    deltas = [delta async for delta in client.chat(request)]
    long = await client.lay_out_chat(ChatRequest(messages=(Message(role="user", content="x = 1\n" * 20_000),)))

    said = "".join(piece.text for piece in laid_out.pieces if piece.role == "message")
    assert all(message.content in said for message in request.messages)
    assert deltas[-1].timings is not None
    assert sum(piece.num_tokens for piece in laid_out.pieces) == deltas[-1].timings.num_prompt_tokens
    assert sum(piece.num_tokens for piece in long.pieces) > long.window_tokens

"""What is sent to an OpenAI-compatible server, and what is believed of its answers."""

import asyncio
import contextlib
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import JSONResponse, RedirectResponse, Response

from assistant.errors import CairnError, DaemonError, EngineError, InputError
from assistant.paths import socket_path
from assistant.protocol import Message
from tests.scripted_openai import Asked, endless, good, refusal, scripted_openai, silent
from training.asking import wire
from training.asking.endpoint import daemon, endpoint_at
from training.asking.model import Draw, RefusedError, Reply, cut
from training.asking.open import key_for, open_model
from training.asking.patience import FailedTryError, Manners, Pace, Patience

DRAW = Draw(temperature=0.5, seed=7, max_tokens=16)
EAGER = Manners(patience=Patience(first_pause_s=0.0, max_tries=3))
CHAT = (Message(role="user", content="Double it."),)


async def reply(behave: Callable[[Asked], Response | str], prompt=CHAT, draw=DRAW, manners=EAGER, key="") -> Reply:
    with scripted_openai(behave) as server:
        async with endpoint_at(server.url, manners, key=key) as model:
            return await model.ask(prompt, draw)


async def test_text_is_continued_and_a_conversation_answered() -> None:
    """The two paths of the API, by the form of the prompt; the seed and the temperature go along."""
    with scripted_openai(lambda asked: asked.path) as server:
        async with endpoint_at(server.url, EAGER) as model:
            texts = [(await model.ask(prompt, DRAW)).text for prompt in ("def f", CHAT)]

    assert texts == ["/v1/completions", "/v1/chat/completions"]
    assert model.name == "endpoint/scripted-7b"
    assert {each.body["seed"] for each in server.asked} == {7}
    assert {each.body["temperature"] for each in server.asked} == {0.5}
    assert {each.body["stream"] for each in server.asked} == {False}


async def test_the_model_after_the_hash_is_asked_for_and_the_hash_is_not_sent() -> None:
    """URL#MODEL."""
    with scripted_openai(lambda asked: asked.body["model"]) as server:
        async with endpoint_at(f"{server.url}#big", EAGER) as model:
            assert (await model.ask(CHAT, DRAW)).text == "big"


@pytest.mark.parametrize("prompt", ["def f", CHAT])
async def test_the_mean_log_probability_is_over_the_tokens(prompt) -> None:
    """Where the server gives any; null, as the first token of some servers has it, does not count."""
    said = await reply(lambda asked: JSONResponse(good(asked.path, "x", logprobs=[-1.0, -2.0, None])), prompt)

    assert said.mean_logprob == -1.5
    assert (await reply(lambda _: "x", prompt)).mean_logprob is None


async def test_a_text_that_was_cut_has_no_log_probability() -> None:
    """Nobody knows which of the tokens are left."""
    draw = Draw(temperature=0, seed=0, max_tokens=9, stops=("\n",))
    said = await reply(lambda asked: JSONResponse(good(asked.path, "x\ny", logprobs=[-1.0])), draw=draw)

    assert (said.text, said.mean_logprob) == ("x", None)


async def test_a_server_without_log_probabilities_is_asked_without_them() -> None:
    """Once it has said so, not again."""
    with scripted_openai(lambda asked: refusal(400, "no logprobs here") if "logprobs" in asked.body else "x") as server:
        async with endpoint_at(server.url, EAGER) as model:
            assert [(await model.ask(CHAT, DRAW)).text for _ in range(3)] == ["x"] * 3

    assert ["logprobs" in each.body for each in server.asked] == [True, False, False, False]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_tried_again(status) -> None:
    """Rate limits and servers that stumble."""
    assert (await reply(lambda asked: refusal(status) if asked.num_times < 3 else "there")).text == "there"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"choices": []}', b'{"choices": [{"text": 3}]}', b"[" * 100_000, b"\xff"]
)
async def test_an_answer_that_is_none_is_tried_again_and_then_refused(body) -> None:
    """A proxy may have cut it; a stranger may send anything."""
    with pytest.raises(RefusedError, match="tried 3 times"):
        await reply(lambda _: Response(body, media_type="application/json"))


async def test_tries_come_to_an_end() -> None:
    """The reason is told, with how often it was tried."""
    with pytest.raises(RefusedError, match=r"status 500: no \(tried 3 times\)"):
        await reply(lambda _: refusal(500))


async def test_what_will_not_pass_is_not_tried_again() -> None:
    """A prompt too long stays too long."""
    with scripted_openai(lambda _: refusal(400, "too long")) as server:
        async with endpoint_at(server.url, EAGER) as model:
            with pytest.raises(RefusedError, match="status 400: too long"):
                await model.ask(CHAT, DRAW)

    assert len(server.asked) == 1


async def test_a_wrong_key_stops_everything_and_is_not_shown() -> None:
    """No other prompt would fare better."""
    with pytest.raises(EngineError, match="does not know the key") as caught:
        await reply(lambda _: refusal(401), key="s3cret")

    assert not isinstance(caught.value, RefusedError)
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"


async def test_a_redirect_is_not_followed() -> None:
    """The key and the prompts go where the command says."""
    with pytest.raises(RefusedError, match="status 307"):
        await reply(lambda _: RedirectResponse("http://192.0.2.1/v1/chat/completions"))


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch) -> None:
    """Neither to the server nor past it."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")

    assert (await reply(lambda _: "there")).text == "there"


async def test_a_body_without_end_is_left() -> None:
    """At 8 MiB."""
    with pytest.raises(RefusedError, match="without end"):
        await reply(lambda _: endless())


async def test_a_packed_body_is_not_unpacked() -> None:
    """A few KB could become gigabytes."""
    packed = Response(b"\x1f\x8b" + b"x" * 100, headers={"content-encoding": "gzip"}, media_type="application/json")
    with pytest.raises(RefusedError, match="not JSON"):
        await reply(lambda _: packed)


async def test_a_server_that_says_nothing_is_left() -> None:
    """After the time for one answer, as often as it is tried."""
    manners = Manners(patience=Patience(first_pause_s=0.0, max_tries=2, answer_s=0.2))
    with pytest.raises(RefusedError, match=r"no answer in 0.2 s \(tried 2 times\)"):
        await reply(lambda _: silent(), manners=manners)


async def test_nobody_there_is_said_in_two_lines() -> None:
    """With the address."""
    with pytest.raises(RefusedError, match="cannot be reached"):
        async with endpoint_at("http://127.0.0.1:9#m", EAGER) as model:
            await model.ask(CHAT, DRAW)


async def test_more_stops_than_a_server_takes_are_found_in_the_answer() -> None:
    """OpenAI takes four."""
    draw = Draw(temperature=0, seed=0, max_tokens=9, stops=("\na", "\nb", "\nc", "\nd", "\nprint("))
    said = await reply(lambda asked: f"return 1\nprint({len(asked.body['stop'])})", draw=draw)

    assert said.text == "return 1"


async def test_no_more_requests_are_open_than_were_allowed() -> None:
    """The width."""
    with scripted_openai(lambda _: "x") as server:
        async with endpoint_at(server.url, Manners(width=2)) as model:
            await asyncio.gather(*(model.ask(CHAT, DRAW) for _ in range(20)))

    assert len(server.asked) == 20
    assert server.most_at_once <= 2


async def test_requests_are_spread_evenly_over_the_time() -> None:
    """Four a second: a quarter apart, and a pause is not made up for."""
    now, pauses = 100.0, []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    pace = Pace(4, clock=lambda: now, sleep=sleep)
    for _ in range(3):
        await pace.wait()
    now = 200.0
    await pace.wait()

    assert pauses == [0.0, 0.25, 0.5, 0.0]


async def test_the_pauses_between_tries_double_and_heed_the_server() -> None:
    """Between half and all of 1, 2, 4 s; what Retry-After asks where it is longer; never above the most."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def fail() -> None:
        raise FailedTryError("busy", after_s=30.0 if len(pauses) == 3 else 1e9 if len(pauses) == 4 else 0.0)

    with pytest.raises(RefusedError):
        await Patience(max_tries=6).keep_asking(fail, sleep)

    assert [0.5 <= pauses[0] <= 1, 1 <= pauses[1] <= 2, 2 <= pauses[2] <= 4] == [True] * 3
    assert pauses[3:] == [30.0, 60.0]


async def test_retry_after_is_read_as_seconds() -> None:
    """A date, or nonsense, is as if it were not there."""
    manners = Manners(patience=Patience(first_pause_s=0.0, max_pause_s=0.0))
    for said in ("0", "Wed, 21 Oct 2026 07:28:00 GMT", "-5", "1e400", "9" * 400):
        limited = refusal(429, retry_after=said)
        answer = await reply(lambda asked, limited=limited: limited if asked.num_times == 1 else "x", manners=manners)
        assert answer.text == "x"


def test_a_daemon_that_does_not_run_is_not_started(home) -> None:
    """Only its user knows with which model."""
    with pytest.raises(DaemonError, match="does not run") as caught:
        daemon(EAGER)

    assert "cairn serve" in caught.value.hint


async def test_the_daemon_is_asked_over_its_socket(home) -> None:
    """In the protocol that it shares with all others, but for the log-probabilities, which it refuses."""
    with scripted_openai(lambda asked: asked.path, at=socket_path()) as server:
        async with daemon(EAGER) as model:
            assert (await model.ask("def f", DRAW)).text == "/v1/completions"
            assert model.name == "daemon/scripted-7b"

    assert "logprobs" not in server.asked[0].body


async def test_a_wrong_key_is_known_before_the_first_prompt() -> None:
    """Where the model's name is asked for."""
    refused = pytest.raises(EngineError, match="does not know the key")
    with scripted_openai(lambda _: "x", models=lambda: refusal(401)) as server, refused:
        await endpoint_at(server.url, EAGER).__aenter__()


@pytest.mark.parametrize("source", ["model.safetensors", "", "ftp://box/v1"])
def test_other_words_name_no_model(source) -> None:
    """The forms are told."""
    with pytest.raises(InputError, match="no such source"):
        open_model(source, EAGER)


def test_a_key_goes_to_one_server(monkeypatch) -> None:
    """With two, nobody knows whose it is."""
    monkeypatch.setenv("CAIRN_ENDPOINT_KEY", "s3cret")

    assert key_for(["daemon", "https://a/v1#one", "https://a/v1#two"]) == "s3cret"
    with pytest.raises(InputError, match="two servers") as caught:
        key_for(["https://a/v1", "https://b/v1"])
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda each: (
            st.lists(each)
            | st.dictionaries(
                st.sampled_from(
                    ["choices", "message", "content", "text", "logprobs", "token_logprobs", "error", "data", "id"]
                ),
                each,
            )
        ),
    )
)
def test_whatever_a_stranger_sends_is_an_answer_or_none(said) -> None:
    """Nothing else comes of it."""
    body = json.dumps(said).encode()
    with contextlib.suppress(wire.MalformedError):
        assert isinstance(wire.reply_of(body, ()).text, str)
    assert isinstance(wire.first_model(body), str)
    assert "\n" not in wire.reason_of(body)


@settings(deadline=None)
@given(st.text("ab\n"), st.lists(st.text("ab\n", min_size=1), max_size=3).map(tuple))
def test_a_cut_text_is_the_longest_beginning_without_a_stop(text, stops) -> None:
    """By trying them all."""
    begun = [text[:end] for end in range(len(text) + 1)]
    starts = [end for end in range(len(text)) if any(text.startswith(stop, end) for stop in stops)]
    assert cut(text, stops) == (begun[starts[0]] if starts else text)


def test_the_errors_of_a_model_are_for_people() -> None:
    """Two lines, like all others."""
    assert issubclass(RefusedError, CairnError)

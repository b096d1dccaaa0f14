"""A soak asks for everything the daemon does, and for the same again with the same seed."""

from assistant.bench.soak_requests import MAX_TOKENS, draw_requests


def test_every_kind_is_there_greedy_and_sampled() -> None:
    """Among a hundred requests."""
    asks = draw_requests(100)

    assert {(ask.kind, ask.is_greedy) for ask in asks} == {
        (kind, is_greedy) for kind in ("fim", "chat", "text") for is_greedy in (False, True)
    }
    assert all(MAX_TOKENS[0] <= ask.max_tokens <= MAX_TOKENS[1] for ask in asks)


def test_only_a_hole_has_a_suffix() -> None:
    """Its body is what the endpoint takes."""
    for ask in draw_requests(50):
        assert ("suffix" in ask.body) == (ask.kind == "fim")
        assert ("messages" in ask.body) == (ask.kind == "chat") == (ask.path == "/v1/chat/completions")


def test_the_same_seed_draws_the_same() -> None:
    """Another one draws others."""
    assert draw_requests(20, seed=1) == draw_requests(20, seed=1) != draw_requests(20, seed=2)

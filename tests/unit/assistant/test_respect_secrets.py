"""Secrets inside of files that may be read are masked."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.respect import without_secrets

AWS, GITHUB = "AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "a1B2" * 9
KEY = "-----BEGIN {0}PRIVATE KEY-----\nMIIE{1}\n{1}\n-----END {0}PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"key = {AWS}  # prod", "key = ***  # prod"),
        (f'push("{GITHUB}")', 'push("***")'),
        ('password = "correct-horse-1"', 'password = "***"'),
        ("{'api_key': 'abcdefghij0123'}", "{'api_key': '***'}"),
        ("db = postgres://me:hunter2@db/app", "db = postgres://me:***@db/app"),
        (f"a\n{KEY.format('RSA ', 'Qk' * 30)}\nb", "a\n***\n\n\n\nb"),
        (f"a\n{KEY.format('', 'Qk' * 30)[:120]}\nb", "a\n***\n\n\nb"),
    ],
)
def test_secrets_in_a_text_are_masked_and_lines_stay(text: str, left: str) -> None:
    """Tokens of services, passwords, keys, also one that is cut off."""
    assert without_secrets(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "token = lexer.next_token()",
        "password = getpass()",
        'PASSWORD = "short"',
        'key = "primary"',
        "https://example.com:8080/a@b",
        "AKIA is a prefix; sk-learn too",
        'label = "Enter your secret key and press return"',
    ],
)
def test_code_without_secrets_is_left_as_it_is(text: str) -> None:
    """Talking about them is no secret."""
    assert without_secrets(text) == text


def test_code_that_looks_for_keys_keeps_its_other_lines() -> None:
    """A parser names the first line of a key, and goes on."""
    text = 'if line == "-----BEGIN RSA PRIVATE KEY-----":\n    return parse(lines)\n'

    assert without_secrets(text) == 'if line == "***":\n    return parse(lines)\n'


@given(
    st.text()
    | st.lists(st.sampled_from([AWS, GITHUB, KEY, "-----BEGIN PRIVATE KEY-----", "\n", "Qk" * 20])).map("".join)
)
@settings(deadline=None)
def test_masking_never_moves_a_line(text: str) -> None:
    """Excerpts say on which line they begin."""
    assert without_secrets(text).count("\n") == text.count("\n")


def test_masking_a_megabyte_of_beginnings_takes_no_time() -> None:
    """A hostile file does not stop the index."""
    started = time.thread_time()
    for text in ("-----BEGIN PRIVATE KEY-----" * 40_000, "a://b:" * 170_000, "eyJ" * 330_000, "secret=" * 140_000):
        without_secrets(text)

    assert time.thread_time() - started < 8

"""Names are read strictly: what is not of a known form is refused in two lines, whatever it holds."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.models import catalogue
from assistant.models.catalogue import entries, find_entry
from assistant.models.names import LISTED, Alias, FileName, HubName, is_file, parse_name

WORD = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True).filter(lambda text: ".." not in text)
QUANTS = st.sampled_from(["Q4_K_M", "Q8_0", "IQ4_XS", "Q5_0", "F16", "BF16", "MXFP4", "TQ1_0", "Q6_K", "UD-Q4_K_XL"])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("qwen2.5-coder:7b", Alias(family="qwen2.5-coder", size="7b")),
        ("qwen2.5-coder:7b-q5_k_m", Alias(family="qwen2.5-coder", size="7b", quant="Q5_K_M")),
        ("hf:a/b", HubName(repo="a/b")),
        ("hf:a/b:q4_k_m", HubName(repo="a/b", quant="Q4_K_M")),
        ("hf:a/b:Q4_K_M@v1", HubName(repo="a/b", quant="Q4_K_M", revision="v1")),
        ("hf:a/b/sub/m.gguf@refs/pr/1", HubName(repo="a/b", file="sub/m.gguf", revision="refs/pr/1")),
        ("./m.gguf", FileName(path="./m.gguf")),
        ("m.gguf", FileName(path="m.gguf")),
        ("~/m", FileName(path="~/m")),
    ],
)
def test_each_form_is_read(text: str, name: object) -> None:
    assert parse_name(text) == name


@pytest.mark.parametrize(
    "text",
    ["", "qwen", "a:b-nonsense", "hf:", "hf:a", "hf:a/b:nonsense", "hf:a/..", "hf:a/b/../c.gguf", "hf:a/b/c", "hf:a/b@",
     "hf:a/b@../x", "hf:a/b:Q8_0/x.gguf", "hf:../b", "hf:a/b\n", "Ä:7b", "hf:a/b/.x.gguf", "hf:-a/b", "x/\0"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_name(text)

    assert "write alias:size" in caught.value.hint


@given(WORD, WORD, st.one_of(st.just(""), QUANTS), st.one_of(st.just(""), WORD))
def test_a_hub_name_is_read_as_it_is_written(org: str, repo: str, quant: str, revision: str) -> None:
    name = HubName(repo=f"{org}/{repo}", quant=quant, revision=revision)

    assert parse_name(str(name)) == name


@given(st.from_regex(r"[a-z0-9][a-z0-9.]{0,10}", fullmatch=True), st.sampled_from(["7b", "0.5b"]), QUANTS)
def test_an_alias_is_read_as_it_is_written(family: str, size: str, quant: str) -> None:
    name = Alias(family=family, size=size, quant="" if quant.startswith("UD") else quant)

    assert parse_name(str(name)) == name


@given(st.one_of(st.text(), st.text().map(lambda text: f"hf:a/b/{text}"), st.text().map(lambda text: f"hf:{text}")))
@example("hf:a/b/c.gguf@")
@example("hf:a/" + "b" * 500)
def test_wild_text_is_a_name_or_an_input_error(text: str) -> None:
    """And what is a name leads nowhere but into its repository."""
    try:
        name = parse_name(text)
    except InputError:
        return
    if isinstance(name, HubName):
        assert ".." not in str(name)
        assert not name.file or is_file(name.file)
        assert name.repo.count("/") == 1
        assert str(name).isprintable()


@given(st.text())
def test_a_listed_name_is_a_plain_files_name(text: str) -> None:
    if LISTED.fullmatch(text):
        assert "/" not in text
        assert text.isascii()
        assert not text.startswith((".", "-"))


def test_the_catalogue_puts_permissive_licences_first_and_hides_no_doubt() -> None:
    """Nothing could be compared with the hub where the file was written, and it says so."""
    names = [entry.name for entry in entries()]
    licences = [entry.licence in ("apache-2.0", "mit") for entry in entries()]

    assert len(set(names)) == len(names)
    assert licences == sorted(licences, reverse=True)
    assert not any(entry.verified for entry in entries())
    for entry in entries():
        alias = parse_name(entry.name)
        assert isinstance(alias, Alias)
        assert find_entry(alias) == entry
        assert isinstance(parse_name(f"hf:{entry.repo}:{entry.quant}"), HubName)
        assert set(entry.roles) <= {"completion", "chat"}


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one() -> None:
    with pytest.raises(InputError, match="catalogue has no") as caught:
        find_entry(Alias(family="qwen2.5-codr", size="7b"))

    assert "qwen2.5-coder:7b" in caught.value.hint


def test_words_are_looked_for_in_names_repositories_and_licences() -> None:
    assert {entry.name for entry in catalogue.search(("granite", "instruct"))} == {"granite-code-instruct:8b"}
    assert catalogue.search(()) == list(entries())

"""Which of a repository's files are the model that was asked for."""

import pytest

from assistant.errors import HubError
from assistant.hub.repository import RemoteFile, Repository
from assistant.hub.selection import choose, local_name, variants


def repository(*paths: str) -> Repository:
    files = tuple(RemoteFile(path=path, num_bytes=10, sha256="0" * 64) for path in paths)
    return Repository(name="org/m", commit="0" * 40, licence="mit", is_gated=False, files=files)


def paths(found) -> list[str]:
    return [file.path for file in found.files]


def test_a_quant_is_found_by_the_files_name() -> None:
    held = repository("m-Q4_K_M.gguf", "m-Q4_K_S.gguf", "m.Q8_0.gguf", "m-IQ4_XS.gguf", "m-f16.gguf")

    assert paths(choose(held, quant="Q8_0")) == ["m.Q8_0.gguf"]
    assert paths(choose(held, quant="F16")) == ["m-f16.gguf"]
    assert paths(choose(held, quant="IQ4_XS")) == ["m-IQ4_XS.gguf"]
    assert paths(choose(held)) == ["m-Q4_K_M.gguf"]


def test_the_only_model_is_the_model() -> None:
    assert paths(choose(repository("model.gguf", "mmproj-model-f16.gguf"))) == ["model.gguf"]


def test_several_files_are_one_model_if_all_are_there_and_one_file_is_better() -> None:
    shards = [f"m-q4_k_m-0000{number}-of-00002.gguf" for number in (1, 2)]

    assert paths(choose(repository(*reversed(shards)))) == shards
    assert paths(choose(repository(*shards, "m-q4_k_m.gguf"))) == ["m-q4_k_m.gguf"]
    assert variants(repository(shards[0])) == []
    assert paths(choose(repository(*shards, "m-q4_k_m.gguf"), file=shards[1])) == shards


def test_a_repository_without_the_quant_says_what_it_has() -> None:
    with pytest.raises(HubError) as caught:
        choose(repository("m-Q8_0.gguf", "m-Q2_K.gguf"), quant="Q6_K")

    assert "Q2_K, Q8_0" in caught.value.hint


def test_the_files_name_is_the_models() -> None:
    shards = repository("sub/m-Q4_K_M-00001-of-00002.gguf", "sub/m-Q4_K_M-00002-of-00002.gguf")

    assert local_name(choose(shards)) == "m-Q4_K_M"
    assert local_name(choose(repository("my model+x.gguf"))) == "my-model-x"

"""From a name to a model: aliases, parts that are joined, pins, and what is said before anything is fetched."""

from pathlib import Path

import pytest

from assistant import paths
from assistant.errors import HubError, InputError
from assistant.hub.pulling import check_disk, plan_pull, pull
from assistant.hub.repository import search
from assistant.hub.web import Web
from assistant.models import parts
from assistant.models.catalogue import find_entry
from assistant.models.gguf import read_gguf
from assistant.models.names import Alias, parse_name
from assistant.models.record import read_record
from assistant.models.verifying import verify
from tests.fake_hub import FakeHub
from tests.split_gguf import split


def test_an_alias_is_what_the_catalogue_says_and_says_that_nobody_checked(
    web: Web, hub: FakeHub, model_bytes: bytes
) -> None:
    entry = find_entry(Alias(family="qwen2.5-coder", size="7b"))
    hub.files |= {f"{entry.repo}/m-{quant}.gguf": model_bytes for quant in ("q4_k_m", "q8_0")}

    plan = plan_pull(web, parse_name("qwen2.5-coder:7b"))
    model = pull(web, plan)

    assert not plan.verified
    assert [ticket.file for ticket in plan.tickets] == ["m-q4_k_m.gguf"]
    assert model.path.name == "qwen2.5-coder:7b.gguf"
    assert read_record(model.path)["verified"] is False
    assert plan_pull(web, parse_name("qwen2.5-coder:7b-q8_0")).name == "qwen2.5-coder:7b-q8_0"


def test_a_model_in_parts_becomes_one_file(web: Web, hub: FakeHub, tmp_path: Path) -> None:
    """Each part has its hash, and the whole its own."""
    shards = split(paths.BUILTIN_MODEL, tmp_path, 3)
    hub.files = {f"org/big-GGUF/m-Q8_0{shard.name[7:]}": shard.read_bytes() for shard in shards}
    seen: list[int] = []

    plan = plan_pull(web, parse_name("hf:org/big-GGUF:Q8_0"), name="big")
    hub.faults += ["cut:100000", "", "cut:5"]
    model = pull(web, plan, on_bytes=seen.append)

    assert plan.card is None
    assert sum(seen) == plan.num_bytes
    assert read_gguf(model.path).metadata == read_gguf(paths.BUILTIN_MODEL).metadata
    assert len(read_record(model.path)["source"]["files"]) == 3
    assert verify("big", model.path).is_good
    assert plan_pull(web, parse_name("hf:org/big-GGUF:Q8_0"), name="big").is_here
    assert not list(parts.folder().glob("*"))


def test_the_plan_says_what_the_header_says(web: Web, hub: FakeHub) -> None:
    """Not the name: this one claims to be something else."""
    plan = plan_pull(web, parse_name("hf:org/tiny-GGUF"))

    assert plan.card
    assert plan.card.fim
    assert plan.needs.kv_bytes > 0
    assert plan.licence == "apache-2.0"


def test_a_disk_that_is_too_small_is_found_out_before(web: Web, hub: FakeHub) -> None:
    from dataclasses import replace

    plan = plan_pull(web, parse_name("hf:org/tiny-GGUF"))
    huge = replace(plan, tickets=(replace(plan.tickets[0], num_bytes=1 << 60),))

    with pytest.raises(InputError, match="are needed"):
        check_disk(huge)


def test_a_file_of_this_machine_is_imported_not_pulled(web: Web) -> None:
    with pytest.raises(InputError, match="is a file") as caught:
        plan_pull(web, parse_name("./m.gguf"))

    assert "models import ./m.gguf" in caught.value.hint


def test_a_quant_that_is_not_there_is_named_with_those_that_are(web: Web) -> None:
    with pytest.raises(HubError) as caught:
        plan_pull(web, parse_name("hf:org/tiny-GGUF:Q2_K"))

    assert "Q8_0" in caught.value.hint


def test_a_search_lists_repositories_with_their_licence(web: Web, hub: FakeHub) -> None:
    found = search(web, ("tiny",))

    assert [(each.name, each.licence, each.num_downloads) for each in found] == [("org/tiny-GGUF", "apache-2.0", 7)]
    assert search(web, ("nothing",)) == []
    assert hub.requests[0][1].startswith("/api/models?search=tiny&filter=gguf&")

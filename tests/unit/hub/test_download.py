"""A download goes on where it was left, whatever ended it, and only the right bytes become a model."""

import hashlib

import pytest

from assistant import paths
from assistant.errors import HubError, InputError, ModelFileError
from assistant.hub.pulling import Plan, plan_pull, pull
from assistant.hub.web import Web
from assistant.models import parts
from assistant.models.local import list_models
from assistant.models.names import parse_name
from assistant.models.record import read_record
from assistant.models.verifying import verify
from tests.fake_hub import COMMIT, FakeHub
from tests.unit.hub.conftest import FILE, REPO

NAME = f"hf:{REPO}:Q8_0"


def plan(web: Web) -> Plan:
    return plan_pull(web, parse_name(NAME), name="tiny")


def names() -> list[str]:
    return [model.name for model in list_models()]


def kept() -> list[int]:
    return [part.num_bytes for part in parts.list_parts()]


def test_a_model_is_fetched_checked_and_recorded(web: Web, model_bytes: bytes) -> None:
    """Its record says from where it is, in the words of convert's manifests."""
    model = pull(web, plan(web))

    record = read_record(model.path)
    assert model.path.read_bytes() == model_bytes
    assert record["sha256"] == hashlib.sha256(model_bytes).hexdigest()
    assert record["licence"] == "apache-2.0"
    assert record["source"]["name"] == REPO
    assert record["source"]["revision"] == COMMIT
    assert verify("tiny", model.path).is_good
    assert not list(parts.folder().glob("*"))


def test_what_is_here_is_not_fetched_again(web: Web) -> None:
    pull(web, plan(web))

    assert plan(web).is_here


def test_another_model_of_the_same_name_is_not_replaced(web: Web, hub: FakeHub, model_bytes: bytes) -> None:
    pull(web, plan(web))
    hub.files[f"{REPO}/{FILE}"] = model_bytes + bytes(32)

    with pytest.raises(InputError, match="another model"):
        plan(web)


def test_a_lost_connection_is_met_again_where_it_was_lost(web: Web, hub: FakeHub, model_bytes: bytes) -> None:
    """Nothing is sent twice but the first megabyte, which the plan looked at."""
    planned = plan(web)
    before = hub.sent_bytes
    hub.faults += [f"cut:{1 << 20}", "refuse:503", f"cut:{1 << 19}", "cut:0"]

    pull(web, planned)

    assert names() == ["builtin", "tiny"]
    assert hub.starts()[-3:] == [1 << 20, (1 << 20) + (1 << 19), (1 << 20) + (1 << 19)]
    assert hub.sent_bytes - before == len(model_bytes)


def test_a_hub_that_never_answers_is_given_up_and_the_part_kept(web: Web, hub: FakeHub) -> None:
    planned = plan(web)
    hub.faults += [f"cut:{1 << 20}", *["refuse:503"] * 20]

    with pytest.raises(HubError, match="times in a row"):
        pull(web, planned)

    assert kept() == [1 << 20]


def test_a_server_without_ranges_sends_it_all_again(web: Web, hub: FakeHub, model_bytes: bytes) -> None:
    planned = plan(web)
    hub.faults += [f"cut:{1 << 20}", "no-range"]

    assert pull(web, planned).path.read_bytes() == model_bytes


def test_wrong_bytes_never_become_a_model(web: Web, hub: FakeHub, model_bytes: bytes) -> None:
    """They are set aside to be looked at, and the next pull starts anew."""
    planned = plan(web)
    hub.faults += [f"cut:{1 << 20}", "wrong"]

    with pytest.raises(HubError, match="set aside") as caught:
        pull(web, planned)

    assert "starts anew" in caught.value.hint
    assert names() == ["builtin"]
    assert kept() == []
    assert parts.wrong_path(planned.tickets[0].sha256).stat().st_size == len(model_bytes)
    assert pull(web, plan(web)).path.read_bytes() == model_bytes
    assert not list(parts.folder().glob("*"))


def test_a_part_that_was_damaged_on_this_disk_never_becomes_a_model(web: Web, hub: FakeHub) -> None:
    """A power cut may leave zeros."""
    planned = plan(web)
    hub.faults += [f"cut:{1 << 20}", *["refuse:503"] * 20]
    with pytest.raises(HubError):
        pull(web, planned)
    hub.faults.clear()
    part = parts.part_path(planned.tickets[0].sha256)
    part.write_bytes(bytes(1 << 20))

    with pytest.raises(HubError, match="came with sha256"):
        pull(web, planned)

    assert names() == ["builtin"]


def test_a_file_that_is_changed_meanwhile_is_refused_at_once(web: Web, hub: FakeHub) -> None:
    planned = plan(web)
    hub.faults.append("changed")

    with pytest.raises(HubError, match="another file now"):
        pull(web, planned)

    assert kept() == [0]


def test_a_storage_that_holds_another_file_now_does_not_get_its_bytes_appended(
    web: Web, hub: FakeHub, model_bytes: bytes
) -> None:
    """The ETag of the first answer goes into If-Range: a storage with another one sends all, and the hash decides."""
    planned = plan(web)
    hub.faults += [f"cut:{1 << 20}", *["refuse:503"] * 20]
    with pytest.raises(HubError):
        pull(web, planned)
    hub.faults.clear()
    hub.claims[FILE] = {}
    other = bytes(byte ^ 1 for byte in model_bytes)
    hub.files[f"{REPO}/{FILE}"] = other

    with pytest.raises(HubError, match="another file now"):
        pull(web, planned)

    hub.files[f"{REPO}/{FILE}"] = model_bytes
    assert pull(web, planned).path.read_bytes() == model_bytes


def test_an_endless_answer_is_cut_at_the_promised_size(web: Web, hub: FakeHub) -> None:
    planned = plan(web)
    hub.faults.append("endless")

    with pytest.raises(HubError, match="more of"):
        pull(web, planned)

    assert names() == ["builtin"]


@pytest.mark.parametrize("fault", ["head:Content-Length=17", "packed", "head:Content-Range=bytes 0-1/2"])
def test_headers_that_contradict_the_promise_are_refused(web: Web, hub: FakeHub, fault: str) -> None:
    planned = plan(web)
    hub.faults += [f"cut:{1 << 20}", fault]

    with pytest.raises(HubError):
        pull(web, planned)

    assert names() == ["builtin"]


def test_a_part_larger_than_the_whole_is_begun_anew(web: Web, model_bytes: bytes) -> None:
    planned = plan(web)
    parts.part_path(planned.tickets[0].sha256).write_bytes(bytes(len(model_bytes) + 1))

    assert pull(web, planned).path.read_bytes() == model_bytes


def test_one_process_at_a_time_downloads_a_file(web: Web) -> None:
    planned = plan(web)

    with parts.held(planned.tickets[0].sha256), pytest.raises(InputError, match="another process"):
        pull(web, planned)


def test_what_is_promised_and_no_model_is_refused_before_it_is_fetched(web: Web, hub: FakeHub) -> None:
    """The strict reader sees the header first."""
    hub.files[f"{REPO}/{FILE}"] = b"GGUF" + bytes(3 << 20)

    with pytest.raises(ModelFileError):
        plan(web)

    assert hub.sent_bytes <= 5 << 20


def test_a_link_in_the_parts_place_is_not_followed(web: Web, home) -> None:
    planned = plan(web)
    secret = home / "secret"
    secret.write_text("mine")
    parts.part_path(planned.tickets[0].sha256).symlink_to(secret)

    with pytest.raises(InputError):
        pull(web, planned)

    assert secret.read_text() == "mine"


def test_no_half_model_is_ever_listed(web: Web, hub: FakeHub) -> None:
    """At every byte that arrives the list is the same as before."""
    seen: set[tuple[str, ...]] = set()

    pull(web, plan(web), on_bytes=lambda _: seen.add(tuple(names())))

    assert seen == {("builtin",)}
    assert names() == ["builtin", "tiny"]
    assert not list(paths.models_dir().glob("*.partial-*"))

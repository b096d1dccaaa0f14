"""A hub that means harm, or somebody between: nothing leads elsewhere, is believed, or goes on for ever."""

import json

import pytest

from assistant.errors import HubError, InputError
from assistant.hub.endpoint import PUBLIC, Endpoint, endpoint, may_ask
from assistant.hub.pulling import plan_pull, pull
from assistant.hub.repository import read_repository, search
from assistant.hub.web import MAX_JSON_BYTES, MAX_REDIRECTS, Web
from assistant.models.local import list_models
from assistant.models.names import parse_name
from tests.fake_hub import COMMIT, FakeHub
from tests.unit.hub.conftest import FILE, REPO

TOKEN = "hf_secret"  # noqa: S105 (nobody's)
TREE = f"/api/models/{REPO}/tree/{COMMIT}"


def plan(web: Web):
    return plan_pull(web, parse_name(f"hf:{REPO}"), name="tiny")


@pytest.mark.parametrize(
    "path",
    [
        "../../.bashrc.gguf",
        "a/../../x.gguf",
        "/etc/x.gguf",
        ".hidden.gguf",
        "-rf.gguf",
        "a\\b.gguf",
        "a\0b.gguf",
        "a\nb.gguf",
        "\x1b]0;x\x07.gguf",
        "x" * 300 + ".gguf",
        "a/b/c/d/e/f/g.gguf",
        "x.gguf/",
        7,
        None,
    ],
)
def test_a_file_whose_name_leads_elsewhere_is_not_seen(web: Web, hub: FakeHub, path: object) -> None:
    hub.claims[FILE] = {"path": path}

    assert read_repository(web, REPO, "").files == ()
    with pytest.raises(HubError, match="as GGUF"):
        plan(web)


@pytest.mark.parametrize(
    "claim",
    [
        {"lfs": {"oid": "0" * 64, "size": 1 << 60}},
        {"lfs": {"oid": "0" * 64, "size": -1}},
        {"lfs": {"oid": "0" * 64, "size": 0}},
        {"lfs": {"oid": "0" * 64, "size": 1.5}},
        {"lfs": {"oid": "0" * 64, "size": True}},
        {"lfs": {"oid": "../../x", "size": 10}},
        {"lfs": {"oid": None, "size": 10}},
        {"lfs": None},
        {"lfs": []},
    ],
)
def test_a_file_of_an_absurd_size_or_without_a_hash_is_not_seen(web: Web, hub: FakeHub, claim: dict) -> None:
    hub.claims[FILE] = claim

    assert read_repository(web, REPO, "").files == ()


def test_a_name_that_is_none_here_needs_another(web: Web, hub: FakeHub) -> None:
    """Only the shape of a listed name becomes a file's name."""
    hub.files = {f"{REPO}/{'q' * 120}.gguf": hub.files[f"{REPO}/{FILE}"]}

    with pytest.raises(InputError, match="cannot be a model's name"):
        plan_pull(web, parse_name(f"hf:{REPO}"))


@pytest.mark.parametrize("name", ["../x", "builtin", "a/b", ".x", "x" * 200, "a\0"])
def test_no_name_leads_out_of_the_list(web: Web, name: str) -> None:
    with pytest.raises(InputError):
        plan_pull(web, parse_name(f"hf:{REPO}"), name=name)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"null", b"[1, [], {}]", b"{}", b"7", b'"x"', b"[{}]"])
def test_an_answer_of_another_shape_is_no_repository(web: Web, hub: FakeHub, body: bytes) -> None:
    hub.raw[TREE] = body

    with pytest.raises(HubError):
        plan(web)


@pytest.mark.parametrize("body", [b"not json", b"\xff", b"NaN" * 4, b"[" * 100_000])
def test_a_search_that_is_answered_with_nonsense_is_refused(web: Web, hub: FakeHub, body: bytes) -> None:
    hub.raw["/api/models"] = body

    with pytest.raises(HubError):
        search(web, ("x",))


def test_rows_of_a_search_that_are_no_repositories_are_left_out(web: Web, hub: FakeHub) -> None:
    rows = [
        7,
        None,
        {},
        {"id": "../x"},
        {"id": "a/b/c"},
        {"id": "a/b\x1b"},
        {"id": "a/b", "downloads": "many", "gguf": 1},
    ]
    hub.raw["/api/models"] = json.dumps(rows).encode()

    assert [(each.name, each.num_downloads) for each in search(web, ("x",))] == [("a/b", 0)]


def test_more_json_than_anybody_needs_is_refused(web: Web, hub: FakeHub) -> None:
    hub.raw[TREE] = b"[" + b" " * (MAX_JSON_BYTES + 1) + b"]"

    with pytest.raises(HubError, match="of JSON"):
        plan(web)


def test_a_listing_without_end_is_left(web: Web, hub: FakeHub) -> None:
    """Each page may hold fifty files here; twenty pages are read."""
    hub.files |= {f"{REPO}/{number}.bin": b"" for number in range(2000)}

    read_repository(web, REPO, "")

    assert sum("/tree/" in path for _, path, _ in hub.requests) == 20


def test_the_next_page_is_on_the_same_hub(web: Web, hub: FakeHub) -> None:
    assert web._next_page('<http://elsewhere.example/api>; rel="next"', hub.hub_url) == ""
    assert web._next_page(f'<{hub.hub_url}.example/api>; rel="next"', hub.hub_url) == ""


def test_a_commit_that_is_none_is_refused(web: Web, hub: FakeHub) -> None:
    hub.info["sha"] = "../../main"

    with pytest.raises(HubError, match="no commit"):
        plan(web)


def test_redirects_in_a_circle_end(web: Web, hub: FakeHub) -> None:
    hub.faults.append("loop")

    with pytest.raises(HubError, match="corners"):
        plan(web)

    assert sum("/resolve/" in path for _, path, _ in hub.requests) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "address",
    [
        "http://storage.example/x",
        "file:///etc/passwd",
        "ftp://x.example/",
        "https://u:p@x.example/",
        "https://10.0.0.1/x",
        "",
    ],
)
def test_a_redirect_that_is_not_https_to_a_public_host_is_not_followed(web: Web, hub: FakeHub, address: str) -> None:
    hub.faults.append(f"to:{address}")

    with pytest.raises(HubError, match="sends us to"):
        plan(web)


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://huggingface.co/x", True),
        ("https://cdn.example:8443/x", True),
        ("http://huggingface.co/x", False),
        ("http://127.0.0.1/x", False),
        ("https://localhost/x", False),
        ("https://[::1]/x", False),
        ("https://169.254.169.254/latest", False),
        ("https://192.168.1.1/", False),
        ("https://[fe80::1]/", False),
        ("https://x:99999/", False),
        ("https:///x", False),
        ("//x.example", False),
    ],
)
def test_a_public_hub_may_send_us_to_public_hosts_only(url: str, is_allowed: bool) -> None:
    assert may_ask(url, is_loopback_allowed=False) is is_allowed


def test_the_token_stays_with_the_hub(hub: FakeHub, model_bytes: bytes) -> None:
    """It is sent to the hub at every request, and never to the storage, though both are on this machine here."""
    with Web(Endpoint(url=hub.hub_url, token=TOKEN), sleep=lambda _s: None) as web:
        assert pull(web, plan(web)).path.read_bytes() == model_bytes

    sent = {
        where: {headers.get("authorization") for at, _, headers in hub.requests if at == where}
        for where in ("hub", "storage")
    }
    assert sent == {"hub": {"Bearer hf_secret"}, "storage": {None}}


def test_the_token_is_that_of_the_hubs_own_tools(tmp_path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")

    assert endpoint({"HF_HOME": str(tmp_path)}) == Endpoint(url=PUBLIC, token=TOKEN)
    assert endpoint({"HF_HOME": str(tmp_path), "HF_TOKEN": TOKEN * 2}).token == TOKEN * 2
    assert endpoint({"HF_TOKEN_PATH": str(tmp_path / "none")}).token == ""
    for token in ("a b", "a\nHost: x", "ü", "x" * 501):
        with pytest.raises(HubError, match="token"):
            endpoint({"HF_TOKEN": token})


@pytest.mark.parametrize(
    "url", ["http://hub.example", "ftp://127.0.0.1", "https://u@hub.example", "hub", "https://10.1.2.3"]
)
def test_a_hub_is_asked_by_https(url: str) -> None:
    with pytest.raises(HubError, match="HF_ENDPOINT"):
        endpoint({"HF_ENDPOINT": url, "HF_TOKEN": "x"})


def test_whoever_says_offline_is_believed() -> None:
    with pytest.raises(HubError, match="HF_HUB_OFFLINE"):
        endpoint({"HF_HUB_OFFLINE": "1"})


def test_a_hub_that_refuses_is_not_asked_again(web: Web, hub: FakeHub) -> None:
    hub.faults.append("refuse:403")

    with pytest.raises(HubError, match="does not let us in") as caught:
        plan(web)

    assert "HF_TOKEN" in caught.value.hint
    assert sum(where == "storage" for where, _, _ in hub.requests) == 1
    assert [model.name for model in list_models()] == ["builtin"]


def test_a_model_that_is_not_there_is_no_riddle(web: Web) -> None:
    with pytest.raises(HubError, match="does not let us in"):
        plan_pull(web, parse_name("hf:org/none"))


def test_a_server_that_asks_for_a_pause_gets_it_within_reason(hub: FakeHub) -> None:
    pauses: list[float] = []
    hub.faults += ["refuse:503"] * 3
    with Web(Endpoint(url=hub.hub_url), sleep=pauses.append) as web:
        plan(web)

    assert pauses == [0.5, 1.0, 2.0]

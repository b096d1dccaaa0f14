"""Every broken input by name, with a word of the refusal it must get."""

import json
import os
from pathlib import Path

import numpy as np

from tests.unit.convert.broken_checkpoints import (
    FIRST,
    INDEX,
    LISTS,
    SECOND,
    WEIGHTS,
    Case,
    both,
    bpe,
    cut,
    entry,
    file,
    first_shard_is,
    header,
    hole,
    index,
    link,
    numbers,
    out,
    renamed,
    replaced,
    settings,
    shard,
    tensors,
    write_shards,
)
from tests.unit.convert.conftest import safetensors_bytes

FULL_DISK_BYTES = 163_000
"""Between the plan's size and the file's: the tokenizer makes the difference."""
DEEP = '{"a": [' + ("[" * 400 + "]" * 400 + ",") * 4_900 + "1]}"
"""Close to the most that is parsed at all; the costliest form that was found."""
DIGITS = "9" * 1_000_000


def _raw(name: str, number: str) -> Case:
    """Write a number into config.json that json.dumps would not."""
    return Case(
        breaks=both(
            settings("config.json", **{name: 424242}),
            lambda place: _replace(place / "src" / "config.json", "424242", number),
        ),
        says="config.json",
    )


def _replace(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def _repeat_first(entries: dict) -> bytes:
    return json.dumps(entries).replace("{", '{"transformer.wte.weight": 1, ', 1).encode()


def _swap_offsets(entries: dict) -> None:
    found = entries["transformer.wte.weight"]["data_offsets"]
    found.reverse()


def _many(count: int) -> bytes:
    return safetensors_bytes({f"t{number}": np.zeros(1, np.float32) for number in range(count)})


def _twice(place: Path) -> None:
    """Let the second shard hold a tensor of the first one, too."""
    write_shards(place)
    names = json.loads((place / "src" / INDEX).read_text())["weight_map"]
    (place / "src" / SECOND).write_bytes(safetensors_bytes(dict.fromkeys(names, np.ones(4, np.float32))))


def _hub(place: Path, commit: str) -> None:
    refs = place / "hub" / "models--org--name" / "refs"
    refs.mkdir(parents=True)
    (refs / "main").write_text(commit)


WTE = (288, 64)
INVALID = np.full(WTE, np.nan, np.float32)
INFINITE = np.full(WTE, -np.inf, np.float32)
LARGE = np.full(WTE, 1e6, np.float32)

SAFETENSORS = {
    "shard of zero bytes": Case(breaks=file(WEIGHTS, b""), says="truncated"),
    "shard of four bytes": Case(breaks=cut(4), says="truncated"),
    "shard cut in its header": Case(breaks=cut(300), says="truncated"),
    "shard cut in its data": Case(breaks=cut(40_000), says="truncated"),
    "shard with one byte too many": Case(
        breaks=lambda place: (place / "src" / WEIGHTS).open("ab").write(b"x"), says="after its last"
    ),
    "header of 2^60 bytes": Case(breaks=file(WEIGHTS, (1 << 60).to_bytes(8, "little") + b"{}"), says="truncated"),
    "header of 2^64-1 bytes": Case(breaks=file(WEIGHTS, b"\xff" * 8 + b"{}"), says="truncated"),
    "header of 100 MB in a hole": Case(
        breaks=hole(WEIGHTS, 200 << 20, (100 << 20).to_bytes(8, "little")), says="the most allowed"
    ),
    "header of 20 MB of spaces": Case(
        breaks=header(lambda entries: b"{" + b" " * ((20 << 20) - 2) + b"}"), says="0 tensors"
    ),
    "header of 18 MB of lists": Case(breaks=header(lambda e: b'{"a":' + LISTS.encode() + b"}"), says="too many"),
    "header of 100,001 tensors": Case(breaks=file(WEIGHTS, _many(100_001)), says="100001 tensors"),
    "header without tensors": Case(breaks=header(lambda entries: {}), says="0 tensors"),
    "header that is a list": Case(breaks=header(lambda entries: [entries]), says="no safetensors file"),
    "header that is no JSON": Case(breaks=header(lambda entries: b"{'a': 1}"), says="not valid JSON"),
    "header in UTF-16": Case(breaks=header(lambda e: json.dumps(e).encode("utf-16-le")), says="not valid JSON"),
    "header in bad UTF-8": Case(breaks=header(lambda entries: b'{"\xff": 1}'), says="not valid JSON"),
    "header nested 100,000 deep": Case(breaks=header(lambda e: b'{"a":' + b"[" * 100_000), says="not valid JSON"),
    "metadata that is no text": Case(breaks=header(lambda e: e.update(__metadata__={"a": 1})), says="__metadata__"),
    "metadata that is a list": Case(breaks=header(lambda e: e.update(__metadata__=[])), says="__metadata__"),
    "metadata of 2 MB": Case(breaks=header(lambda e: e.update(__metadata__={"a": "x" * (2 << 20)})), says="too long"),
    "tensor twice in one file": Case(breaks=header(_repeat_first), says="twice"),
    "tensors that overlap": Case(breaks=entry(data_offsets=[4, 4 + 4 * 288 * 64]), says="overlap"),
    "tensor that ends before it begins": Case(breaks=header(_swap_offsets), says="bytes"),
    "tensor at a negative offset": Case(breaks=entry(data_offsets=[-8, 73720]), says="malformed"),
    "tensor at offset 2^62": Case(breaks=entry(data_offsets=[1 << 62, (1 << 62) + 4]), says="malformed"),
    "tensor with three offsets": Case(breaks=entry(data_offsets=[0, 4, 8]), says="malformed"),
    "tensor beyond the file": Case(breaks=entry(shape=[1 << 30, 64], data_offsets=[0, 1 << 38]), says="truncated"),
    "shape of fractions": Case(breaks=entry(shape=[288.0, 64]), says="malformed"),
    "shape of truth values": Case(breaks=entry(shape=[True, 64]), says="malformed"),
    "shape with a zero": Case(breaks=entry(shape=[0, 64], data_offsets=[0, 0]), says="bytes"),
    "shape with a million digits": Case(
        breaks=header(lambda e: json.dumps(e).replace("[288, 64]", f"[{DIGITS}, 64]").encode()), says="not valid JSON"
    ),
    "shape of 2^47 x 2^47": Case(breaks=entry(shape=[1 << 47, 1 << 47]), says="bytes"),
    "shape of nine axes": Case(breaks=entry(shape=[1] * 7 + [288, 64]), says="malformed"),
    "type that does not exist": Case(breaks=entry(dtype="F31"), says="unknown type"),
    "type that is a list": Case(breaks=entry(dtype=["F32"]), says="unknown type"),
    "weights of whole numbers": Case(breaks=tensors(wte__weight=np.ones(WTE, np.int64)), says="I64"),
    "weights of eight bits": Case(breaks=entry(dtype="F8_E4M3", shape=[288, 256]), says="shape"),
    "entry with an unknown key": Case(breaks=entry(more=1), says="malformed"),
    "entry that is a number": Case(breaks=header(lambda e: e.update({"transformer.wte.weight": 7})), says="malformed"),
    "name that climbs": Case(breaks=header(lambda e: renamed(e, "../../etc/passwd")), says="strange name"),
    "name that retitles the window": Case(breaks=header(lambda e: renamed(e, "\x1b]0;x\x07")), says="strange name"),
    "name of 10,000 letters": Case(breaks=header(lambda e: renamed(e, "x" * 10_000)), says="strange name"),
    "name of half a surrogate pair": Case(breaks=header(lambda e: renamed(e, "\ud800")), says="strange name"),
    "numbers that are none": Case(breaks=tensors(wte__weight=INVALID), says="not finite"),
    "numbers without end": Case(breaks=tensors(wte__weight=INFINITE), says="not finite"),
    "numbers that are none in a vector": Case(breaks=tensors(ln_f__bias=INVALID[0]), says="not finite"),
    "numbers too large for F16": Case(breaks=tensors(wte__weight=LARGE), says="too large for F16", file_type="F16"),
    "numbers of bfloat16 that are none": Case(
        breaks=tensors(wte__weight=np.full(WTE, 0x7FC1, np.uint16)), says="not finite"
    ),
    "tensor missing": Case(breaks=tensors(h__0__mlp__c_fc__bias=None), says="is missing"),
    "tensor unknown": Case(breaks=tensors(h__0__adapter=np.ones(4, np.float32)), says="no part of this family"),
    "tensor of a layer too many": Case(
        breaks=tensors(h__1__ln_1__bias=np.ones(64, np.float32)), says="no part of this family"
    ),
    "tensor transposed": Case(breaks=tensors(wte__weight=np.ones(WTE[::-1], np.float32)), says="has shape"),
}

SHARDS = {
    "index of zero bytes": Case(breaks=both(write_shards, file(INDEX, b"")), says="not valid JSON"),
    "index of 18 MB of lists": Case(breaks=both(write_shards, file(INDEX, f'{{"a":{LISTS}}}')), says="too many"),
    "index of 1 GB": Case(breaks=both(write_shards, hole(INDEX, 1 << 30)), says="larger than"),
    "index without a map": Case(breaks=index(lambda found: found.pop("weight_map")), says="weight_map"),
    "index with a list for a map": Case(breaks=index(lambda found: found.update(weight_map=[])), says="weight_map"),
    "index with an empty map": Case(breaks=index(lambda found: found.update(weight_map={})), says="0 shards"),
    "index with numbers for shards": Case(
        breaks=index(lambda found: found.update(weight_map={"a": 1})), says="weight_map"
    ),
    "index of a thousand shards": Case(
        breaks=index(lambda e: e.update(weight_map={f"t{n}": f"{n}.safetensors" for n in range(1000)})),
        says="1000 shards",
    ),
    "index with a total of no number": Case(
        breaks=index(lambda e: e["metadata"].update(total_size=float("nan"))), says="NaN"
    ),
    "index with a tensor too many": Case(breaks=index(lambda e: e["weight_map"].update(more=FIRST)), says="disagree"),
    "index with a tensor too few": Case(
        breaks=index(lambda e: e["weight_map"].pop("transformer.wte.weight")), says="disagree"
    ),
    "index with a tensor in the wrong shard": Case(
        breaks=index(lambda e: e["weight_map"].update({"transformer.wte.weight": SECOND})), says="disagree"
    ),
    "index that climbs": Case(breaks=first_shard_is("../src/" + FIRST), says="not a plain file name"),
    "index with an absolute path": Case(breaks=first_shard_is("/etc/passwd.safetensors"), says="not a plain file"),
    "index with a backslash": Case(breaks=first_shard_is("..\\x.safetensors"), says="not a plain file name"),
    "index with a zero byte": Case(breaks=first_shard_is("a\0.safetensors"), says="not a plain file name"),
    "index with a name of 300 letters": Case(breaks=first_shard_is("x" * 300 + ".safetensors"), says="name too long"),
    "index with a shard that is not there": Case(breaks=first_shard_is("none.safetensors"), says="none.safetensors"),
    "tensor twice in two shards": Case(breaks=_twice, says="disagree"),
    "shard that is a link to itself": Case(breaks=shard(link(FIRST)), says="symbolic links"),
    "shard that is a link to /dev/zero": Case(breaks=shard(link("/dev/zero")), says="link out of the folder"),
    "shard that is a link to a file elsewhere": Case(breaks=shard(link("/etc/passwd")), says="link out of the folder"),
    "shard that is a link to nothing": Case(breaks=shard(link("nothing")), says=f"no {FIRST}"),
    "shard that is a pipe": Case(breaks=shard(os.mkfifo), says="not a plain file"),
    "shard that is a folder": Case(breaks=shard(Path.mkdir), says="not a plain file"),
    "shard that is the other shard": Case(breaks=shard(link(SECOND)), says="disagree"),
    "pickle": Case(breaks=lambda place: (place / "src" / WEIGHTS).rename(place / "src" / "x.bin"), says="pickle"),
    "weights that are a pipe": Case(breaks=replaced(WEIGHTS, os.mkfifo), says=f"no {WEIGHTS}"),
    "weights that are a link elsewhere": Case(breaks=replaced(WEIGHTS, link("/etc/passwd")), says="link out"),
}

CONFIG = {
    "config missing": Case(breaks=lambda place: (place / "src" / "config.json").unlink(), says="no config.json"),
    "config of zero bytes": Case(breaks=file("config.json", ""), says="not valid JSON"),
    "config that is a list": Case(breaks=file("config.json", "[1]"), says="not a JSON object"),
    "config in bad UTF-8": Case(breaks=file("config.json", b'{"a": "\xff"}'), says="not valid JSON"),
    "config with a byte order mark": Case(breaks=file("config.json", b"\xef\xbb\xbf{}"), says="not valid JSON"),
    "config nested 100,000 deep": Case(breaks=file("config.json", '{"a":' * 100_000), says="not valid JSON"),
    "config with a key twice": Case(breaks=file("config.json", '{"a": 1, "a": 2}'), says="twice"),
    "config of 2 MB": Case(breaks=file("config.json", '{"a": "' + "x" * (2 << 20) + '"}'), says="larger than 1 MiB"),
    "config that is a folder": Case(breaks=replaced("config.json", Path.mkdir), says="not a plain file"),
    "config that is a pipe": Case(breaks=replaced("config.json", os.mkfifo), says="not a plain file"),
    "config that is a link elsewhere": Case(breaks=replaced("config.json", link("/etc/passwd")), says="link out"),
    "config: a size of a million digits": _raw("n_embd", DIGITS),
    "config: an epsilon of NaN": _raw("layer_norm_epsilon", "NaN"),
    "config: an epsilon of Infinity": _raw("layer_norm_epsilon", "Infinity"),
    "config: an epsilon of 1e999": _raw("layer_norm_epsilon", "1e999"),
    "config of an unknown family": Case(breaks=settings("config.json", architectures=["Mamba"]), says="Mamba"),
    "config with a list of lists of families": Case(breaks=settings("config.json", architectures=[[]]), says="[[]]"),
    "config of no family": Case(breaks=settings("config.json", architectures=None), says="None"),
    "config with heads of no whole size": Case(breaks=settings("config.json", n_head=7), says="multiple"),
    "config with another activation": Case(breaks=settings("config.json", activation_function="relu"), says="relu"),
    "config with a special id out of range": Case(breaks=settings("config.json", bos_token_id=5000), says="5000"),
    **numbers("n_embd", (0, -1, 1 << 40, 64.0, True, "64", None, [64]), "n_embd"),
    **numbers("n_layer", (0, 513, 1.5), "n_layer"),
    **numbers("n_head", (0, -2, 1 << 31), "n_head"),
    **numbers("vocab_size", (0, 1 << 31, "288"), "vocab_size"),
    **numbers("layer_norm_epsilon", (0, -1e-5, 2, "1e-5"), "layer_norm_epsilon"),
}

TOKENIZER = {
    f"tokenizer {name}": Case(breaks=breaks, says="tokenizer")
    for name, breaks in {
        "missing": lambda place: (place / "src" / "tokenizer.json").unlink(),
        "of zero bytes": file("tokenizer.json", ""),
        "of 60 MB": hole("tokenizer.json", 60 << 20),
        "of 18 MB of lists": file("tokenizer.json", f'{{"a":{LISTS}}}'),
        "of as many lists as are read": file("tokenizer.json", DEEP),
        "that is a link elsewhere": replaced("tokenizer.json", link("/etc/passwd")),
        "without a model": settings("tokenizer.json", model=None),
        "of another kind": bpe(lambda model: model.update(type="WordPiece")),
        "without a vocabulary": bpe(lambda model: model.pop("vocab")),
        "with a list for a vocabulary": bpe(lambda model: model.update(vocab=[])),
        "with a hole in its ids": bpe(lambda model: model["vocab"].update({"def": 287})),
        "with one id for two tokens": bpe(lambda model: model["vocab"].update({"def": 0})),
        "with a negative id": bpe(lambda model: model["vocab"].update({"def": -1})),
        "with an id of 2^62": bpe(lambda model: model["vocab"].update({"def": 1 << 62})),
        "with a fraction for an id": bpe(lambda model: model["vocab"].update({"def": 1.5})),
        "with a truth value for an id": bpe(lambda model: model["vocab"].update({"def": True})),
        "larger than the embedding": bpe(lambda model: model["vocab"].update({f"x{n}": 267 + n for n in range(90)})),
        "with no merges": bpe(lambda model: model.pop("merges")),
        "with a number for merges": bpe(lambda model: model.update(merges=7)),
        "that merges unknown tokens": bpe(lambda model: model["merges"].append(["x", "nope"])),
        "that merges into an unknown token": bpe(lambda model: model["merges"].append(["x", "y"])),
        "that merges three tokens": bpe(lambda model: model["merges"].append(["a", "b", "c"])),
        "that merges numbers": bpe(lambda model: model["merges"].append([1, 2])),
        "with dropout": bpe(lambda model: model.update(dropout=0.5)),
        "with an unknown pre-tokenizer": settings("tokenizer.json", pre_tokenizer={"type": "Metaspace"}),
        "with a number for added tokens": settings("tokenizer.json", added_tokens=7),
        "with an added token that is a list": settings("tokenizer.json", added_tokens=[[]]),
        "with an added token without text": settings("tokenizer.json", added_tokens=[{"id": 0}]),
        "with an added token of id 2^62": settings("tokenizer.json", added_tokens=[{"id": 1 << 62, "content": "x"}]),
        "with half a surrogate pair": settings(
            "tokenizer.json", added_tokens=[{"id": 0, "content": "\ud800", "special": True}]
        ),
        "settings of 2 MB": file("tokenizer_config.json", '{"a": "' + "x" * (2 << 20) + '"}'),
        "settings with a number for a template": settings("tokenizer_config.json", chat_template=7),
    }.items()
}

COMPANIONS = {
    "template of 2 MB": Case(breaks=file("chat_template.jinja", "x" * (2 << 20)), says="larger than"),
    "template in bad UTF-8": Case(breaks=file("chat_template.jinja", b"\xff"), says="not UTF-8"),
    "model card of 10 MB": Case(
        breaks=file("README.md", "---\nlicense: " + "x" * (10 << 20) + "\n---\n"), says="README.md is larger"
    ),
    "model card in bad UTF-8": Case(breaks=file("README.md", b"---\nlicense: \xff\n---\n"), says="not UTF-8"),
    "model card that is a link to a secret": Case(breaks=replaced("README.md", link("/etc/passwd")), says="link out"),
    "licence that is a link to a secret": Case(breaks=replaced("LICENSE", link("/etc/passwd")), says="link out"),
    "licence of 10 MB": Case(breaks=file("LICENSE", "x" * (10 << 20)), says="LICENSE is larger"),
    "licences of 6 MB together": Case(
        breaks=both(file("LICENSE", "x" * (3 << 20)), file("NOTICE", "x" * (3 << 20))), says="too much licence text"
    ),
}

SOURCES = {
    "source that is not there": Case(breaks=lambda place: None, src="none", says="no such folder: none"),
    "source that is an empty folder": Case(breaks=lambda place: (place / "new").mkdir(), src="new", says="config.json"),
    "source that is a GGUF file": Case(breaks=lambda place: None, src="out/m.gguf", says="not a folder"),
    "source that is a device": Case(breaks=lambda place: None, src="/dev/zero", says="not a folder"),
    "source that is a link to itself": Case(breaks=replaced("../new", link("new")), src="new", says="not a folder"),
    "source with a name of 5,000 letters": Case(breaks=lambda place: None, src="x" * 5000, says="no such folder"),
    "hub id that is not in the cache": Case(
        breaks=lambda place: None, src="org/name", says="hf download org/name", environ={"HF_HUB_CACHE": "hub"}
    ),
    "hub id that climbs": Case(
        breaks=lambda place: None, src="org/..@main", says="no such folder", environ={"HF_HUB_CACHE": "hub"}
    ),
    "hub cache that leads elsewhere": Case(
        breaks=lambda place: _hub(place, "../../../src"),
        src="org/name",
        says="holds no commit",
        environ={"HF_HUB_CACHE": "hub"},
    ),
    "hub cache without the files": Case(
        breaks=lambda place: _hub(place, "a" * 40), src="org/name", says="nor in", environ={"HF_HUB_CACHE": "hub"}
    ),
}

TARGETS = {
    "target that is a folder": Case(breaks=out("m.gguf", Path.mkdir), says="not the name of a GGUF file"),
    "target that is a pipe": Case(breaks=out("m.gguf", os.mkfifo), says="not the name of a GGUF file"),
    "target that is a device": Case(breaks=out("m.gguf", link("/dev/null")), says="not the name of a GGUF file"),
    "target of another name": Case(breaks=lambda place: None, dst="out/m.bin", says="end it in .gguf"),
    "target in no folder": Case(breaks=lambda place: None, dst="none/m.gguf", says="no such folder"),
    "target in a file": Case(breaks=lambda place: None, dst="src/config.json/m.gguf", says="no such folder"),
    "target that cannot be written": Case(breaks=lambda place: None, dst="/proc/self/m.gguf", says="cannot write"),
    "target with a name of 300 letters": Case(
        breaks=lambda place: None, dst="out/" + "x" * 300 + ".gguf", says="cannot write"
    ),
    "disk that is full": Case(
        breaks=lambda place: None, says="cannot write", file_type="F32", most_file_bytes=FULL_DISK_BYTES
    ),
    "disk that takes nothing": Case(breaks=lambda place: None, says="cannot", most_file_bytes=10),
    "link where the file will grow": Case(breaks=out("m.gguf.partial", link("/etc/passwd")), says="cannot write"),
    "folder where the journal will be": Case(breaks=out("m.gguf.partial.journal", Path.mkdir), says="cannot write"),
    "link where the journal will be": Case(breaks=out("m.gguf.partial.journal", link("x")), says="cannot write"),
    "manifest of another's": Case(breaks=out("m.json", lambda path: path.write_text("{}")), says="in the way"),
    "manifest that is a folder": Case(breaks=out("m.json", Path.mkdir), says="in the way"),
    "licence that is a folder": Case(breaks=out("m.LICENSE", Path.mkdir), says="in the way"),
}

CORPUS = SAFETENSORS | SHARDS | CONFIG | TOKENIZER | COMPANIONS | SOURCES | TARGETS

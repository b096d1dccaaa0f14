"""Long texts that no cache has seen, of a wanted number of tokens."""

import itertools
from collections.abc import Iterator

from assistant.bench.target import OurDaemon
from assistant.bench.trace import module_text

_MODULES = ("argparse", "ast", "inspect", "typing", "tarfile", "zipfile", "subprocess", "tempfile", "pathlib", "socket")


async def fresh_prompts(daemon: OurDaemon, num_tokens: int) -> Iterator[str]:
    """Texts of about `num_tokens` tokens without end, each different from its first token on."""
    tokens = await daemon.tokens_of("".join(module_text(name, num_lines=None) for name in _MODULES)[: 12 * num_tokens])
    text = await daemon.text_of(tokens[:num_tokens])
    return (f"{number} {text[number:]}" for number in itertools.count(1))

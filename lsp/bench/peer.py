"""The peer: a server on pygls as it comes, with its own store of texts. A program: `python -m … DELAY_S`."""

import asyncio
import logging
import sys

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from lsp.bench.scripted import SUGGESTION

PREFIX_CHARS, SUFFIX_CHARS = 16_000, 4_000


def build_peer(delay_s: float) -> LanguageServer:
    """Build a server that cuts windows of a usual size out of pygls's text, and answers with the same."""
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    server = LanguageServer("peer", "0")

    async def inline_completion(
        ls: LanguageServer, params: types.InlineCompletionParams
    ) -> list[types.InlineCompletionItem]:
        document = ls.workspace.get_text_document(params.text_document.uri)
        offset = document.offset_at_position(params.position)
        prefix = document.source[max(0, offset - PREFIX_CHARS) : offset]
        suffix = document.source[offset : offset + SUFFIX_CHARS]
        await asyncio.sleep(delay_s)
        return [types.InlineCompletionItem(SUGGESTION)] if prefix or suffix else []

    server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())(inline_completion)
    return server


if __name__ == "__main__":
    build_peer(float(sys.argv[1])).start_io()

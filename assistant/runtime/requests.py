"""Messages to jobs: text becomes token ids, cut to what the model can hold."""

from collections.abc import Callable
from itertools import chain

from assistant.errors import InputError
from assistant.prompts import FimFormat, Prompt, chat_prompt, fim_context, fim_prompt, template_prompt
from assistant.protocol import ChatRequest, FimRequest, TextRequest
from assistant.runtime.adapters import Adapters
from assistant.runtime.context import Context
from assistant.runtime.draft_model import DraftModel
from assistant.runtime.drafter import Drafter
from assistant.runtime.drafting import DraftCredit
from assistant.runtime.grammar import read_grammar
from assistant.runtime.healing import Healer
from assistant.runtime.jobs import Job, RequestClass
from assistant.runtime.json_schema import read_schema
from assistant.runtime.llama import Model, TextDecoder
from assistant.runtime.matcher import Alphabet, Matcher
from assistant.runtime.sampling import Sampler
from assistant.runtime.stops import StopStrings
from assistant.runtime.window import SegmentedTokenizer, fit_hole, near_cursor

NUM_MARKS = 4
"""The three of a hole, and begin-of-text where a model wants it."""
CHUNKS_SHARE = 3
"""Pieces of other files get at most one part in this many of the window."""
SUFFIX_LAST_TOKENS = 64
"""Where the suffix stands behind the prefix, every keystroke computes it anew: on a CPU it must be short."""
Ids = list[int]


class JobFactory:
    """Makes jobs for one model and context. Tokenising is thread-safe, so this runs on the reading thread.

    Args:
        window_tokens: What a completion sees of files, at most: its first keystroke waits until all that is computed.
        cost_s: Seconds that a decode of so many tokens of an answer takes.
        draft_model: Guesses ahead.
    """

    def __init__(
        self,
        model: Model,
        context: Context,
        adapters: Adapters,
        *,
        window_tokens: int,
        cost_s: Callable[[int], float],
        draft_model: DraftModel | None = None,
    ) -> None:
        self._model = model
        self._context = context
        self._adapters = adapters
        self._window_tokens = window_tokens
        self._cost_s = cost_s
        self._draft_model = draft_model
        self._draft_credit = DraftCredit()
        self._alphabet = Alphabet(model.vocab.pieces, model.vocab.end_ids)
        self._tokenizer = SegmentedTokenizer(model.vocab.tokenize, can_cut=model.vocab.is_byte_pair)
        self.limit_tokens = min(model.trained_tokens, context.num_cells)
        """Tokens one request may hold, answer included: beyond what it was trained for a model has no positions."""

    def fim(self, job_id: int, request: FimRequest) -> Job:
        """A hole in a file, trimmed to the window around the cursor.

        Raises:
            InputError: The model was not trained to fill in the middle.
        """
        form = self._model.fim
        if form is None:
            raise InputError(
                f"{self._model.name} cannot fill in the middle",
                hint="choose a model with fill-in-the-middle tokens for completions",
            )
        max_tokens = min(request.max_tokens, self.limit_tokens // 2)
        room = min(self._window_tokens, self.limit_tokens - max_tokens - NUM_MARKS)
        context = self._context_of(form, request, room // CHUNKS_SHARE)
        room -= len(context)
        prefix_text, suffix_text = near_cursor(request.prefix, request.suffix, room)
        segments = self._tokenizer.segments
        order = request.order or form.order
        most_suffix = SUFFIX_LAST_TOKENS if order == "psm" and self._context.can_abort else None
        prefix, suffix = fit_hole(segments(prefix_text), segments(suffix_text), room, most_suffix=most_suffix)
        known = self._model.vocab.pieces[prefix.pop()] if prefix else b""
        prompt = fim_prompt(form, prefix, suffix, order=order, context=(context,) if context else ())
        ids = self._model.vocab.encode(prompt)
        return self._job(
            job_id,
            RequestClass.WARM_UP if request.warm_up else RequestClass.KEYSTROKE,
            ids,
            request,
            max_tokens=max_tokens,
            stop=(*request.stop, "\n") if request.single_line else request.stop,
            key=(request.client, request.document) if request.client else None,
            known=known,
            references=tuple(self._ids(text) for text in request.references),
        )

    def chat(self, job_id: int, request: ChatRequest) -> Job:
        """A conversation, in the model's own template or, where it has none, in ours."""
        model = self._model
        prompt: Prompt = chat_prompt(request.messages)
        if model.chat_template:
            vocab = model.vocab
            prompt = template_prompt(model.chat_template, request.messages, bos=vocab.bos_text, eos=vocab.eos_text)
        return self._text_job(job_id, prompt, request)

    def text(self, job_id: int, request: TextRequest) -> Job:
        """Plain text to continue."""
        return self._text_job(job_id, (request.prompt,), request)

    def _context_of(self, form: FimFormat, request: FimRequest, room: int) -> Ids:
        """Pieces of other files, the first ones first, as long as they fit."""
        chunks = [(chunk.name, self._ids(chunk.text)) for chunk in request.chunks]
        while chunks:
            ids = self._model.vocab.join(fim_context(form, chunks, request.name))
            if len(ids) <= room:
                return ids
            chunks.pop()
        return []

    def _ids(self, text: str) -> Ids:
        return list(chain.from_iterable(self._tokenizer.segments(text)))

    def _text_job(self, job_id: int, prompt: Prompt, request: ChatRequest | TextRequest) -> Job:
        ids = self._model.vocab.encode(prompt)
        if not ids:
            raise InputError("the prompt is empty", hint="say something")
        if len(ids) >= self.limit_tokens:
            raise InputError(
                f"the conversation has {len(ids)} tokens and {self._model.name} holds {self.limit_tokens}",
                hint="start a new conversation, or send less text",
            )
        return self._job(
            job_id,
            RequestClass.CHAT,
            ids,
            request,
            max_tokens=request.max_tokens,
            stop=request.stop,
            matcher=self._matcher(request),
        )

    def _matcher(self, request: ChatRequest | TextRequest) -> Matcher | None:
        if request.json_schema is not None:
            return Matcher(read_schema(request.json_schema), self._alphabet)
        return Matcher(read_grammar(request.grammar), self._alphabet) if request.grammar else None

    def _job(
        self,
        job_id: int,
        request_class: RequestClass,
        ids: Ids,
        request: FimRequest | ChatRequest | TextRequest,
        *,
        max_tokens: int,
        stop: tuple[str, ...],
        key: tuple[str, str] | None = None,
        known: bytes = b"",
        references: tuple[Ids, ...] = (),
        matcher: Matcher | None = None,
    ) -> Job:
        vocab = self._model.vocab
        sampler = Sampler(request, self._context.logits, num_tokens=vocab.num_tokens, prompt=ids, matcher=matcher)
        healer = Healer(vocab.index, vocab.pieces, known)

        def pick(index: int) -> int:
            return healer.choose(self._context.logits(index)) if healer.required else sampler.choose(index)

        return Job(
            id=job_id,
            request_class=request_class,
            tokens=ids,
            max_tokens=max(1, min(max_tokens, self.limit_tokens - len(ids))),
            stops=StopStrings(stop),
            decoder=TextDecoder(vocab.pieces, len(known)),
            pick=pick,
            close=sampler.close,
            drafter=Drafter(ids, references, cost_s=self._cost_s, credit=self._draft_credit, model=self._draft_model),
            weights=self._adapters.weights(request_class),
            key=key,
        )

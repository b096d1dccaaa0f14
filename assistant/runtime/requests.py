"""Messages to jobs: text becomes token ids, cut to what the model can hold."""

from assistant.errors import InputError
from assistant.prompts import Prompt, Special, chat_prompt, fim_prompt, template_prompt
from assistant.protocol import ChatRequest, FimRequest, Sampling, TextRequest
from assistant.runtime.healing import Healer
from assistant.runtime.jobs import Job, RequestClass
from assistant.runtime.llama import Context, Model, TextDecoder
from assistant.runtime.sampling import Sampler
from assistant.runtime.stops import StopStrings

SUFFIX_SHARE = 4
"""The suffix gets at most one part in this many of the window."""


class JobFactory:
    """Makes jobs for one model and context. Tokenising is thread-safe, so this runs on the reading thread."""

    def __init__(self, model: Model, context: Context) -> None:
        self._model = model
        self._context = context
        self.limit_tokens = min(model.trained_tokens, context.num_cells)
        """Tokens one request may hold, answer included: beyond what it was trained for a model has no positions."""

    def fim(self, job_id: int, request: FimRequest) -> Job:
        """A hole in a file, trimmed to the window around the cursor.

        Raises:
            InputError: The model was not trained to fill in the middle.
        """
        if self._model.fim is None:
            raise InputError(
                f"{self._model.name} cannot fill in the middle",
                hint="choose a model with fill-in-the-middle tokens for completions",
            )
        vocab = self._model.vocab
        num_specials = 4  # three marks, and begin-of-text where a model wants it
        max_tokens = min(request.max_tokens, self.limit_tokens // 2)
        room = self.limit_tokens - max_tokens - num_specials
        prefix, suffix = fit_hole(vocab.tokenize(request.prefix), vocab.tokenize(request.suffix), room)
        known = vocab.pieces[prefix.pop()] if prefix else b""
        layout: tuple[Special | list[int], ...] = fim_prompt(self._model.fim, prefix, suffix)
        return self._job(
            job_id,
            RequestClass.KEYSTROKE,
            vocab.encode(layout),
            max_tokens,
            request.temperature,
            stop=(*request.stop, "\n") if request.single_line else request.stop,
            key=(request.client, request.document) if request.client else None,
            known=known,
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

    def _text_job(self, job_id: int, prompt: Prompt, request: ChatRequest | TextRequest) -> Job:
        ids = self._model.vocab.encode(prompt)
        if not ids:
            raise InputError("the prompt is empty", hint="say something")
        if len(ids) >= self.limit_tokens:
            raise InputError(
                f"the conversation has {len(ids)} tokens and {self._model.name} holds {self.limit_tokens}",
                hint="start a new conversation, or send less text",
            )
        return self._job(job_id, RequestClass.CHAT, ids, request.max_tokens, request.temperature, stop=request.stop)

    def _job(
        self,
        job_id: int,
        request_class: RequestClass,
        ids: list[int],
        max_tokens: int,
        temperature: float,
        *,
        stop: tuple[str, ...],
        key: tuple[str, str] | None = None,
        known: bytes = b"",
    ) -> Job:
        vocab = self._model.vocab
        sampler = Sampler(Sampling(temperature=temperature), self._context.logits, num_tokens=vocab.num_tokens)
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
            key=key,
        )


def fit_hole(prefix: list[int], suffix: list[int], room: int) -> tuple[list[int], list[int]]:
    """Keep the tokens nearest to the cursor that fit into `room`.

    The left edge moves in steps of a quarter of the prefix's room, not with every keystroke: as long as it stands, the
    prompt keeps its beginning and the KV cache its use.
    """
    if len(prefix) + len(suffix) > room:
        suffix = suffix[: room // SUFFIX_SHARE]
    room_for_prefix = room - len(suffix)
    excess = len(prefix) - room_for_prefix
    if excess > 0:
        step = max(1, room_for_prefix // 4)
        prefix = prefix[-(-excess // step) * step :]
    return prefix, suffix

"""LoRA adapters over one model: listed, loaded and scaled for each class of requests, while the model stays loaded."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import InputError, ModelFileError
from assistant.models.gguf import read_gguf
from assistant.protocol import AdapterScale, Json
from assistant.runtime.jobs import RequestClass, Weights
from assistant.runtime.llama import Model, lib

CLASSES = {"completion": (RequestClass.KEYSTROKE, RequestClass.WARM_UP), "chat": (RequestClass.CHAT,)}
MAX_SCALE = 100.0


@dataclass(slots=True)
class Adapter:
    """One adapter file that fits the model."""

    path: Path
    identity: str
    """Of its contents, as far as its name, size and time tell: KV entries on disk are kept by it."""
    handle: Any
    """Of llama.cpp; None until the adapter is first wanted."""
    scales: dict[str, float] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0.0))


class Adapters:
    """The adapters of a folder, by their places in the sorted list of its GGUF files.

    A new file is seen at the next listing; ids never change while the engine runs.
    """

    def __init__(self, model: Model, folder: Path) -> None:
        self._model = model
        self._folder = folder
        self._adapters: list[Adapter] = []

    def listed(self) -> Json:
        """What there is, as an event for the daemon."""
        self._look()
        return {
            "adapters": [
                {"id": index, "name": each.path.stem, "path": str(each.path), "scales": each.scales}
                for index, each in enumerate(self._adapters)
            ]
        }

    def scale(self, scales: tuple[AdapterScale, ...]) -> Json:
        """Scale adapters for the requests to come; those that run keep theirs.

        Raises:
            InputError: No such adapter, or a scale that makes no sense.
            ModelFileError: The file is not an adapter of this model.
        """
        self._look()
        for change in scales:
            if not 0 <= change.id < len(self._adapters):
                raise InputError(f"there is no adapter {change.id}", hint=f"put its GGUF file into {self._folder}")
            if not -MAX_SCALE <= change.scale <= MAX_SCALE:
                raise InputError(f"an adapter cannot be scaled by {change.scale}", hint="1 is as it was trained, 0 off")
        for change in scales:
            adapter = self._adapters[change.id]
            adapter.handle = adapter.handle or self._load(adapter.path)
            names = [change.request_class] if change.request_class else CLASSES
            adapter.scales.update(dict.fromkeys(names, change.scale))
        return self.listed()

    def weights(self, request_class: RequestClass) -> Weights:
        """What a new request of this class is computed with."""
        (name,) = (name for name, classes in CLASSES.items() if request_class in classes)
        scaled = ((adapter.identity, adapter.scales[name]) for adapter in self._adapters)
        return tuple((identity, scale) for identity, scale in scaled if scale)

    def handles(self, weights: Weights) -> list[tuple[Any, float]]:
        """The same for llama.cpp."""
        handles = {adapter.identity: adapter.handle for adapter in self._adapters}
        return [(handles[identity], scale) for identity, scale in weights]

    def _look(self) -> None:
        known = {each.path for each in self._adapters}
        found = sorted(self._folder.glob("*.gguf")) if self._folder.is_dir() else []
        self._adapters += [Adapter(path, _identity(path), None) for path in found if path not in known]

    def _load(self, path: Path) -> Any:
        """Load a file whose header was checked; llama.cpp compares its shapes with the model's."""
        read_gguf(path)
        handle = lib.llama_adapter_lora_init(self._model.handle, str(path).encode())
        if not handle:
            raise ModelFileError(f"{path.name} is no adapter of this model", hint="convert it with its own base")
        return handle


def _identity(path: Path) -> str:
    status = path.stat()
    return f"{path.name} {status.st_size} {status.st_mtime_ns}"

"""Ranked rows become the ids that the model is served with; what cannot be one is left out and counted."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import llama_cpp
import pytest

from assistant import paths
from assistant.errors import ConfigError, InputError
from assistant.prompts import STARCODER_FIM, chat_prompt, template_prompt
from assistant.protocol import Message
from assistant.runtime.llama import Vocab, quiet_logs
from convert.tokens.vocabulary_json import tokenizer_config, tokenizer_json
from tests.tiny_finetuning import judged, ranked, rows, save_base
from training.finetune.examples import examples_of
from training.finetune.recipe import DataRecipe, FinetuneRecipe, ModelRecipe, ObjectiveRecipe
from training.finetune.vocabulary import Vocabulary
from training.presets import PRESETS
from training.rows import Task

RECIPE = FinetuneRecipe(name="r", model=ModelRecipe(base="b"), data=DataRecipe(max_tokens=120))
HOSTILE = 'Say <|endoftext|>, <|im_end|> and <fim_middle>.\n\n"12345"'
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return Vocabulary(save_base(tmp_path_factory.mktemp("base")))


def served_by(gguf: Path) -> Vocab:
    """A vocabulary as the engine sees it."""
    quiet_logs()
    params: Any = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    return Vocab(llama_cpp.llama_model_load_from_file(str(gguf).encode(), params))


def trained_on(gguf: Path, folder: Path, **settings: Any) -> Vocabulary:
    """The same vocabulary as the trainer sees it, in a Hugging Face folder."""
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_json(gguf)))
    config = tokenizer_config(gguf) | {"tokenizer_class": "PreTrainedTokenizerFast"} | settings
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return Vocabulary(folder)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_the_built_in_model_is_trained_on_the_ids_that_its_engine_lays_out(tmp_path: Path, name: str) -> None:
    """By every preset: text as it is, conversations in our own layout. The prompt spells control tokens."""
    served, trained = served_by(paths.BUILTIN_MODEL), trained_on(paths.BUILTIN_MODEL, tmp_path)
    row = ranked("t", HOSTILE, judged("a", "x = 1\n", "passes_all"))
    asked = PRESETS[name].prompt(Task(id="t", prompt=HOSTILE, provenance=row.provenance))

    recipe = replace(RECIPE, data=DataRecipe(preset=name, max_tokens=1000))
    prompt = examples_of([row], recipe, trained).examples[0].prompt

    assert list(prompt) == served.encode((asked,) if isinstance(asked, str) else chat_prompt(asked))


@pytest.mark.parametrize("family", ["qwen2", "llama-bpe", "starcoder", "deepseek-coder"])
def test_a_hugging_face_tokenizer_gives_the_ids_of_the_engine(shared_data: Path, tmp_path: Path, family: str) -> None:
    """Text, and a conversation by the template that came with the model."""
    gguf = shared_data / "vocab" / f"ggml-vocab-{family}.gguf"
    served = served_by(gguf)
    has_begin = served.encode(("",)) != []
    trained = trained_on(gguf, tmp_path, chat_template=CHATML, add_bos_token=has_begin)
    turns = (Message(role="user", content=HOSTILE),)

    assert list(trained.prompt(HOSTILE)) == served.encode((HOSTILE,))
    assert list(trained.prompt(turns)) == served.encode(
        template_prompt(CHATML, turns, bos=served.bos_text, eos=served.eos_text)
    )
    assert list(trained.answer(HOSTILE)[:-1]) == served.tokenize(HOSTILE)
    assert trained.answer("")[0] in served.end_ids


def test_an_answer_is_its_code_and_what_ends_it(tiny: Vocabulary) -> None:
    """A control token in it stays text: the only one is the last."""
    row = ranked("t", "p", judged("a", "x = '<fim_middle>'\n", "passes_all"))

    (response,) = examples_of([row], RECIPE, tiny).examples[0].responses

    assert response[-1] == tiny.end_of_text
    assert tiny.codec.id_of(STARCODER_FIM.middle) not in response
    assert len(response) > 10
    assert tiny.decode(list(response[:-1])) == "x = '<fim_middle>'\n"


def test_answers_that_are_too_long_are_left_out_and_counted(tiny: Vocabulary) -> None:
    """The others of their prompt stay."""
    row = ranked("t", "p", judged("a", "x = 1\n" * 60, "passes_all"), judged("b", "y = 1\n", "fails_some"))

    prepared = examples_of([row], RECIPE, tiny)

    assert len(prepared.examples[0].responses) == 1
    assert prepared.left_out == {"answers that are too long": 1}


def test_what_a_stop_would_cut_off_is_not_learned(tiny: Vocabulary) -> None:
    """Served, the answer would end there."""
    shown = judged("a", "def f():\n    return 1\nprint(f())\n", "passes_all")
    row = ranked("t", "p", shown, judged("b", "y = 1\n", "fails_some"))

    assert examples_of([row], RECIPE, tiny).left_out == {"answers that the preset cannot give": 1}


def test_nothing_to_learn_from_is_an_error_that_says_why(tiny: Vocabulary) -> None:
    """With the counts."""
    row = ranked("t", "p", judged("a", "x = 1\n" * 60, "passes_all"))

    with pytest.raises(InputError, match="1 answers that are too long, 1 rows without enough answers"):
        examples_of([row], RECIPE, tiny)


@pytest.mark.parametrize(
    "code",
    [
        '"""\nOne.\n"""\nimport os\n\ndef f(x):\n    return 1\n',
        'import os\n\ndef f(x):\n    """One."""\n    return 1\n',
        "import os\ndef f(x):\n    return 1\n",
        "def f(x):\n    return 1\n",
    ],
    ids=["as laid out", "as the task", "whole program", "function alone"],
)
def test_a_prompt_that_is_code_is_gone_on_with(tiny: Vocabulary, code: str) -> None:
    """Whatever the program begins with, if it is what the prompt begins with."""
    row = ranked("t", 'import os\n\ndef f(x):\n    """One."""\n', judged("a", code, "passes_all"), entry_point="f")

    (response,) = examples_of([row], RECIPE, tiny).examples[0].responses

    assert tiny.decode(list(response[:-1])) == "    return 1\n"


def test_a_program_with_another_beginning_does_not_go_on_from_the_prompt(tiny: Vocabulary) -> None:
    """Its body alone would be another program."""
    other = judged("a", "import re\n\ndef f(x):\n    return re\n", "passes_all")
    row = ranked(
        "t", 'def f(x):\n    """One."""\n', other, judged("b", "def f(x):\n    pass\n", "fails_some"), entry_point="f"
    )

    assert examples_of([row], RECIPE, tiny).left_out == {"answers that the preset cannot give": 1}


@pytest.mark.parametrize(
    ("objective", "answers", "expected"),
    [
        ("teacher", "all", "t2"),
        ("best", "all", "s1"),
        ("best", "own_passing", "s1"),
        ("teacher", "passing", "t2"),
        ("random_teacher", "passing", "t2"),
    ],
)
def test_fine_tuning_is_on_the_one_answer_that_the_recipe_names(
    tiny: Vocabulary, objective: Any, answers: Any, expected: str
) -> None:
    """The best teacher's, the best of all, the student's own."""
    row = ranked(
        "t",
        "p",
        judged("s1", "s1", "passes_all"),
        judged("t2", "t2", "passes_all", "teacher"),
        judged("t3", "t3", "fails_some", "teacher"),
    )
    recipe = replace(
        RECIPE,
        method="sft",
        objective=ObjectiveRecipe(target=objective),
        data=replace(RECIPE.data, answers=answers),
    )

    (response,) = examples_of([row], recipe, tiny).examples[0].responses

    assert tiny.decode(list(response[:-1])) == expected


def test_a_pair_is_the_best_teacher_and_one_student(tiny: Vocabulary) -> None:
    """As the paper prints it."""
    recipe = replace(RECIPE, objective=ObjectiveRecipe(rank="pair"))

    prepared = examples_of(rows(10), recipe, tiny)

    assert {each.is_teacher for each in prepared.examples} == {(True, False)}


def test_a_folder_without_a_tokenizer_is_an_error_of_two_lines(tmp_path: Path) -> None:
    """What, and what to do."""
    with pytest.raises(ConfigError, match=r"has no tokenizer\.json"):
        Vocabulary(tmp_path)

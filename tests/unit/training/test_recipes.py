"""Recipes are read strictly."""

from pathlib import Path

import pytest

from assistant.errors import ConfigError
from training.recipe import read_recipe

BUILT_IN = sorted((Path(__file__).parents[3] / "training" / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_the_built_in_recipes_are_read_and_named_after_their_file(path: Path) -> None:
    """What is shipped works."""
    assert read_recipe(path).name == path.stem


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('name = "x"\n[pretrain]\nnum_stepz = 3\n', "pretrain.num_stepz", "pretrain.num_steps"),
        ('name = "x"\n[zzz]\n', "unknown key zzz", "corpus, model, pretrain"),
        ('name = "x"\n[rrtf]\nreduction = "men"\n', "'men', not one of sum, mean", "'mean'"),
        ("seed = 1\n", "no name", "name ="),
        ('name = "x"\nseed = "one"\n', "seed is 'one'", "int"),
        ('name = "x"\nmodel = 3\n', "model is not a table", "[model]"),
        ("name = \n", "not TOML", "line"),
    ],
)
def test_a_mistake_in_a_recipe_is_named_with_what_to_do(tmp_path: Path, text: str, message: str, hint: str) -> None:
    """Unknown keys come with the nearest valid name, or with all of them where none is near."""
    path = tmp_path / "recipe.toml"
    path.write_text(text)

    with pytest.raises(ConfigError) as raised:
        read_recipe(path)

    assert message in str(raised.value)
    assert hint in raised.value.hint


def test_a_whole_number_is_good_where_a_fraction_is_asked_for(tmp_path: Path) -> None:
    """TOML tells 1 from 1.0; a reader of recipes should not have to."""
    path = tmp_path / "recipe.toml"
    path.write_text('name = "x"\n[rrtf]\nlambda_rank = 1\nstudent_temperatures = [1, 0.5]\n')

    recipe = read_recipe(path)

    assert recipe.rrtf.lambda_rank == 1.0
    assert recipe.rrtf.student_temperatures == (1.0, 0.5)

"""What a careful colleague would not type: rules that cut a model's text before an editor shows it. Pure.

A rule is a function of the text and its surroundings. It only removes, or indents anew; none invents text.
"""

from lsp.rules.around import Surroundings
from lsp.rules.pipeline import RULES, Polished, polish
from lsp.rules.single_line import wants_single_line

__all__ = ["RULES", "Polished", "Surroundings", "polish", "wants_single_line"]

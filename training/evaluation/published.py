"""Published figures on HumanEval, in percent, to read one's own beside: only those whose source was read.

Table 2 of PanGu-Coder2 has 200 samples a problem at temperature 0.2 for StarCoder, WizardCoder and PanGu-Coder2, and
figures of others for GPT; CodeGeeX2's authors drew 20. AquilaCode is left out: its authors print no figure where it is
published.
"""

from dataclasses import dataclass

PANGU_CODER2 = "PanGu-Coder2, arXiv:2307.14936, table 2"
CODEGEEX2 = "README of github.com/THUDM/CodeGeeX2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """pass@1 of HumanEval as somebody printed it."""

    model: str
    percent: float
    source: str


HUMANEVAL_PASS_AT_1 = (
    Figure(model="GPT-4 (Bubeck et al.)", percent=82.0, source=PANGU_CODER2),
    Figure(model="GPT-3.5 (Luo et al.)", percent=68.9, source=PANGU_CODER2),
    Figure(model="GPT-4 (OpenAI)", percent=67.0, source=PANGU_CODER2),
    Figure(model="PanGu-Coder2 15B", percent=61.64, source=PANGU_CODER2),
    Figure(model="WizardCoder 15B", percent=57.30, source=PANGU_CODER2),
    Figure(model="GPT-3.5 (OpenAI)", percent=48.1, source=PANGU_CODER2),
    Figure(model="CodeGeeX2 6B", percent=35.9, source=CODEGEEX2),
    Figure(model="StarCoder 15B", percent=33.60, source=PANGU_CODER2),
)
NUM_PROBLEMS = 164
"""Of HumanEval: with other problems there is nothing to compare."""

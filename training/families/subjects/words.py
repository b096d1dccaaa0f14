"""Families over words."""

from training.families.family import Family
from training.families.kinds import SENTENCE, WORDS

WORD = {
    "longer than $k characters": "len(w) > $k",
    "shorter than $k characters": "len(w) < $k",
    "of even length": "len(w) % 2 == 0",
    "with the letter $a": "$a in w",
    "without the letter $a": "$a not in w",
    "beginning with $a": "w.startswith($a)",
    "ending with $a": "w.endswith($a)",
    "beginning and ending with the same character": "w[:1] == w[-1:]",
}
"""Of a word w."""
LETTERS = ("a", "b", "e", "i", "s", "t", "n")
WORDS_CHANGED = Family(
    name="words_changed",
    subject="text formatting",
    takes={"text": SENTENCE},
    prepare="text",
    finish="text",
    slots={
        "test": WORD,
        "change": {
            "in upper case": "w.upper()",
            "reversed": "w[::-1]",
            "with a capital first letter": "w[:1].upper() + w[1:]",
            "replaced by their first letter and a dot": "w[:1] + '.'",
            "replaced by as many stars as they have letters": "'*' * len(w)",
            "in brackets": "'(' + w + ')'",
            "written twice": "w + w",
        },
        "glue": (" ", "_", "-", ", "),
        "k": (2, 3, 4, 5),
        "a": LETTERS,
    },
    titles=("change_words", "mark_words", "edit_sentence"),
    asks=("the words of text joined with $glue, those $test $change and the others as they are",),
    styles=(
        """
        def $f(text):
            return $glue.join($change if $test else w for w in text.split())
        """,
        """
        def $f(text):
            words = []
            for w in text.split():
                if $test:
                    words.append($change)
                else:
                    words.append(w)
            return $glue.join(words)
        """,
    ),
)
WORD_LIST = Family(
    name="word_list",
    subject="text formatting",
    takes={"words": WORDS},
    prepare="words",
    finish="words",
    slots={
        "test": WORD,
        "order": {
            "in their order": "kept",
            "sorted by length, equal ones as they come": "sorted(kept, key=len)",
            "sorted by length, equal ones alphabetically": "sorted(kept, key=lambda w: (len(w), w))",
            "sorted by their last character, equal ones as they come": "sorted(kept, key=lambda w: w[-1:])",
            "without repetitions, in order of first occurrence": "list(dict.fromkeys(kept))",
            "numbered, like '1:first', '2:second'": "[f'{i}:{w}' for i, w in enumerate(kept, 1)]",
        },
        "k": (2, 3, 4, 5),
        "a": LETTERS,
    },
    titles=("select_words", "word_list", "arrange_words"),
    asks=("the list of the words $test, $order", "a list of those elements of words $test; they stand $order"),
    styles=(
        """
        def $f(words):
            kept = [w for w in words if $test]
            return $order
        """,
        """
        def $f(words):
            kept = []
            for w in words:
                if not ($test):
                    continue
                kept.append(w)
            return $order
        """,
    ),
)
INITIALS = Family(
    name="initials",
    subject="text formatting",
    takes={"text": SENTENCE},
    prepare="text",
    finish="text",
    slots={
        "piece": {
            "first letter": "w[0]",
            "last letter": "w[-1]",
            "first $k letters": "w[:$k]",
            "last $k letters": "w[-$k:]",
            "first letter (capital) followed by its length": "w[0].upper() + str(len(w))",
            "middle letter (index half of the length, rounded down)": "w[len(w) // 2]",
        },
        "test": WORD,
        "glue": ("", ".", " ", "/"),
        "k": (2, 3),
        "a": LETTERS,
    },
    titles=("initials", "acronym", "abbreviate"),
    asks=(
        "the string of the $piece of every word $test in text, with $glue between",
        "a string that joins, with $glue, the $piece of each word of text $test",
    ),
    styles=(
        """
        def $f(text):
            return $glue.join($piece for w in text.split() if $test)
        """,
        """
        def $f(text):
            result = ""
            for w in text.split():
                if $test:
                    if result:
                        result += $glue
                    result += $piece
            return result
        """,
    ),
)
COMMON_ENDS = Family(
    name="common_ends",
    subject="strings",
    level=2,
    takes={"words": WORDS},
    prepare="words",
    finish="words",
    slots={
        "what": {
            "the first $k characters": "w[:$k]",
            "the last $k characters": "w[-$k:]",
            "the length": "len(w)",
            "the first character in lower case": "w[:1].lower()",
            "the set of their letters": "sorted(set(w))",
            "the number of letters $a": "w.count($a)",
        },
        "which": {
            "share with the word before it": "before == here",
            "do not share with the word before it": "before != here",
        },
        "k": (1, 2, 3),
        "a": LETTERS,
    },
    titles=("linked", "chained_words", "neighbour_words"),
    asks=("the list of the words that $which $what; the first word never counts",),
    styles=(
        """
        def $f(words):
            keys = [$what for w in words]
            return [w for before, here, w in zip(keys, keys[1:], words[1:]) if $which]
        """,
        """
        def $f(words):
            result = []
            for i in range(1, len(words)):
                w = words[i - 1]
                before = $what
                w = words[i]
                here = $what
                if $which:
                    result.append(w)
            return result
        """,
    ),
)

FAMILIES = (
    WORDS_CHANGED,
    WORD_LIST,
    INITIALS,
    COMMON_ENDS,
)

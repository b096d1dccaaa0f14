"""Families of text formatting."""

from training.families.family import Family
from training.families.kinds import NATURAL, SENTENCE, WORDS

WRAPPED = Family(
    name="wrapped",
    subject="text formatting",
    level=3,
    takes={"text": SENTENCE},
    prepare="text",
    finish="words",
    slots={
        "width": (8, 9, 10, 11, 12, 14, 16, 18),
        "form": {
            "as it is": "line",
            "filled up with dots on the right to $width": "line.ljust($width, '.')",
            "filled up with spaces on the left to $width": "line.rjust($width)",
            "followed by '|'": "line + '|'",
            "with its words in reverse order": "' '.join(line.split(' ')[::-1])",
        },
    },
    titles=("wrap", "break_lines", "layout"),
    asks=(
        "the list of lines when the words of text are filled into lines of at most $width characters, with one space "
        "between words (a longer word has a line of its own), each line $form",
    ),
    styles=(
        """
        def $f(text):
            lines = []
            for word in text.split():
                if lines and len(lines[-1]) + 1 + len(word) <= $width:
                    lines[-1] += " " + word
                else:
                    lines.append(word)
            return [$form for line in lines]
        """,
        """
        def $f(text):
            result = []
            words = text.split()
            while words:
                line = words[0]
                used = 1
                while used < len(words) and len(line) + len(words[used]) < $width:
                    line += " " + words[used]
                    used += 1
                result.append($form)
                words = words[used:]
            return result
        """,
    ),
)
ALIGNED = Family(
    name="aligned",
    subject="text formatting",
    takes={"words": WORDS},
    prepare="words",
    finish="words",
    slots={
        "width": {
            "the length of the longest word": "max((len(w) for w in words), default=0)",
            "$k characters": "$k",
            "one more than the length of the longest word": "max((len(w) for w in words), default=0) + 1",
        },
        "side": {
            "on the right": "w + $fill * (width - len(w))",
            "on the left": "$fill * (width - len(w)) + w",
            "on the left after reversing it": "$fill * (width - len(w)) + w[::-1]",
        },
        "mark": {
            "": "line",
            " and the line put between bars '|'": "'|' + line + '|'",
            " and the line's length added": "line + str(len(line))",
        },
        "fill": (" ", ".", "-", "="),
        "k": (3, 4, 5, 6, 7),
    },
    titles=("align", "pad_words", "column"),
    asks=("the list of the words, each filled up $side with $fill to $width$mark (a longer word gets no filling)",),
    styles=(
        """
        def $f(words):
            width = $width
            lines = [$side for w in words]
            return [$mark for line in lines]
        """,
        """
        def $f(words):
            result = []
            for w in words:
                width = $width
                line = $side
                result.append($mark)
            return result
        """,
    ),
)
DURATION = Family(
    name="duration",
    subject="text formatting",
    takes={"n": NATURAL},
    prepare="natural",
    finish="text",
    slots={
        "unit": {"seconds": "n", "minutes": "n * 60", "blocks of $k seconds": "n * $k", "tens of seconds": "n * 10"},
        "form": {
            "h:mm:ss": "f'{hours}:{minutes:02}:{seconds:02}'",
            "hh:mm": "f'{hours:02}:{minutes:02}'",
            "1h 2m 3s": "f'{hours}h {minutes}m {seconds}s'",
            "minutes:seconds, without hours, like 75:05": "f'{hours * 60 + minutes}:{seconds:02}'",
            "hours.minutes, like 1.05": "f'{hours}.{minutes:02}'",
        },
        "wrap": {
            "": "total",
            ", of which whole days are left out": "total % 86400",
            ", of which whole half days are left out": "total % 43200",
        },
        "k": (2, 3, 5, 7, 15, 20, 30, 90),
    },
    titles=("duration", "clock", "format_time"),
    asks=(
        "the length of time of n $unit$wrap, written as $form",
        "the time of n $unit$wrap as a string of the form $form",
    ),
    styles=(
        """
        def $f(n):
            total = $unit
            total = $wrap
            hours = total // 3600
            minutes = total % 3600 // 60
            seconds = total % 60
            return $form
        """,
        """
        def $f(n):
            total = $unit
            minutes, seconds = divmod($wrap, 60)
            hours, minutes = divmod(minutes, 60)
            return $form
        """,
    ),
)

FAMILIES = (
    WRAPPED,
    ALIGNED,
    DURATION,
)

"""A bug report tells about the machine and not about the person."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from assistant.doctor.check import Check
from assistant.doctor.report import Person, bug_report, print_check, redact

ADA = Person(home="/home/ada", user="ada", host="engine")
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=3, max_size=12)


def test_home_user_host_addresses_and_folders_are_taken_out() -> None:
    """What the file is called stays: it often is the answer."""
    text = "model /srv/ada's/x.gguf of ada@engine, /home/ada/m.gguf, http://gpu-box:8000/v1 and /opt/code/secret/b.py"

    assert redact(text, ADA) == "model …/ada's/x.gguf of USER@HOST, ~/m.gguf, URL and …/b.py".replace("ada's", "USER's")


@given(NAMES, NAMES, NAMES, st.sampled_from(["{}", "at {} there", "({})", '"{}"', "{}; log x", "x,{}"]))
def test_no_folder_of_the_home_is_told(user, folder, name, around) -> None:
    """Wherever it stands in a sentence."""
    person = Person(home=f"/home/{user}", user=user, host="a-host-name")
    text = redact(
        around.format(f"/home/{user}/{folder}/{name}") + " " + around.format(f"/data/{folder}/{user}"), person
    )

    assert f"/home/{user}" not in text
    assert f"/data/{folder}" not in text


def test_a_report_is_one_block_whatever_a_file_says_of_itself() -> None:
    """Text of files can neither end the block nor reach the terminal."""
    block = bug_report([Check("model", False, "bad ```\n# head \x1b[31m", "mend it")], ADA)

    assert block.count("```") == 2
    assert "\x1b" not in block
    assert "NO model: bad ''' # head" in block
    assert "mend it" in block


def test_a_check_is_shown_within_eighty_columns_and_sanitised() -> None:
    """With what to do below it."""
    out = io.StringIO()
    print_check(Check("model", True, "x" * 200 + "\x1b[2J", "do this"), Console(file=out, width=80))

    assert max(map(len, out.getvalue().splitlines())) <= 80
    assert "do this" in out.getvalue()
    assert "\x1b" not in out.getvalue()

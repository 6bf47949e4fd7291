"""Bytes of a text file as text."""

from questions.exchange.found import Unreadable


def decode(data: bytes) -> str:
    """UTF-8 with or without its mark. Raises Unreadable with the line for any other encoding, and for NUL characters.

    Nothing is guessed: Latin-1 never fails, and silently turns a dash or an accent into rubbish.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("The file is UTF-16; save it as UTF-8.", 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable("This line is not UTF-8; save the file as UTF-8.", line) from error
    if "\x00" in text:
        raise Unreadable(
            "The file holds a NUL character; is it a text file?", text[: text.index("\x00")].count("\n") + 1
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")

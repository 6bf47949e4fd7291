"""What a version still lacks before anybody may meet it; a draft may lack it."""

from questions.content import ItemContent

LETTERS = "abcdefgh"


def missing(content: ItemContent) -> list[str]:
    """In words, for a message: 'a rationale for option b'. Empty when the version can be published."""
    lacks = [
        f"a rationale for option {letter}"
        for letter, option in zip(LETTERS, content.options, strict=False)
        if not option.rationale.strip()
    ]
    if not content.references:
        lacks.append("a reference")
    return lacks

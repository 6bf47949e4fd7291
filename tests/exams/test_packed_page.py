"""A page of parts that were compressed apart is one page, for whoever takes gzip and for whoever does not."""

import gzip

from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from exams.packed_page import PLACE, Packed, respond

texts = st.text(max_size=2000).filter(lambda text: PLACE not in text)


@given(texts, texts, texts)
def test_parts_are_read_as_one_page(before: str, part: str, after: str) -> None:
    takes, refuses = (RequestFactory().get("/", headers={"Accept-Encoding": name}) for name in ("br, gzip", "identity"))
    packed = Packed.of(part)

    small, plain = (respond(request, before + PLACE + after, packed) for request in (takes, refuses))

    assert gzip.decompress(small.content).decode() == before + part + after == plain.content.decode()
    assert (small["Content-Encoding"], plain.has_header("Content-Encoding")) == ("gzip", False)
    assert small["Vary"] == plain["Vary"] == "Accept-Encoding"


def test_the_length_of_an_answer_varies() -> None:
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})
    packed = Packed.of("part" * 1000)

    assert len({len(respond(request, f"a{PLACE}b", packed).content) for _ in range(50)}) > 1

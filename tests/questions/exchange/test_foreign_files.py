"""Files as other programs write them, with their oddities, made by hand from the formats' public descriptions."""

import re
from pathlib import Path
from typing import Any

import pytest

from questions.exchange import formats
from questions.exchange.found import Reading

FOREIGN = Path(__file__).parent / "foreign"


def read(name: str) -> Reading:
    data = (FOREIGN / name).read_bytes()
    one = formats.of_file(name, data)
    assert one
    return one.read(data, name)


def only(name: str) -> dict[str, Any]:
    reading = read(name)
    assert [str(problem) for problem in reading.problems] == []
    (found,) = reading.found
    return dict(found.fields)


def texts(fields: dict[str, Any]) -> list[str]:
    return [option["text"] for option in fields["options"]]


def test_aiken_with_brackets_small_letters_and_windows_line_ends() -> None:
    reading = read("windows.aiken.txt")

    first, second = (found.fields for found in reading.found)
    assert first["stem"] == "Which DICOM service sends a modality its list of scheduled procedures?\nChoose one."
    assert (texts(dict(first)), first["key"]) == (["Storage", "Modality Worklist", "Query/Retrieve"], "b")
    assert second["key"] == "a"
    assert [found.line for found in reading.found] == [1, 9]


def test_gift_with_penalties_missing_word_weights_html_and_comments_inside() -> None:
    worklist, port, escapes = (dict(found.fields) for found in read("classic.gift").found)

    assert texts(worklist) == ["Modality Worklist", "Storage", "Print"]
    assert [option["rationale"] for option in worklist["options"]] == [
        "Right, it is C-FIND.", "That one sends images.", "",
    ]  # fmt: skip
    assert port["stem"] == "The port that RFC 6335's registry gives DICOM is _____ on most sites."
    assert (port["key"], port["task"], port["point"]) == ("b", "IT-1", "It was 104 before.")
    assert escapes["stem"] == "What does a=b {mean}?\nPick."
    assert (texts(escapes), escapes["key"]) == (["Nothing", "Assignment", "A set", "A range"], "b")


def test_gift_with_labels_in_moodles_comment() -> None:
    fields = only("labelled.gift")

    assert (fields["id"], fields["task"], fields["cognitive"], fields["order"]) == (
        "PM-0700", "PM-1", "analysis", "fixed",
    )  # fmt: skip
    assert fields["tags"] == ["agile"]
    assert fields["references"] == [{"source": "PMBOK Guide", "locator": "6.4.2.4"}]
    assert fields["point"] == "The PERT mean weighs the likely value four times."


def test_moodle_xml_of_the_html_editor() -> None:
    fields = only("moodle-html.xml")

    assert fields["stem"] == "Which object changed on disk?"
    assert fields["exhibit"] == {
        "kind": "table",
        "title": "Hashes",
        "body": "| Object | Then | Now |\n|---|---|---|\n| 1 | 9f2c | 9f2c |\n| 2 | 47d0 | b81e |",
    }
    assert (texts(fields), fields["key"]) == (["Object 1", "Object 2", "Both", "Neither"], "b")
    assert fields["options"][1]["rationale"] == "47d0 <> b81e"
    assert fields["point"] == "Compare the columns."
    assert "task" not in fields


def test_moodle_xml_with_a_drawing_inside() -> None:
    fields = only("moodle-picture.xml")

    assert fields["exhibit"]["kind"] == "svg"
    assert fields["exhibit"]["alt"] == "CT to router to archive"
    assert fields["exhibit"]["body"].startswith("<svg")
    assert (fields["order"], fields["key"]) == ("fixed", "b")


def test_qti_2_with_prompt_listing_markup_in_a_choice_and_modal_feedback() -> None:
    fields = only("choice-2p1.xml")

    assert fields["stem"] == "Look at the log.\n\nWhat ended the association?"
    assert fields["exhibit"]["body"] == "12:01 A-ASSOCIATE-RQ\n  12:02 A-ABORT"
    assert texts(fields) == ["An abort", "A release", "A rejection"]
    assert fields["options"][1]["rationale"] == "No release was seen."
    assert (fields["key"], fields["order"]) == ("a", "fixed")
    assert "id" not in fields


def test_qti_3_with_a_mapping_in_place_of_a_correct_response() -> None:
    fields = only("choice-3p0.xml")

    assert (fields["stem"], fields["key"], fields["order"]) == ("Which is lossless?", "b", "shuffle")
    assert fields["options"][0]["rationale"] == "It quantizes."
    assert fields["options"][1]["text"] == "JPEG-LS lossless"


def test_csv_with_semicolons_and_a_negative_quantity() -> None:
    fields = only("semicolons.csv")

    assert fields["stem"] == "Which unit is used; and why?"
    assert texts(fields) == ["Gray", "-5 mA", "Sievert"]
    assert fields["tags"] == ["dose", "unit"]
    assert "id" not in fields


def test_csv_of_a_spreadsheet_with_mark_line_break_and_capital_headings() -> None:
    fields = only("spreadsheet.csv")

    assert (fields["stem"], fields["key"]) == ("Which level is queried\nfirst?", "b")


def test_yaml_of_another_hand() -> None:
    assert only("minimal.yaml")["id"] == "IT-0777"


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("a.txt", "What?\nA. One\nB. Two\nC. Three\nANSWER: D\n", 5, "none of the options"),
        ("a.txt", "What?\nA. One\nTwo\nC. Three\nANSWER: A\n", 3, "Between the options stands 'Two'"),
        ("a.txt", "\nWhat?\nA. One\nB. Two\nC. Three\n\nANSWER:\n", 2, "no line 'ANSWER: A'"),
        ("a.gift", "Is it so?{T}", 1, "numerical or true/false"),
        ("a.gift", "\n\nMatch.{=a -> b =c -> d}", 3, "matching question"),
        ("a.gift", "Name it.{=PACS}", 1, "short answer"),
        ("a.gift", "Write.{}", 1, "essay"),
        ("a.gift", "Pick.{~%50%a ~%50%b ~c}", 1, "partly right"),
        ("a.gift", "Pick.{=a =b ~c}", 1, "exactly one key"),
        ("a.gift", "Pick.{~a ~b ~c}", 1, "No answers are marked as right"),
        ("a.gift", "Pick.{=a ~b\n\nNext.{=a ~b ~c}", 1, "second brace opens"),
        ("a.gift", "Just a text", 1, "no answers"),
        ("a.xml", "<quiz><question type='essay'/></quiz>", 0, "type is 'essay'"),
        ("a.xml", "<quiz><question type='multichoice'/></quiz>", 0, "no <questiontext>"),
        ("a.xml", "<assessmentItem><itemBody><textEntryInteraction/></itemBody></assessmentItem>", 0, "textentry"),
        ("a.csv", "stem,option_a,option_b,option_c,key\nA?,a,b,c,a\n,=1+1,b,c,a\n", 3, "formula"),
        ("a.csv", "stem,option_a,option_b,option_c,key\nA?,a,,c,a\n", 2, "without a gap"),
        ("a.csv", "stem,option_a,option_b,option_c,key,predicted_p\nA?,a,b,c,a,high\n", 2, "must be a number"),
    ],
)  # fmt: skip
def test_what_is_no_item_is_named_with_its_line(name: str, content: str, line: int, message: str) -> None:
    one = formats.of_file(name, content.encode())
    assert one

    problems = one.read(content.encode(), name).problems

    assert [problem.line for problem in problems][:1] == [line]
    assert re.search(message, problems[0].message)

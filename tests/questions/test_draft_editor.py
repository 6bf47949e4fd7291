"""The editor's steps before saving: files, options in order, and two authors at once. Nothing typed is ever lost."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import User
from questions.models import ExhibitImage, Item, ItemVersion
from tests.factories import make_bank, make_sample, make_user
from tests.questions.test_admin import draft_url, fields
from tests.questions.test_pictures import HOSTILE, picture, with_gps

pytestmark = pytest.mark.django_db

DRAWING = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'


def author(name: str) -> User:
    user = make_user(name)
    roles.make_instructor(user=user, roles=["author"])
    return user


@pytest.fixture
def item() -> Item:
    return make_sample(make_bank())


@pytest.fixture
def al(client: Client) -> User:
    user = author("al")
    client.force_login(user)
    return user


def file(data: bytes, name: str = "x.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def texts(response: Any) -> list[str]:
    return [form["text"].value() for form in response.context["options"]]


@pytest.mark.usefixtures("al")
def test_uploaded_picture_becomes_the_exhibit_and_what_was_typed_stays(client: Client, item: Item) -> None:
    typed = fields(item, stem="Half a st", task="", references="[half", do="upload", file=file(with_gps("JPEG")))

    response = client.post(draft_url(item), typed)

    stored = ExhibitImage.objects.get()
    form = response.context["form"]
    assert b"SECRET" not in bytes(stored.content)
    assert (form["exhibit_kind"].value(), form["exhibit_picture"].value()) == ("image", stored.pk)
    assert (form["stem"].value(), form["references"].value()) == ("Half a st", "[half")
    assert texts(response) == [f"Option {n}" for n in range(4)]
    assert "errorlist" not in response.content.decode()
    assert ItemVersion.objects.filter(item=item).count() == 1


@pytest.mark.usefixtures("al")
def test_picture_can_be_saved_in_one_step_and_needs_no_digest_by_hand(client: Client, item: Item) -> None:
    words = {"exhibit_title": "Screen", "exhibit_alt": "A grey ramp"}
    client.post(draft_url(item), fields(item, **words, file=file(picture())))
    stored, version = ExhibitImage.objects.get(), item.versions.get(number=2)
    assert (version.exhibit_kind, version.exhibit_body) == ("image", stored.pk)

    form = client.get(draft_url(item)).context["form"]
    assert (form["exhibit_picture"].value(), form["exhibit_body"].value()) == (stored.pk, "")
    again = fields(item, **words, exhibit_kind="image", exhibit_picture=stored.pk, stem="Which value now?")
    client.post(draft_url(item), again)
    assert item.versions.get(number=3).exhibit_body == stored.pk


@pytest.mark.usefixtures("al")
def test_picture_outlives_a_form_with_errors(client: Client, item: Item) -> None:
    response = client.post(draft_url(item), fields(item, stem="", exhibit_title="Screen", file=file(picture())))

    html = response.content.decode()
    stored = ExhibitImage.objects.get()
    assert f'name="exhibit_picture" value="{stored.pk}"' in html
    assert "needs the same facts in words" in html
    assert "This field is required" in html
    assert "A picture is stored." in html


@pytest.mark.usefixtures("al")
@pytest.mark.parametrize("name", ["x.svg", "x.png"])
def test_uploaded_drawing_is_checked_and_fills_the_body(client: Client, item: Item, name: str) -> None:
    response = client.post(draft_url(item), fields(item, do="upload", file=file(DRAWING, name)))

    form = response.context["form"]
    assert form["exhibit_kind"].value() == "svg"
    assert form["exhibit_body"].value().startswith("<svg")
    assert not ExhibitImage.objects.exists()


BAD_FILES = {
    "script in a drawing": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "not allowed"),
    "page": (b"<html></html>", "must be an &lt;svg&gt; element"),
    "drawing in another encoding": (b"<svg>\xff\xfe</svg>", "not UTF-8"),
    "empty": (b"", "empty"),
    **{name: HOSTILE[name] for name in ("gif", "moving", "cut short", "bomb", "words")},
    "over 5 MB": (b"\x89PNG" + b"\0" * 5 * 1024 * 1024, "at most 5,242,880 (5 MB) are taken"),
}


@pytest.mark.usefixtures("al")
@pytest.mark.parametrize("step", ["upload", "save"])
@pytest.mark.parametrize("case", BAD_FILES)
def test_hostile_file_is_refused_at_its_field_and_nothing_changes(
    client: Client, item: Item, case: str, step: str
) -> None:
    data, words = BAD_FILES[case]

    response = client.post(draft_url(item), fields(item, stem="Which one is kept?", do=step, file=file(data)))

    at_the_field = response.content.decode().split('for="id_file"')[0].rsplit('<div class="form-row', 1)[1]
    assert words in at_the_field
    assert response.context["form"]["stem"].value() == "Which one is kept?"
    assert not ExhibitImage.objects.exists()
    assert ItemVersion.objects.filter(item=item).count() == 1


@pytest.mark.usefixtures("al")
@pytest.mark.parametrize("digest", ["", "0" * 64, "../x", "\x00"])
def test_picture_that_is_not_stored_is_refused(client: Client, item: Item, digest: str) -> None:
    typed = fields(item, exhibit_kind="image", exhibit_title="x", exhibit_alt="x", exhibit_picture=digest)

    html = client.post(draft_url(item), typed).content.decode()

    assert "Choose a picture&#x27;s file below" in html or "Null characters" in html
    assert ItemVersion.objects.filter(item=item).count() == 1


@pytest.mark.usefixtures("al")
def test_preview_shows_the_stored_picture(client: Client, item: Item) -> None:
    client.post(draft_url(item), fields(item, do="upload", file=file(picture())))
    stored = ExhibitImage.objects.get()

    url = reverse("admin:questions_item_preview", args=[item.pk])
    html = client.post(url, fields(item, exhibit_kind="image", exhibit_picture=stored.pk, exhibit_alt="Ramp"))

    assert f'src="/exhibits/{stored.pk}.png" width="40" height="30" alt="Ramp"' in html.content.decode()


@pytest.mark.usefixtures("al")
@pytest.mark.parametrize(
    ("step", "order", "focus"),
    [
        ("option-up-2", "0213", '<button name="do" value="option-up-1" class="button" autofocus>'),
        ("option-up-1", "1023", '<button name="do" value="option-down-0" class="button" autofocus>'),
        ("option-down-2", "0132", '<button name="do" value="option-up-3" class="button" autofocus>'),
        ("option-remove-1", "023", '<button name="do" value="option-add" class="button" autofocus>'),
        ("option-up-0", "0123", None),
        ("option-fly-9", "0123", None),
    ],
)
def test_options_are_rearranged_as_typed_and_the_focus_stays(
    client: Client, item: Item, step: str, order: str, focus: str | None
) -> None:
    response = client.post(draft_url(item), fields(item, **{"do": step, "options-0-rationale": ""}))

    assert texts(response) == [f"Option {n}" for n in order]
    html = response.content.decode()
    assert focus in html if focus else "autofocus" not in html
    keys = [form["is_key"].value() for form in response.context["options"]]
    assert keys == [n == "2" for n in order]
    assert ItemVersion.objects.filter(item=item).count() == 1


@pytest.mark.usefixtures("al")
def test_options_are_added_up_to_eight_and_saved_in_order(client: Client, item: Item) -> None:
    response = client.post(draft_url(item), fields(item, do="option-add"))
    assert texts(response) == ["Option 0", "Option 1", "Option 2", "Option 3", ""]
    assert response.content.decode().count("autofocus") == 1
    assert response.context["options"].forms[4].fields["text"].widget.attrs["autofocus"]
    eight = {f"options-{n}-text": f"Option {n}" for n in range(8)} | {"options-TOTAL_FORMS": 8}

    full = client.post(draft_url(item), fields(item, **eight, do="option-add"))
    client.post(draft_url(item), fields(item, **eight))

    assert "Eight options are the most" in full.content.decode()
    saved = item.versions.get(number=2).options.order_by("position").values_list("text", flat=True)
    assert list(saved) == [f"Option {n}" for n in range(8)]


@pytest.mark.usefixtures("al")
def test_three_options_are_enough_and_two_are_not(client: Client, item: Item) -> None:
    client.post(draft_url(item), fields(item, **{"options-TOTAL_FORMS": 2, "options-1-is_key": "on"}))
    assert not item.versions.filter(number=2).exists()

    client.post(draft_url(item), fields(item, **{"options-TOTAL_FORMS": 3}))

    assert item.versions.get(number=2).options.count() == 3


@pytest.mark.usefixtures("al")
def test_new_item_starts_with_four_options(client: Client, item: Item) -> None:
    new = Item.objects.create(code="IM-0777")

    assert texts(client.get(draft_url(new))) == [""] * 4


@pytest.mark.usefixtures("al")
def test_draft_may_lack_rationales_and_references(client: Client, item: Item) -> None:
    lacking = fields(item, **{"options-1-rationale": "", "references": ""})
    preview = client.post(reverse("admin:questions_item_preview", args=[item.pk]), lacking).content.decode()
    saved = client.post(draft_url(item), lacking, follow=True).content.decode()

    for html in (preview, saved):
        assert "Before it can be published it needs a rationale for option b, a reference." in html
    version = item.versions.get(number=2)
    assert (version.references, version.options.get(position=2).rationale) == ([], "")


@pytest.fixture
def two_authors(client: Client, item: Item, al: User) -> dict[str, Any]:
    """Bea saved version 2 while Al wrote on top of version 1; what Al sends."""
    mine = fields(item, **{"stem": "Al's stem: which value?", "options-3-text": "Al's own option"})
    bea = Client()
    bea.force_login(author("bea"))
    bea.post(draft_url(item), fields(item, stem="Stem of IM-0901: which value did Bea choose?"))
    return mine


@pytest.mark.parametrize("step", ["save", "option-add"])
def test_second_author_sees_what_the_first_changed_and_keeps_all(
    client: Client, item: Item, two_authors: dict[str, Any], step: str
) -> None:
    response = client.post(draft_url(item), two_authors | {"do": step})

    html = " ".join(response.content.decode().split())
    assert "Bea saved version 2 on" in html
    assert '<ins><span class="visually-hidden">[added: </span>did Bea choose?' in html
    assert "Al&#x27;s stem: which value?" in html
    assert texts(response)[3] == "Al's own option"
    assert response.context["form"]["after"].value() in (1, "1")
    assert 'name="on_top" value="2">' in html
    assert item.versions.count() == 2


def test_after_a_look_the_own_version_goes_on_top(
    client: Client, item: Item, two_authors: dict[str, Any], al: User
) -> None:
    client.post(draft_url(item), two_authors | {"on_top": "2"})

    version = item.versions.get(number=3)
    assert (version.author, version.stem) == (al, "Al's stem: which value?")
    assert item.versions.get(number=2).stem.endswith("did Bea choose?")


def test_a_look_counts_for_what_was_looked_at_alone(client: Client, item: Item, two_authors: dict[str, Any]) -> None:
    bea = Client()
    bea.force_login(User.objects.get(email="bea@example.org"))
    bea.post(draft_url(item), fields(item, stem="Bea once more: which value?"))

    html = client.post(draft_url(item), two_authors | {"on_top": "2"}).content.decode()

    assert item.versions.count() == 3
    assert "saved version 3" in " ".join(html.split())
    assert 'name="on_top" value="3">' in html


def test_tick_stays_while_another_error_is_mended(client: Client, item: Item, two_authors: dict[str, Any]) -> None:
    html = client.post(draft_url(item), two_authors | {"on_top": "2", "task": ""}).content.decode()

    assert 'name="on_top" value="2" checked>' in html
    assert item.versions.count() == 2


@pytest.mark.parametrize("after", ["0", "77", "x", "9" * 30, ""])
def test_unknown_base_is_a_conflict_without_a_diff(
    client: Client, item: Item, two_authors: dict[str, Any], after: str
) -> None:
    html = client.post(draft_url(item), two_authors | {"after": after}).content.decode()

    assert "Look at version 2" in html
    assert item.versions.count() == 2

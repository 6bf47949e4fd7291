"""Writing QTI 2.1 and 3.0 content packages: one file per item, a manifest with IEEE LOM keywords."""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring

from questions.exchange import labels, markup
from questions.exchange.xml import document

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
# Packages of one bank are the same byte for byte: zip's first day stands for every file's time.
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Version:
    """What differs between the versions: namespaces, the resource's type, and how names are spelled."""

    item_namespace: str
    item_schema: str
    manifest_namespace: str
    lom_namespace: str
    schema: str
    number: str
    resource_type: str
    is_kebab: bool

    def name(self, camel: str) -> str:
        return f"qti-{_kebab(camel)}" if self.is_kebab else camel

    def attributes(self, said: Mapping[str, str]) -> dict[str, str]:
        return {_kebab(name) if self.is_kebab else name: value for name, value in said.items()}


V2P1 = Version(
    item_namespace="http://www.imsglobal.org/xsd/imsqti_v2p1",
    item_schema="http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
    manifest_namespace="http://www.imsglobal.org/xsd/imscp_v1p1",
    lom_namespace="http://ltsc.ieee.org/xsd/LOM",
    schema="QTIv2.1 Package",
    number="1.0.0",
    resource_type="imsqti_item_xmlv2p1",
    is_kebab=False,
)
V3P0 = Version(
    item_namespace="http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    item_schema="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
    manifest_namespace="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    lom_namespace="http://ltsc.ieee.org/xsd/LOM",
    schema="QTI Package",
    number="3.0.0",
    resource_type="imsqti_item_xmlv3p0",
    is_kebab=True,
)


def write(entries: Iterable[Mapping[str, Any]], version: Version) -> bytes:
    entries = list(entries)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        _put(package, "imsmanifest.xml", document(_manifest(entries, version)))
        for entry in entries:
            _put(package, f"items/{entry['id']}.xml", document(_item(entry, version)))
            if picture := markup.picture_of(entry.get("exhibit")):
                _put(package, f"items/{_address(entry)}", picture[1])
    return archive.getvalue()


def _put(package: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    package.writestr(info, content)


def _address(entry: Mapping[str, Any]) -> str:
    """Of the picture, from where the item's file is; empty without one."""
    picture = markup.picture_of(entry.get("exhibit"))
    return f"images/{entry['id']}.{picture[0]}" if picture else ""


# --- The manifest -----------------------------------------------------------------------------------------------
def _manifest(entries: Iterable[Mapping[str, Any]], version: Version) -> Element:
    root = Element("manifest", {"xmlns": version.manifest_namespace, "identifier": "CIIP-PRACTICE-BANK"})
    metadata = SubElement(root, "metadata")
    SubElement(metadata, "schema").text = version.schema
    SubElement(metadata, "schemaversion").text = version.number
    SubElement(root, "organizations")
    resources = SubElement(root, "resources")
    for entry in entries:
        href = f"items/{entry['id']}.xml"
        resource = SubElement(
            resources, "resource", {"identifier": f"R-{entry['id']}", "type": version.resource_type, "href": href}
        )
        lom = SubElement(SubElement(resource, "metadata"), "lom", {"xmlns": version.lom_namespace})
        general = SubElement(lom, "general")
        for label in labels.labels_of({**entry, "order": ""}):
            SubElement(SubElement(general, "keyword"), "string", {"language": "en"}).text = label
        SubElement(resource, "file", {"href": href})
        if address := _address(entry):
            SubElement(resource, "file", {"href": f"items/{address}"})
    return root


# --- An item ----------------------------------------------------------------------------------------------------
def _item(entry: Mapping[str, Any], version: Version) -> Element:
    said = {"identifier": entry["id"], "title": entry["id"], "adaptive": "false", "timeDependent": "false"}
    schema = {f"{XSI}schemaLocation": f"{version.item_namespace} {version.item_schema}"}
    root = Element(
        version.name("assessmentItem"),
        {"xmlns": version.item_namespace, **schema, **version.attributes(said)},
    )
    declared = _add(
        version, root, "responseDeclaration", identifier="RESPONSE", cardinality="single", baseType="identifier"
    )
    _add(version, _add(version, declared, "correctResponse"), "value").text = _choice(entry["key"])
    _add(version, root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    _add(version, root, "outcomeDeclaration", identifier="FEEDBACK", cardinality="single", baseType="identifier")
    body = _add(version, root, "itemBody")
    for element in fromstring(f"<div>{markup.html_of(entry['stem'], entry.get('exhibit'), _address(entry))}</div>"):  # noqa: S314  our own
        body.append(element)
    _choices(version, body, entry)
    if note := labels.note_of(entry):
        rubric = _add(version, body, "rubricBlock", view="author", **({"use": "scoring"} if version.is_kebab else {}))
        inside = _add(version, rubric, "contentBody") if version.is_kebab else rubric
        for line in note.splitlines():
            SubElement(inside, "p").text = line
    _processing(version, root)
    return root


def _choices(version: Version, body: Element, entry: Mapping[str, Any]) -> None:
    shuffle = "false" if entry.get("order") == "fixed" else "true"
    interaction = _add(
        version, body, "choiceInteraction", responseIdentifier="RESPONSE", shuffle=shuffle, maxChoices="1"
    )
    for option in entry["options"]:
        identifier = _choice(option["id"])
        choice = _add(version, interaction, "simpleChoice", identifier=identifier)
        _lines(choice, option["text"])
        if option["rationale"]:
            feedback = _add(
                version,
                choice,
                "feedbackInline",
                outcomeIdentifier="FEEDBACK",
                identifier=identifier,
                showHide="show",
            )
            _lines(feedback, option["rationale"])


def _processing(version: Version, root: Element) -> None:
    """One point for the key; and the chosen option's rationale is shown."""
    processing = _add(version, root, "responseProcessing")
    condition = _add(version, processing, "responseCondition")
    if_right = _add(version, condition, "responseIf")
    match = _add(version, if_right, "match")
    _add(version, match, "variable", identifier="RESPONSE")
    _add(version, match, "correct", identifier="RESPONSE")
    for branch, points in ((if_right, "1"), (_add(version, condition, "responseElse"), "0")):
        outcome = _add(version, branch, "setOutcomeValue", identifier="SCORE")
        _add(version, outcome, "baseValue", baseType="float").text = points
    shown = _add(version, processing, "setOutcomeValue", identifier="FEEDBACK")
    _add(version, shown, "variable", identifier="RESPONSE")


def _add(version: Version, parent: Element, name: str, **said: str) -> Element:
    return SubElement(parent, version.name(name), version.attributes(said))


def _lines(element: Element, text: str) -> None:
    """Text with its line breaks, which XML readers take for spaces."""
    element.text, *rest = text.split("\n")
    for line in rest:
        SubElement(element, "br").tail = line


def _choice(option_id: str) -> str:
    return f"CHOICE_{option_id.upper()}"


def _kebab(camel: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"-{found[1].lower()}", camel)

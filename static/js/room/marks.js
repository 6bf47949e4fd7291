// What a candidate marks beside the answer: options struck out, text highlighted, a note. None of it blocks choosing.

import * as highlights from "./highlights.js";

const $ = (id) => document.getElementById(id);
const MOST_HIGHLIGHTS = 60;

export class Marks {
  #current;
  #changed;
  #say;

  /** `current()` is the item on screen or null; `changed()` saves it; `say(text)` speaks. */
  constructor({ items, current, changed, say }) {
    this.#current = current;
    this.#changed = changed;
    this.#say = say;
    for (const item of items) {
      this.#offerStrikes(item);
      highlights.draw(item, this.#ranges(item));
    }
    $("highlight").addEventListener("click", () => this.#highlight(highlights.add, "Highlighted."));
    $("erase").addEventListener("click", () => this.#highlight(highlights.erase, "Highlight erased."));
    $("note").addEventListener("click", () => this.#openNote());
    $("note-keep").addEventListener("click", () => this.#keepNote());
    $("note-cancel").addEventListener("click", () => $("note-dialog").close());
    // A press on the button would take the selection away before the click.
    for (const id of ["highlight", "erase"]) $(id).addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /** As the queue sends it. */
  stateOf(item) {
    const struck = [...item.querySelectorAll("label")].flatMap((label, index) => ("struck" in label.dataset ? index + 1 : []));
    return { struck: struck.join(""), note: item.dataset.note ?? "", highlights: this.#ranges(item) };
  }

  show(item, { struck, note, highlights: ranges }) {
    if (struck === undefined) return;
    item.querySelectorAll("label").forEach((label, index) => this.#drawStrike(label, struck.includes(index + 1)));
    item.dataset.note = note;
    item.dataset.highlights = JSON.stringify(ranges);
    highlights.draw(item, ranges);
    this.draw();
  }

  /** The tools of the item on screen. */
  draw() {
    const item = this.#current();
    const hasNote = Boolean(item?.dataset.note);
    $("note").classList.toggle("written", hasNote);
    $("note").querySelector(".label").textContent = hasNote ? "Note ✓" : "Note";
  }

  strike(place) {
    const label = this.#current()?.querySelectorAll("label")[place - 1];
    if (!label) return;
    this.#drawStrike(label, !("struck" in label.dataset));
    this.#say(`Option ${letter(label)} ${"struck" in label.dataset ? "struck out" : "no longer struck out"}.`);
    this.#changed();
  }

  #offerStrikes(item) {
    item.querySelectorAll("label").forEach((label, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "strike";
      button.textContent = "✕";
      button.setAttribute("aria-label", `Strike out option ${letter(label)}`);
      button.addEventListener("click", (event) => {
        event.preventDefault();
        this.strike(index + 1);
      });
      const row = document.createElement("div");
      row.className = "option";
      label.replaceWith(row);
      row.append(label, button);
      this.#drawStrike(label, "struck" in label.dataset);
    });
  }

  #drawStrike(label, isStruck) {
    if (isStruck) label.dataset.struck = "";
    else delete label.dataset.struck;
    label.parentElement.querySelector(".strike")?.setAttribute("aria-pressed", String(isStruck));
  }

  #ranges(item) { return JSON.parse(item.dataset.highlights ?? "[]"); }

  #highlight(change, words) {
    const item = this.#current();
    const wanted = item ? highlights.selected(item) : [];
    if (!wanted.length) {
      this.#say("Select words of the question or of a text exhibit first.", { seen: true });
      return;
    }
    const ranges = wanted.reduce(change, this.#ranges(item));
    if (ranges.length > MOST_HIGHLIGHTS) {
      this.#say(`At most ${MOST_HIGHLIGHTS} places can be highlighted in an item.`, { seen: true });
      return;
    }
    item.dataset.highlights = JSON.stringify(ranges);
    getSelection().removeAllRanges();
    highlights.draw(item, ranges);
    this.#say(words);
    this.#changed();
  }

  #openNote() {
    const item = this.#current();
    if (!item) return;
    $("note-text").value = item.dataset.note ?? "";
    $("note-dialog").showModal();
    $("note-text").focus();
  }

  #keepNote() {
    const item = this.#current();
    $("note-dialog").close();
    if (!item || (item.dataset.note ?? "") === $("note-text").value) return;
    item.dataset.note = $("note-text").value;
    this.draw();
    this.#changed();
  }
}

const letter = (label) => label.querySelector("b").textContent;

// The review screen: every item as unseen, incomplete or complete, with flags, in words and shape, not by colour alone.

export class Review {
  #root;
  #state;
  #filter = "all";

  /** `state(position)` gives {isSeen, isAnswered, isFlagged}; `go(position)` leads there. */
  constructor({ root, count, state, go }) {
    this.#root = root;
    this.#state = state;
    const grid = root.querySelector(".grid");
    for (let position = 1; position <= count; position++) {
      const cell = document.createElement("button");
      cell.type = "button";
      cell.className = "cell";
      cell.textContent = position;
      cell.addEventListener("click", () => go(position));
      grid.append(cell);
    }
    for (const button of root.querySelectorAll("[data-filter]")) {
      button.addEventListener("click", () => {
        this.#filter = button.dataset.filter;
        this.draw();
      });
    }
  }

  counts() {
    const states = [...this.#cells()].map((_, index) => this.#state(index + 1));
    const answered = states.filter((state) => state.isAnswered).length;
    return {
      all: states.length,
      answered,
      unanswered: states.length - answered,
      incomplete: states.filter((state) => state.isSeen && !state.isAnswered).length,
      unseen: states.filter((state) => !state.isSeen && !state.isAnswered).length,
      flagged: states.filter((state) => state.isFlagged).length,
    };
  }

  draw() {
    const counts = this.counts();
    for (const button of this.#root.querySelectorAll("[data-filter]")) {
      button.setAttribute("aria-pressed", String(button.dataset.filter === this.#filter));
      button.querySelector(".n").textContent = counts[button.dataset.filter];
    }
    this.#root.querySelector(".counts").textContent =
      `${counts.answered} complete, ${counts.incomplete} incomplete, ${counts.unseen} not yet seen, ${counts.flagged} flagged. ` +
      "Choose a number to go there. Unanswered items count as wrong.";
    [...this.#cells()].forEach((cell, index) => this.#drawCell(cell, index + 1));
    this.#root.querySelector(".none").hidden = counts[this.#filter] > 0;
  }

  #drawCell(cell, position) {
    const { isSeen, isAnswered, isFlagged } = this.#state(position);
    const kind = isAnswered ? "complete" : isSeen ? "incomplete" : "unseen";
    cell.dataset.kind = kind;
    cell.classList.toggle("flag", isFlagged);
    cell.setAttribute("aria-label", `Item ${position}, ${kind}${isFlagged ? ", flagged" : ""}`);
    const shown = { all: true, incomplete: kind === "incomplete", unseen: kind === "unseen", flagged: isFlagged };
    cell.hidden = !shown[this.#filter];
  }

  #cells() { return this.#root.querySelectorAll(".cell"); }
}

// One item at a time, the review screen, and the keys.

export class Navigation extends EventTarget {
  #items;
  #review;
  #current = null;
  #reviewing = false;
  /** Once the time is up nothing moves, by whichever way. */
  isStopped = false;

  constructor({ items, review, startAt }) {
    super();
    this.#items = items;
    this.#review = review;
    const fromAddress = Number(location.hash.slice(1));
    this.go(items[fromAddress - 1] ? fromAddress : startAt, { focus: false });
    addEventListener("hashchange", () => {
      const wanted = Number(location.hash.slice(1));
      if (items[wanted - 1] && wanted !== this.current) this.go(wanted);
    });
  }

  get current() { return this.#current; }
  get item() { return this.#items[this.#current - 1]; }
  get isReviewing() { return this.#reviewing; }

  go(position, { focus = true } = {}) {
    const target = this.#items[position - 1];
    if (!target || this.isStopped) return;
    this.item?.classList.remove("current");
    this.#current = position;
    target.classList.add("current");
    target.dataset.seen = "";
    this.#toggleReview(false);
    history.replaceState(null, "", `#${position}`);
    scrollTo(0, 0);
    if (focus) target.querySelector("h1").focus();
    this.dispatchEvent(new CustomEvent("move", { detail: position }));
  }

  next() {
    if (this.#reviewing) return;
    if (this.#current === this.#items.length) this.review();
    else this.go(this.#current + 1);
  }

  previous() {
    if (!this.#reviewing) this.go(this.#current - 1);
  }

  back() { this.go(this.#current); }

  review() {
    if (this.isStopped) return;
    this.#toggleReview(true);
    scrollTo(0, 0);
    this.#review.querySelector("h1").focus();
    this.dispatchEvent(new Event("review"));
  }

  #toggleReview(on) {
    this.#reviewing = on;
    this.#review.hidden = !on;
    this.#review.closest(".room").classList.toggle("reviewing", on);
    this.item?.classList.toggle("current", !on);
  }
}

/** Single-letter keys, which a person can switch off (WCAG 2.1.4), and arrows outside the options. */
export class Keys {
  #actions;

  constructor(actions) {
    this.#actions = actions;
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // Over a dialog, and once the time is up, keys do nothing here.
    if (document.querySelector("dialog[open], .ended")) return;
    const field = event.target.closest("input, textarea, select");
    const isRadio = field?.type === "radio";
    if (field && !isRadio) return;
    // Inside a radio group arrows choose, as everywhere; in an exhibit that is wider than the screen they scroll.
    if (event.key.startsWith("Arrow") && (isRadio || event.target.closest(".exhibit"))) return;
    const isLetter = event.key.length === 1;
    if (isLetter && document.documentElement.dataset.keys === "off") return;
    const shifted = this.#actions[`Shift ${event.key}`];
    const action = (event.shiftKey && shifted) || this.#actions[isLetter ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}

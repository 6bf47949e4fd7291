// Which items were read to their end: leaving one whose last option was never on screen is questioned once.

const $ = (id) => document.getElementById(id);

export class Scrolling {
  #read = new Set();
  #current;
  #goOn = null;

  /** `current()` is the item on screen. */
  constructor(current) {
    this.#current = current;
    for (const event of ["scroll", "resize"]) addEventListener(event, () => this.note(), { passive: true });
    $("unread-stay").addEventListener("click", () => {
      $("unread-dialog").close();
      this.#current().querySelector("fieldset").lastElementChild.scrollIntoView({ block: "end" });
    });
    $("unread-leave").addEventListener("click", () => {
      this.#read.add(this.#current());
      $("unread-dialog").close();
      this.#goOn?.();
    });
  }

  /** Remember the item on screen when its end is. */
  note() {
    const item = this.#current();
    const end = item?.querySelector("fieldset")?.getBoundingClientRect().bottom;
    // A few pixels of the last frame may stay below the edge.
    if (end !== undefined && end <= innerHeight - this.#footHeight() + 8) this.#read.add(item);
  }

  /** Go on at once, or once the person says so. */
  leave(goOn) {
    this.note();
    if (this.#read.has(this.#current())) {
      goOn();
      return;
    }
    this.#goOn = goOn;
    $("unread-dialog").showModal();
  }

  #footHeight() {
    const foot = document.querySelector(".room > .foot");
    return getComputedStyle(foot).position === "sticky" ? foot.offsetHeight : 0;
  }
}

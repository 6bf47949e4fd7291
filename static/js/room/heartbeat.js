// Every half minute, with jitter, and on wake: what was on screen goes up, the clock and news from elsewhere come down.

import { post } from "./save_queue.js";

export class Heartbeat extends EventTarget {
  #url;
  #seconds;
  #visible = new Map();
  #item = null;
  #since = 0;
  #timer = null;
  #busy = false;

  constructor({ url, seconds }) {
    super();
    this.#url = url;
    this.#seconds = seconds;
    document.addEventListener("visibilitychange", () => {
      this.#count();
      if (!document.hidden) this.beat();
    });
    for (const event of ["online", "focus"]) addEventListener(event, () => this.beat());
    this.#plan();
  }

  /** The item that is on screen from now on. */
  show(item) {
    this.#count();
    this.#item = item;
    if (!this.#visible.has(item)) this.#visible.set(item, 0);
  }

  async beat() {
    if (this.#busy) return;
    this.#busy = true;
    this.#count();
    const sent = new Map(this.#visible);
    const answer = await post(this.#url, { visible: JSON.stringify(Object.fromEntries(sent)) });
    this.#busy = false;
    if (answer?.body.result === "open") {
      // Only what was acknowledged is taken off; what was counted meanwhile stays for the next beat.
      for (const [item, ms] of sent) {
        if (this.#visible.get(item) === ms) this.#visible.delete(item);
        else this.#visible.set(item, this.#visible.get(item) - ms);
      }
    }
    if (answer) this.dispatchEvent(new CustomEvent("answer", { detail: { status: answer.status, ...answer.body } }));
    this.#plan();
  }

  #count() {
    const now = performance.now();
    if (this.#item !== null && !document.hidden) {
      this.#visible.set(this.#item, Math.round((this.#visible.get(this.#item) ?? 0) + now - this.#since));
    }
    this.#since = now;
  }

  #plan() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.beat(), 1000 * this.#seconds * (0.8 + 0.4 * Math.random()));
  }
}

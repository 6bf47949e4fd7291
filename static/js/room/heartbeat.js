// Every half minute, with jitter, and on wake: what was on screen goes up, the clock and news from elsewhere come down.

import { post } from "./save_queue.js";

export class Heartbeat extends EventTarget {
  #key;
  #url;
  #seconds;
  #visible = new Map();
  #item = null;
  #since = 0;
  #isHidden = document.hidden;
  #timer = null;
  #running = null;
  #isStopped = false;
  #known;

  /** `known` is the newest entry of the attempt's ledger that the page shows. */
  constructor({ attempt, url, seconds, count, known }) {
    super();
    this.#known = known;
    this.#key = `ciip-visible-${attempt}`;
    this.#adopt(count);
    this.#url = url;
    this.#seconds = seconds;
    document.addEventListener("visibilitychange", () => {
      this.#count();
      this.#isHidden = document.hidden;
      this.#keep();
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

  /** The items that were on screen and that the server does not know of yet. */
  seen() { return [...this.#visible.keys()]; }

  /** A save of this page is the entry `ledger`: known as well, unless others were stored before it. */
  know(ledger) {
    if (ledger === this.#known + 1) this.#known = ledger;
  }

  /** Resolves to the server's word, or null when there was none. One request at a time. */
  beat() {
    if (this.#isStopped) return Promise.resolve(null);
    this.#running ??= this.#send().finally(() => { this.#running = null; });
    return this.#running;
  }

  /** The attempt is over: there is nothing left to tell. */
  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#visible.clear();
    this.#item = null;
    this.#keep();
  }

  async #send() {
    this.#count();
    const sent = new Map(this.#visible);
    const answer = await post(this.#url, { visible: JSON.stringify(Object.fromEntries(sent)), known: this.#known, position: this.#item ?? "" });
    if (answer?.body.result === "open") {
      this.#known = Math.max(this.#known, answer.body.ledger);
      // Only what was acknowledged is taken off; what was counted meanwhile stays for the next beat.
      for (const [item, ms] of sent) {
        if (this.#visible.get(item) === ms) this.#visible.delete(item);
        else this.#visible.set(item, this.#visible.get(item) - ms);
      }
    }
    this.#keep();
    if (answer) this.dispatchEvent(new CustomEvent("answer", { detail: { status: answer.status, ...answer.body } }));
    this.#plan();
    return answer?.body.result ?? null;
  }

  #count() {
    const now = performance.now();
    // Not document.hidden: at the moment of hiding that is true already, and the time until then was spent here.
    if (this.#item !== null && !this.#isHidden) {
      this.#visible.set(this.#item, Math.round((this.#visible.get(this.#item) ?? 0) + now - this.#since));
    }
    this.#since = now;
  }

  /** A reload must not forget which items were seen since the last heartbeat. */
  #keep() {
    try {
      if (this.#visible.size) localStorage.setItem(this.#key, JSON.stringify([...this.#visible]));
      else localStorage.removeItem(this.#key);
    } catch { /* Storage is refused: half a minute at most is forgotten. */ }
  }

  #adopt(count) {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key)) ?? [];
      const isSound = ([item, ms]) => Number.isInteger(item) && item > 0 && item <= count && Number.isInteger(ms) && ms >= 0;
      this.#visible = new Map(kept.filter(isSound));
    } catch { /* Nothing readable was kept. */ }
  }

  #plan() {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.beat(), 1000 * this.#seconds * (0.8 + 0.4 * Math.random()));
  }
}

// The clock on screen: the server's seconds left, counted down on the monotonic clock and corrected by every answer.
// The wall clock of this computer plays no part, and the page never decides that the exam is over.

// Seconds, words, and whether they are shown; the others are for those who listen.
const NOTICES = [
  [1800, "30 minutes are left.", true], [900, "15 minutes are left.", false],
  [300, "5 minutes are left.", true], [60, "1 minute is left.", false],
];
const SLEPT_MS = 5000;

export class Clock extends EventTarget {
  #left;
  #at;
  #element;
  #told;
  #zeroTold = false;
  #ticked = Date.now();

  constructor(element, secondsLeft) {
    super();
    this.#element = element;
    this.sync(secondsLeft);
    this.#told = NOTICES.filter(([seconds]) => secondsLeft <= seconds).length;
    setInterval(() => this.#tick(), 250);
    this.#tick();
  }

  sync(secondsLeft) {
    this.#left = secondsLeft;
    this.#at = performance.now();
    if (secondsLeft > 0) this.#zeroTold = false;
  }

  get seconds() { return Math.max(0, this.#left - (performance.now() - this.#at) / 1000); }

  /** Hours, minutes and seconds in words, for whoever asks or listens. */
  words() {
    const total = Math.ceil(this.seconds);
    const parts = [[Math.floor(total / 3600), "hour"], [Math.floor(total / 60) % 60, "minute"], [total % 60, "second"]];
    return parts.filter(([n]) => n).map(([n, unit]) => `${n} ${unit}${n === 1 ? "" : "s"}`).join(" ") || "no time";
  }

  #tick() {
    // The monotonic clock may stand still while the computer sleeps; a gap in the date is a reason to ask, never a time.
    const now = Date.now();
    if (now - this.#ticked > SLEPT_MS) this.dispatchEvent(new Event("wake"));
    this.#ticked = now;
    const total = Math.ceil(this.seconds);
    const two = (n) => String(n).padStart(2, "0");
    this.#element.textContent = `${Math.floor(total / 3600)}:${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
    while (this.#told < NOTICES.length && total <= NOTICES[this.#told][0]) {
      const [seconds, text, isShown] = NOTICES[this.#told++];
      this.dispatchEvent(new CustomEvent("notice", { detail: { seconds, text, isShown } }));
    }
    if (total === 0 && !this.#zeroTold) {
      this.#zeroTold = true;
      this.dispatchEvent(new Event("zero"));
    }
  }
}

// When the server stays away for a minute, what waits is offered as a file: a second copy that can be handed in later.

const LONG_MS = 60000;
const KIND = "ciip-practice unsent answers";

export class Away {
  #attempt;
  #queue;
  #words;
  #since = null;
  #url = null;

  constructor({ attempt, queue, words }) {
    this.#attempt = attempt;
    this.#queue = queue;
    this.#words = words;
    queue.addEventListener("change", () => this.#look());
  }

  #look() {
    if (!this.#queue.size || !this.#queue.isRetrying) {
      this.#since = null;
      this.#withdraw();
      return;
    }
    this.#since ??= performance.now();
    if (performance.now() - this.#since >= LONG_MS) this.#offer();
  }

  /** Made anew each time: the file is to hold what waits now. Whoever closed the notice is not asked again. */
  #offer() {
    const old = this.#url;
    if (old && !this.#words.holds("file")) return;
    const file = { kind: KIND, attempt: this.#attempt, made_at: new Date().toISOString(), saves: this.#queue.requests() };
    this.#url = URL.createObjectURL(new Blob([JSON.stringify(file, null, 1)], { type: "application/json" }));
    const text = "The server has not answered for a minute. Go on: your answers are kept here and tried again. For a second copy, download them.";
    this.#words.notice("file", text, { link: this.#url, label: "Download", download: `unsent-answers-${this.#attempt}.json` });
    if (old) URL.revokeObjectURL(old);
  }

  #withdraw() {
    if (!this.#url) return;
    this.#words.clear("file");
    URL.revokeObjectURL(this.#url);
    this.#url = null;
  }
}

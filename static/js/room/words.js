// What the page says: the notice under the bar, the line about saving, and the region that screen readers listen to.

const $ = (id) => document.getElementById(id);

// Of several notices the first of these is shown; when it is closed or has done its service, the next.
const KINDS = ["sign-in", "end", "refused", "news", "file", "time", "hint"];
// A screen reader takes the same words after a pause for new ones.
const PAUSE_MS = 100;

export const unsent = (size) => `${size} answer${size === 1 ? "" : "s"} not yet saved`;
const timeOf = (iso) => new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export class Words {
  #notices = new Map();
  #stale = new Set();
  #savedAt = null;
  #wasRetrying = false;
  #speaking = null;
  #isHere = false;

  constructor() {
    $("notice-close").addEventListener("click", () => this.clear(this.#shown()));
  }

  say(text) {
    clearTimeout(this.#speaking);
    $("announcer").textContent = "";
    this.#speaking = setTimeout(() => { $("announcer").textContent = text; }, PAUSE_MS);
  }

  notice(kind, text, { link = null, label = "", inNewTab = false, download = "" } = {}) {
    const isNew = this.#notices.get(kind)?.text !== text;
    this.#notices.set(kind, { text, link, label, inNewTab, download });
    this.#draw();
    if (isNew) this.say(text);
  }

  clear(kind) {
    this.#notices.delete(kind);
    if (kind === "news") this.#stale.clear();
    this.#draw();
  }

  holds(kind) { return this.#notices.has(kind); }

  /** Without words of its own: over this page, by the dialog. */
  askToSignIn(link, text = null) {
    this.#isHere = text === null;
    const words = text ?? "You are signed out. Your answers are kept here and are sent once you have signed in.";
    this.notice("sign-in", words, { link, label: "Sign in", inNewTab: true });
  }

  get asksToSignInHere() { return this.#shown() === "sign-in" && this.#isHere; }

  /** Other windows have changed these items; several are named together. */
  stale(item, message) {
    this.#stale.add(item);
    const all = [...this.#stale].sort((a, b) => a - b);
    this.notice("news", all.length === 1
      ? `Item ${item}: ${message}`
      : `Items ${all.join(", ")} were changed in another window. You now see what is stored.`);
  }

  /** The line about saving, from the queue as it is; only trouble and its end are said aloud, not each click. */
  drawSaved({ size, isRetrying }, savedAt = this.#savedAt) {
    this.#savedAt = savedAt;
    const waiting = `${unsent(size)}, ${isRetrying ? "retrying" : "sending"}`;
    $("saved").textContent = size ? waiting : savedAt && `saved ${timeOf(savedAt)}`;
    $("saved").classList.toggle("waiting", size > 0);
    if (size && isRetrying && !this.#wasRetrying) this.say("Your answers cannot be saved at the moment. They are kept here and tried again.");
    if (!size && this.#wasRetrying) this.say("All answers are saved.");
    this.#wasRetrying = size > 0 && (isRetrying || this.#wasRetrying);
  }

  #shown() { return KINDS.find((kind) => this.#notices.has(kind)); }

  #draw() {
    const notice = this.#notices.get(this.#shown());
    const link = $("notice-link");
    $("notice").hidden = !notice;
    $("notice-text").textContent = notice?.text ?? "";
    link.hidden = !notice?.link;
    if (!notice?.link) return;
    link.href = notice.link;
    link.textContent = notice.label;
    link.target = notice.inNewTab ? "_blank" : "";
    if (notice.download) link.download = notice.download;
    else link.removeAttribute("download");
  }
}

// How the exam ends: on the candidate's word or the server's, never on the page's own.

import { csrfToken } from "./save_queue.js";
import { unsent } from "./words.js";

const $ = (id) => document.getElementById(id);
const WORDS_THAT_LET_END = ["open", "closed"];
const PATIENCE_MS = 5000;
const ASK_AGAIN_MS = 2000;
// Long enough to read that something did not count; the link leads on at once.
const READING_MS = 6000;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export class Ending {
  #queue;
  #heartbeat;
  #words;
  #counts;
  #isOver = false;
  // Counts the openings and closings of the dialog: whoever goes back while answers are being sent has not ended.
  #wish = 0;
  // Counts the answers that the server did not take.
  #refused = 0;
  #stop;
  #part;
  #after;

  /**
   * `counts()` of the review screen; `stop(true)` takes no more clicks and keys. `part` is exam or tutorial, `after` what
   * follows it.
   */
  constructor({ queue, heartbeat, words, counts, stop, part, after }) {
    this.#queue = queue;
    this.#heartbeat = heartbeat;
    this.#words = words;
    this.#counts = counts;
    this.#stop = stop;
    this.#part = part;
    this.#after = after;
    const buttons = {
      "end-now": () => this.#end(), "end-cancel": () => $("end-dialog").close(),
      "end-anyway": () => this.#askTwice(), "end-surely": () => this.#end({ withoutUnsent: true }),
    };
    for (const [id, action] of Object.entries(buttons)) $(id).addEventListener("click", action);
    $("end-dialog").addEventListener("close", () => { this.#wish++; });
    addEventListener("beforeunload", (event) => { if (this.#queue.size && !this.#isOver) event.preventDefault(); });
    // A page that the browser kept aside knows nothing of what happened since.
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    queue.addEventListener("change", ({ detail }) => { if (["stale", "invalid"].includes(detail.result)) this.#refused++; });
  }

  get isOver() { return this.#isOver; }

  ask() {
    const { unanswered, flagged, all } = this.#counts();
    const are = (number) => `${number} ${number === 1 ? "is" : "are"}`;
    $("end-words").textContent = unanswered
      ? `Of ${all} items ${are(unanswered)} unanswered${this.#asWrong(unanswered)}; ${are(flagged)} flagged.`
      : `All ${all} items are answered; ${are(flagged)} flagged.`;
    $("end-anyway").hidden = $("end-surely").hidden = true;
    $("end-now").hidden = $("end-now").disabled = false;
    $("end-dialog").showModal();
  }

  #asWrong(unanswered) {
    return this.#part === "exam" ? ` and count${unanswered === 1 ? "s" : ""} as wrong` : "";
  }

  /** Sends what waits, makes sure that the server is there, and only then leaves the page. */
  async #end({ withoutUnsent = false } = {}) {
    const ours = ++this.#wish;
    const refusedBefore = this.#refused;
    $("end-now").disabled = true;
    if (this.#queue.size && !withoutUnsent) {
      $("end-words").textContent = `${unsent(this.#queue.size)}. They are sent before the ${this.#part} ends; please wait.`;
      const patience = setTimeout(() => { if (ours === this.#wish) $("end-anyway").hidden = false; }, PATIENCE_MS);
      await this.#queue.empty();
      clearTimeout(patience);
      // The server holds something else than was chosen here: whoever ends the exam has to have seen that.
      if (ours === this.#wish && this.#refused !== refusedBefore) this.stopAsking();
    }
    while (ours === this.#wish && !WORDS_THAT_LET_END.includes(await this.#heartbeat.beat())) {
      $("end-words").textContent = `The server cannot be reached, so the ${this.#part} has not ended. It is tried again; please wait or go back.`;
      await pause(ASK_AGAIN_MS * (0.75 + Math.random() / 2));
    }
    if (ours === this.#wish) this.#submit();
  }

  #askTwice() {
    this.#wish++;
    const { size } = this.#queue;
    $("end-words").textContent = `${unsent(size)}. If you end the ${this.#part} now, ${size === 1 ? "it counts" : "they count"} as before you changed ${size === 1 ? "it" : "them"}, or as unanswered.`;
    $("end-anyway").hidden = $("end-now").hidden = true;
    $("end-surely").hidden = false;
    $("end-cancel").focus();
  }

  #submit() {
    if (this.#isOver) return;
    this.#over();
    this.#stop(true);
    // Whoever signed in again meanwhile has another token than this page was made with.
    $("submit-form").elements.csrfmiddlewaretoken.value = csrfToken();
    $("submit-form").submit();
  }

  /** The server's word that the attempt has ended. */
  async leave({ message, report_url: url }) {
    if (this.#isOver) return;
    const lost = this.#queue.size;
    this.#over();
    this.#queue.close();
    this.stopAsking();
    this.#words.clear("sign-in");
    this.#words.notice("end", lost ? message : `The ${this.#part} has ended. Next: ${this.#after}.`, { link: url, label: `To ${this.#after}` });
    if (lost) await pause(READING_MS);
    location.assign(url);
  }

  /** Until the server closes the exam or grants more time; true when it goes on. */
  async timeIsUp(clock) {
    const timeIsUp = `Time is up. What is on screen is being sent; ${this.#after} opens when the server has closed the ${this.#part}.`;
    const outOfReach = `Time is up. The server cannot be reached; your answers are kept here and tried until it has closed the ${this.#part}.`;
    this.stopAsking();
    this.#words.notice("end", timeIsUp);
    while (!this.#isOver) {
      this.#queue.kick();
      const isThere = await this.#heartbeat.beat() !== null;
      if (!this.#isOver) this.#words.notice("end", isThere ? timeIsUp : outOfReach);
      await pause(ASK_AGAIN_MS * (0.75 + Math.random() / 2));
      if (clock.seconds > 1) {
        this.#words.clear("end");
        return true;
      }
    }
    return false;
  }

  /** Close the question, at once also for an end that is under way: its close event comes too late. */
  stopAsking() {
    this.#wish++;
    $("end-dialog").close();
  }

  #over() {
    this.#isOver = true;
    this.#heartbeat.stop();
  }
}

// The one module that saves. Every item's latest state waits here until the server has given its word on it.
//
// An entry holds at most two states of one item: `sent` is on its way or was sent with no answer, and is never altered,
// because the server may have stored it; `next` is the newest click behind it. A retry carries the same operation id, so
// the server acknowledges alike. Only a word of the server removes a state. `base` is the revision that the click was made
// on, kept over a reload: whatever was stored elsewhere since then makes it stale.

const LONGEST_WAIT_MS = 15000;
const REQUEST_MS = 10000;

export class SaveQueue extends EventTarget {
  #entries = new Map();
  #revisions = new Map();
  #busy = false;
  #closed = false;
  #failures = 0;
  #timer = null;
  #key;
  #url;
  #toldKey;
  #told;

  constructor({ attempt, url, revisions }) {
    super();
    this.#url = url;
    this.#revisions = revisions;
    const prefix = `ciip-queue-${attempt}-`;
    // A key for each load of the page: a duplicated tab must not write over its twin's queue.
    this.#key = prefix + uuid();
    this.#toldKey = `ciip-saved-${attempt}`;
    this.#told = this.#newer();
    this.#adopt(prefix);
    for (const event of ["online", "focus", "pageshow"]) addEventListener(event, () => this.kick());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.kick(); });
  }

  get size() { return this.#entries.size; }
  /** Whether the last try to send was given no word. */
  get isRetrying() { return this.#failures > 0; }

  /** The newest state of an item that waits here, or undefined. */
  waiting(item) {
    const entry = this.#entries.get(item);
    return entry && (entry.next ?? entry.sent);
  }

  /** What was acknowledged to the page before this one after the server had made this one, as {item, revision, …}. */
  newer() { return [...this.#told.values()]; }

  items() { return [...this.#entries.keys()]; }
  revision(item) { return this.#revisions.get(item) ?? 0; }

  put(item, state) {
    if (this.#closed) return;
    const entry = this.#entries.get(item) ?? { base: this.revision(item), sent: null, next: null };
    entry.next = { ...state, at: Date.now() };
    this.#entries.set(item, entry);
    this.#keep();
    this.#tell("waiting");
    this.#pump();
  }

  /** What the server says it holds for an item; true when that is news and nothing of ours waits. */
  learn(item, revision) {
    if (this.#entries.has(item) || revision <= this.revision(item)) return false;
    this.#revisions.set(item, revision);
    return true;
  }

  /** Try at once: the network, the session or the person may be back. */
  kick() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#pump();
  }

  /** Everything that waits, as the requests that would send it: for a file that can be brought by hand. */
  requests() {
    return [...this.#entries].flatMap(([item, { base, sent, next }]) => {
      // The number that the click will be sent under, so that it is stored once however it arrives.
      if (next) next.op ??= uuid();
      const states = [sent && { ...sent }, next && { ...next, base: sent ? sent.base + 1 : base }];
      return states.filter(Boolean).map((state) => ({ item, base: state.base, op_id: state.op, ...inFields(state) }));
    });
  }

  /** Resolves when nothing waits any more. */
  empty() {
    if (!this.size) return Promise.resolve();
    return new Promise((resolve) => {
      const check = () => {
        if (this.size) return;
        this.removeEventListener("change", check);
        resolve();
      };
      this.addEventListener("change", check);
      this.kick();
    });
  }

  async #pump() {
    if (this.#busy || this.#closed || this.#timer || !this.size) return;
    this.#busy = true;
    const [item, entry] = this.#entries.entries().next().value;
    entry.sent ??= { op: uuid(), ...entry.next, base: entry.base };
    if (same(entry.sent, entry.next)) entry.next = null;
    this.#keep();
    const settled = await this.#send(item, entry);
    this.#busy = false;
    if (!settled && !this.#closed) {
      // To the end of the line: one item that the server stumbles over must not hold back the others.
      this.#entries.delete(item);
      this.#entries.set(item, entry);
      this.#keep();
      const wait = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
      this.#timer = setTimeout(() => this.kick(), wait);
      this.#tell("retrying");
    }
    this.#pump();
  }

  /** One request; true when the server has given its word on the state. */
  async #send(item, entry) {
    const { sent } = entry;
    const fields = { item, base: sent.base, op_id: sent.op, ...inFields(sent) };
    const answer = await post(this.#url, fields);
    if (!answer) return false;
    const { body } = answer;
    switch (body.result) {
      case "saved":
        this.#revisions.set(item, body.revision);
        this.#remember(item, body);
        entry.base = body.revision;
        entry.sent = null;
        if (!entry.next) this.#entries.delete(item);
        break;
      case "stale":
        this.#revisions.set(item, body.revision);
        this.#entries.delete(item);
        break;
      case "invalid":
        this.#entries.delete(item);
        break;
      case "closed":
        // What still waits is counted before it is given up: the page says that it came too late.
        this.#tell("closed", body);
        this.close();
        return true;
      default:
        this.#tell(body.result ?? "unreachable", { status: answer.status, ...body });
        return false;
    }
    this.#failures = 0;
    this.#keep();
    this.#tell(body.result, { ...body, item });
    return true;
  }

  /** The attempt is over: nothing can be sent any more. */
  close() {
    this.#closed = true;
    try { localStorage.removeItem(this.#toldKey); } catch { /* Nothing was kept. */ }
    this.#entries.clear();
    this.#keep();
  }

  #tell(result, body = {}) {
    this.dispatchEvent(new CustomEvent("change", { detail: { result, size: this.size, ...body } }));
  }

  /** Whether storage took it. */
  #keep() {
    try {
      if (this.size) localStorage.setItem(this.#key, JSON.stringify([...this.#entries]));
      else localStorage.removeItem(this.#key);
      return true;
    } catch {
      // Storage is refused or full: the queue then lives as long as the page.
      return false;
    }
  }

  /** A page that is being left may still be given an acknowledgement; its successor must not show less. */
  #remember(item, { revision, chosen, flagged, struck, note, highlights }) {
    this.#told.set(item, { item, revision, chosen, flagged, struck, note, highlights });
    try { localStorage.setItem(this.#toldKey, JSON.stringify([...this.#told])); } catch { /* The heartbeat tells as well, a little later. */ }
  }

  /** What is remembered and newer than what the server rendered; from now on it counts as known. */
  #newer() {
    try {
      const told = JSON.parse(localStorage.getItem(this.#toldKey)) ?? [];
      const newer = told.filter(([item, { revision }]) => this.#revisions.has(item) && revision > this.revision(item));
      for (const [item, { revision }] of newer) this.#revisions.set(item, revision);
      return new Map(newer);
    } catch {
      return new Map();
    }
  }

  /** Take over what was kept before a reload, a crash, or by tabs that are gone: of two states of an item the newer. */
  #adopt(prefix) {
    const adopted = [];
    for (const key of stored(prefix)) {
      try {
        const kept = JSON.parse(localStorage.getItem(key)).filter(([item, entry]) => this.#isSound(item, entry));
        for (const [item, entry] of kept) {
          const ours = this.waiting(item);
          if (!ours || (entry.next ?? entry.sent).at > ours.at) this.#entries.set(item, entry);
        }
        adopted.push(key);
      } catch { /* What cannot be read is left alone. */ }
    }
    // Kept under our key before the others go: a crash in between loses nothing.
    if (this.#keep()) for (const key of adopted) localStorage.removeItem(key);
  }

  #isSound(item, entry) {
    return this.#revisions.has(item) && Number.isInteger(entry?.base) && Boolean(entry.next ?? entry.sent);
  }
}

function stored(prefix) {
  try { return Object.keys(localStorage).filter((key) => key.startsWith(prefix)); } catch { return []; }
}

/** POST form fields; {status, body} when the server answered in its own words, null when it did not. */
export async function post(url, fields) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), REQUEST_MS);
  try {
    const response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
      credentials: "same-origin",
      signal: abort.signal,
    });
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    return { status: response.status, body: isJson ? await response.json() : {} };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** The state as form fields; marks that a state does not name are left as they are stored. */
function inFields({ chosen, flagged, struck, note, highlights }) {
  const marks = struck === undefined ? {} : { struck, note, highlights: JSON.stringify(highlights) };
  return { chosen: chosen ?? "", flagged: flagged ? "true" : "", ...marks };
}

function same(one, other) {
  return other && JSON.stringify(inFields(one)) === JSON.stringify(inFields(other));
}

/** Read anew for each request: signing in again changes the token. */
export function csrfToken() {
  const cookies = new Map(document.cookie.split("; ").map((part) => part.split("=", 2)));
  return cookies.get("__Host-csrftoken") ?? cookies.get("csrftoken") ?? "";
}

function uuid() {
  // randomUUID exists in secure contexts only; a classroom server on plain http is none.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

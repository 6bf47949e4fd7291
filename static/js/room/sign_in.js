// Signing in over the page when the session has lapsed: the exam stays where it is, and what waits is sent afterwards.

import { csrfToken } from "./save_queue.js";

const $ = (id) => document.getElementById(id);
const REFUSED = "That did not work. Check the password; five failed tries lock sign-in for five minutes.";
const WRONG_CODE = "That code did not match. Each counts once; five failed tries lock this step for five minutes.";
const OUT_OF_REACH = "The server cannot be reached. Your answers are kept here; try again.";

export class SignIn extends EventTarget {
  #url;
  #codeUrl = $("sign-in-form").dataset.codeUrl;
  #isPostponed = false;

  /** Fires "done" once the server has let the person in. */
  constructor(url) {
    super();
    this.#url = url;
    $("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    $("sign-in-later").addEventListener("click", () => $("sign-in-dialog").close());
    $("sign-in-dialog").addEventListener("close", () => { this.#isPostponed = true; });
  }

  /** Ask, but not again after the person has put it off, unless they want it now. */
  ask({ now = false } = {}) {
    if ($("sign-in-dialog").open || (this.#isPostponed && !now)) return;
    $("sign-in-error").textContent = "";
    $("sign-in-dialog").showModal();
    $("sign-in-password").focus();
  }

  /** The session is there again, by whatever way. */
  settle() {
    $("sign-in-dialog").close();
    this.#askForCode(false);
    this.#isPostponed = false;
  }

  async #send() {
    const button = $("sign-in-form").querySelector("button[type=submit]");
    button.disabled = true;
    $("sign-in-error").textContent = "";
    const result = await this.#try();
    button.disabled = false;
    if (result === true) {
      this.settle();
      this.dispatchEvent(new Event("done"));
    } else {
      $("sign-in-error").textContent = result;
    }
  }

  /** Password first; the code where the account has a second factor. */
  #askForCode(isAsked) {
    for (const id of ["sign-in-email", "sign-in-password"]) $(id).disabled = isAsked;
    $("sign-in-code").disabled = $("sign-in-code-row").hidden = !isAsked;
    $("sign-in-password").value = $("sign-in-code").value = "";
    if (isAsked) $("sign-in-code").focus();
  }

  #post(url, fields) {
    return fetch(url, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { "X-CSRFToken": csrfToken(), "X-Requested-With": "XMLHttpRequest", Accept: "application/json" },
      credentials: "same-origin",
    });
  }

  /** True, or the words for what went wrong or comes next. */
  async #try() {
    try {
      if (!$("sign-in-code").disabled) return await this.#tryCode();
      // The sign-in page hands out a token where this browser has none that the server knows.
      await fetch(this.#url, { credentials: "same-origin" });
      const answer = await this.#post(this.#url, { login: $("sign-in-email").value, password: $("sign-in-password").value });
      if (!answer.ok) return REFUSED;
      if ((await answer.json()).location !== this.#codeUrl) return true;
      this.#askForCode(true);
      return "";
    } catch {
      return OUT_OF_REACH;
    }
  }

  /** A code that matches leads on; one that does not shows its page again; after too long the password is asked anew. */
  async #tryCode() {
    const answer = await this.#post(this.#codeUrl, { code: $("sign-in-code").value });
    const { pathname } = new URL(answer.url);
    if (answer.ok && pathname !== this.#codeUrl && pathname !== this.#url) return true;
    if (pathname === this.#url) this.#askForCode(false);
    return pathname === this.#url ? REFUSED : WRONG_CODE;
  }
}

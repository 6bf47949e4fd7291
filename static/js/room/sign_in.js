// Signing in over the page when the session has lapsed: the exam stays where it is, and what waits is sent afterwards.

import { csrfToken } from "./save_queue.js";

const $ = (id) => document.getElementById(id);
const REFUSED = "That did not work. Check the password; five failed tries lock sign-in for five minutes.";
const OUT_OF_REACH = "The server cannot be reached. Your answers are kept here; try again.";

export class SignIn extends EventTarget {
  #url;
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
    $("sign-in-password").value = "";
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

  /** True, or the words for what went wrong. */
  async #try() {
    try {
      // The sign-in page hands out a token where this browser has none that the server knows.
      await fetch(this.#url, { credentials: "same-origin" });
      const answer = await fetch(this.#url, {
        method: "POST",
        body: new URLSearchParams({ login: $("sign-in-email").value, password: $("sign-in-password").value }),
        headers: { "X-CSRFToken": csrfToken(), "X-Requested-With": "XMLHttpRequest", Accept: "application/json" },
        credentials: "same-origin",
      });
      return answer.ok ? true : REFUSED;
    } catch {
      return OUT_OF_REACH;
    }
  }
}

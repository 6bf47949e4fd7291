// Text size, contrast and motion: chosen in the dialog, kept with the account, brought to other pages by the heartbeat.

import { post } from "./save_queue.js";

const form = document.getElementById("display-form");
const error = document.getElementById("display-error");
const root = document.documentElement;
const OUT_OF_REACH = "This look holds for this page only: the server could not be reached. Choose again later.";

/** Make the page look as the server says it should. */
export function show({ text, contrast, motion }) {
  for (const [name, value] of Object.entries({ text, contrast, motion })) {
    if (value) root.dataset[name] = value;
    else delete root.dataset[name];
  }
  form.elements.text_size.value = text || "normal";
  form.elements.high_contrast.checked = contrast === "high";
  form.elements.reduced_motion.checked = motion === "reduced";
}

export function offerDisplay() {
  show(root.dataset);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", async () => {
    const fields = new FormData(form);
    show({
      text: fields.get("text_size"),
      contrast: fields.has("high_contrast") ? "high" : "",
      motion: fields.has("reduced_motion") ? "reduced" : "",
    });
    const answer = await post(form.action, fields);
    error.textContent = answer?.body.result === "saved" ? "" : OUT_OF_REACH;
  });
}

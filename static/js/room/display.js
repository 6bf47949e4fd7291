// Colours, text size, contrast, motion and single keys: chosen in the dialog, kept with the account, brought to other pages by the heartbeat.

import { post } from "./save_queue.js";

const form = document.getElementById("display-form");
const error = document.getElementById("display-error");
const root = document.documentElement;
const OUT_OF_REACH = "This holds for this page only: the server could not be reached. Choose again later.";

let sending = Promise.resolve();
let unsaved = null;

/** What a heartbeat brings; a choice that the server has not confirmed stands over it. */
export function learn(display) {
  if (!unsaved) show(display);
}

/** Make the page look and listen as the server says it should. */
function show({ theme, text, contrast, motion, keys }) {
  for (const [name, value] of Object.entries({ theme, text, contrast, motion, keys })) {
    if (value) root.dataset[name] = value;
    else delete root.dataset[name];
  }
  form.elements.theme.value = theme || "auto";
  form.elements.text_size.value = text || "normal";
  form.elements.high_contrast.checked = contrast === "high";
  form.elements.reduced_motion.checked = motion === "reduced";
  form.elements.single_keys.checked = keys !== "off";
}

export function offerDisplay() {
  show(root.dataset);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    const fields = new FormData(form);
    show({
      theme: fields.get("theme") === "auto" ? "" : fields.get("theme"),
      text: fields.get("text_size"),
      contrast: fields.has("high_contrast") ? "high" : "",
      motion: fields.has("reduced_motion") ? "reduced" : "",
      keys: fields.has("single_keys") ? "" : "off",
    });
    unsaved = fields;
    sending = sending.then(() => send(fields));
  });
}

/** One at a time: of two requests under way together the older could arrive last and be kept. */
async function send(fields) {
  if (fields !== unsaved) return;
  const answer = await post(form.action, fields);
  const isSaved = answer?.body.result === "saved";
  if (isSaved && fields === unsaved) unsaved = null;
  error.textContent = isSaved ? "" : OUT_OF_REACH;
}

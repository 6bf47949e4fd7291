/** Keys 1 to 5 press the button of that number, unless they are switched off (WCAG 2.1.4). */
// The same switch as in the exam room.
const STORED = "ciip-keys";
const box = document.getElementById("single-keys");

if (box) {
  box.checked = localStorage.getItem(STORED) !== "off";
  box.addEventListener("change", () => localStorage.setItem(STORED, box.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    const isText = event.target instanceof HTMLTextAreaElement || event.target.type === "text";
    if (!box.checked || event.ctrlKey || event.altKey || event.metaKey || isText) return;
    document.querySelector(`.triage [data-key="${CSS.escape(event.key)}"]`)?.click();
  });
}

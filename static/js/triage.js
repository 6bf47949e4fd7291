/** Keys 1 to 5 press the button of that number, unless the person has switched single keys off (WCAG 2.1.4). */
document.addEventListener("keydown", (event) => {
  const isText = event.target instanceof HTMLTextAreaElement || event.target.type === "text";
  const areOff = document.documentElement.dataset.keys === "off";
  if (areOff || event.ctrlKey || event.altKey || event.metaKey || isText) return;
  document.querySelector(`.triage [data-key="${CSS.escape(event.key)}"]`)?.click();
});

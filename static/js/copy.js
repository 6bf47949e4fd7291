// A button that copies a field: <button data-copy="id" hidden>. Without a clipboard it stays hidden; the field can be
// selected by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const says = document.querySelector(`[data-copied="${button.dataset.copy}"]`);
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      says.textContent = "Copied.";
    } catch {
      field.select();
      says.textContent = "Your browser did not allow it. The address is selected: copy it with Ctrl+C.";
    }
  });
}

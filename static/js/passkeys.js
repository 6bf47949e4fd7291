// Says why this browser or address can have no passkeys, and what went wrong; allauth's script does the rest.
(() => {
  const problem = document.getElementById("passkey-problem");
  const buttons = document.querySelectorAll("[data-passkey]");
  const isNumber = /^[\d.]+$|^\[/.test(location.hostname);

  function obstacle() {
    if (isNumber) return `Passkeys belong to a name, not to a number: open this site by its name${location.hostname === "127.0.0.1" ? ", here localhost," : ""} to use them.`;
    if (!window.PublicKeyCredential) return "This browser knows no passkeys, or the connection is not secure.";
    return "";
  }

  const why = obstacle();
  for (const button of buttons) button.hidden = Boolean(why);
  for (const button of buttons) button.addEventListener("click", () => { problem.textContent = ""; });
  // On the sign-in page the password is the way; nobody there has asked for a passkey yet.
  if (!document.getElementById("passkey_login")) problem.textContent = why;
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    problem.textContent = event.detail.exception.name === "InvalidStateError"
      ? "This device already holds a passkey of your account."
      : "No passkey was used: it was cancelled, took too long, or none fits. Nothing is changed; try again.";
  });
})();

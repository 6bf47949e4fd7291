// Dates are shown in the person's own time zone; the sign-up form carries what the browser knows.
for (const field of document.querySelectorAll("input[name=time_zone][type=hidden]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}

// The clock of the agreement and the survey. At zero the server is asked what comes next.

import { Clock } from "./clock.js";

const element = document.getElementById("clock");
const clock = new Clock(element, Number(element.dataset.secondsLeft));
clock.addEventListener("notice", ({ detail: { text } }) => { document.getElementById("announcer").textContent = text; });
clock.addEventListener("zero", () => {
  const survey = document.getElementById("survey");
  // What was filled in by then counts; the server decides whether it came in time.
  if (survey) survey.submit();
  else location.reload();
});

// The exam room: puts clock, queue, heartbeat, navigation and review together over the items that are in the page.

import { Clock } from "./clock.js";
import { Heartbeat } from "./heartbeat.js";
import { Keys, Navigation } from "./navigation.js";
import { Review } from "./review.js";
import { SaveQueue, csrfToken } from "./save_queue.js";

const room = document.getElementById("room");
const { attempt, saveUrl, heartbeatUrl, secondsLeft, heartbeatSeconds, startAt } = room.dataset;
const $ = (id) => document.getElementById(id);
const items = [...room.querySelectorAll(".item")];
const count = items.length;
// From here on the clock is always shown.
const LAST_SECONDS = 300;
let isOver = false;

// --- State of the items, as the page shows it -------------------------------------------------------------------

const radios = (item) => [...item.querySelectorAll("input[type=radio]")];
const chosenIn = (item) => Number(radios(item).find((radio) => radio.checked)?.value) || null;
const stateOf = (item) => ({ chosen: chosenIn(item), flagged: "flagged" in item.dataset });

function show(item, { chosen, flagged }) {
  for (const radio of radios(item)) radio.checked = Number(radio.value) === chosen;
  if (flagged) item.dataset.flagged = "";
  else delete item.dataset.flagged;
  item.dataset.seen = "";
  drawFlag();
}

// --- Parts ------------------------------------------------------------------------------------------------------

const revisions = new Map(items.map((item, index) => [index + 1, Number(item.dataset.revision)]));
const queue = new SaveQueue({ attempt, url: saveUrl, revisions });
const clock = new Clock($("clock"), Number(secondsLeft));
const heartbeat = new Heartbeat({ url: heartbeatUrl, seconds: Number(heartbeatSeconds) });
const navigation = new Navigation({ items, review: $("review"), startAt: Number(startAt) });
const review = new Review({
  root: $("review"),
  count,
  go: (position) => { if (!isOver) navigation.go(position); },
  state: (position) => {
    const item = items[position - 1];
    const { chosen, flagged } = stateOf(item);
    return { isSeen: "seen" in item.dataset, isAnswered: chosen !== null, isFlagged: flagged };
  },
});

// What waited here before a reload is newer than what the server rendered.
for (const position of queue.items()) show(items[position - 1], queue.waiting(position));
room.classList.add("scripted");

// --- Choosing and flagging --------------------------------------------------------------------------------------

function save(position) {
  if (!isOver) queue.put(position, stateOf(items[position - 1]));
}

function choose(place) {
  const radio = radios(navigation.item)[place - 1];
  if (!radio || navigation.isReviewing || isOver) return;
  const isNew = !radio.checked;
  radio.checked = true;
  radio.focus();
  if (isNew) save(navigation.current);
}

function flag() {
  if (navigation.isReviewing || isOver) return;
  const { dataset } = navigation.item;
  if ("flagged" in dataset) delete dataset.flagged;
  else dataset.flagged = "";
  drawFlag();
  save(navigation.current);
}

function drawFlag() {
  const isFlagged = navigation?.item ? "flagged" in navigation.item.dataset : false;
  $("flag").setAttribute("aria-pressed", String(isFlagged));
  $("flag").querySelector(".label").textContent = isFlagged ? "Flagged" : "Flag";
}

room.addEventListener("change", (event) => {
  const item = event.target.closest(".item");
  if (item) save(items.indexOf(item) + 1);
});

// --- Words on the screen ----------------------------------------------------------------------------------------

function say(text) { $("announcer").textContent = text; }

function notice(text, { link = null, label = "" } = {}) {
  $("notice").hidden = !text;
  $("notice-text").textContent = text ?? "";
  $("notice-link").hidden = !link;
  if (link) {
    $("notice-link").href = link;
    $("notice-link").textContent = label;
  }
}

function drawSaved(text, isWaiting) {
  $("saved").textContent = text;
  $("saved").classList.toggle("waiting", isWaiting);
}

const timeOf = (iso) => new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const unsent = (size) => `${size} answer${size === 1 ? "" : "s"} not yet saved`;

function drawSettled(size, words) {
  drawSaved(size ? `${unsent(size)}, sending` : words, size > 0);
}

queue.addEventListener("change", ({ detail }) => {
  const { result, size } = detail;
  if (detail.seconds_left !== undefined) clock.sync(detail.seconds_left);
  if (result === "saved") {
    drawSettled(size, `saved ${timeOf(detail.saved_at)}`);
    // The way to sign in has done its service; what was told of another window stays until it is read.
    if (!size && !$("notice-link").hidden) notice(null);
  } else if (result === "waiting") drawSaved(`${unsent(size)}, sending`, true);
  else if (result === "retrying") drawSaved(`${unsent(size)}, retrying`, true);
  else if (result === "stale") {
    refused++;
    drawSettled(size, "");
    show(items[detail.item - 1], detail);
    notice(`Item ${detail.item}: ${detail.message}`);
  } else if (result === "closed") leave(detail);
  else if (result === "invalid") {
    refused++;
    drawSettled(size, "");
    notice(`An answer was refused: ${detail.message} Reload this page.`);
  } else if (result === "signed_out") askToSignIn(detail.sign_in_url);
  else if (result === "csrf") askToSignIn(room.dataset.signInUrl);
  else if (detail.status === 404) notice("This browser is signed in as somebody else. Sign in again; your answers are kept here.", { link: room.dataset.signInUrl, label: "Sign in" });
});

function askToSignIn(link) {
  notice("You are signed out. Your answers are kept here and are sent once you have signed in, in a new tab.", { link, label: "Sign in" });
}

heartbeat.addEventListener("answer", ({ detail }) => {
  if (detail.seconds_left !== undefined) clock.sync(detail.seconds_left);
  if (detail.result === "closed") leave(detail);
  else if (detail.result === "signed_out") askToSignIn(detail.sign_in_url);
  else if (detail.result === "open") {
    const news = detail.state.filter(([position, revision]) => queue.learn(position, revision));
    for (const [position, , chosen, flagged] of news) show(items[position - 1], { chosen, flagged });
    if (news.length) notice("This exam was changed in another window or on another device. You now see what is stored.");
    queue.kick();
  }
});

// --- Time -------------------------------------------------------------------------------------------------------

clock.addEventListener("notice", ({ detail: { seconds, text } }) => {
  say(text);
  notice(text);
  if (seconds <= LAST_SECONDS) hideClock(false);
});

clock.addEventListener("zero", async () => {
  // The server closes, not the page: send what waits, then ask until it says so.
  notice("Time is up. What is on screen is being sent; the report opens when the server has closed the exam.");
  stop(true);
  while (!isOver) {
    queue.kick();
    await heartbeat.beat();
    await new Promise((resolve) => { setTimeout(resolve, 2000); });
    if (clock.seconds > 1) {
      stop(false);
      notice("The exam goes on: the server granted more time.");
      return;
    }
  }
});

/** No more clicks, keys or moves; the keys ask for the class. */
function stop(isStopped) {
  room.classList.toggle("ended", isStopped);
  for (const part of room.querySelectorAll(".tools, .stage, .foot")) part.inert = isStopped;
  if (isStopped) for (const dialog of room.querySelectorAll("dialog")) dialog.close();
}

function hideClock(isHidden) {
  $("clock").hidden = isHidden;
  $("hide-clock").textContent = isHidden ? "show clock" : "hide";
  try { sessionStorage.clock = isHidden ? "hidden" : "shown"; } catch { /* Only a preference. */ }
}

function leave({ message, report_url: url }) {
  if (isOver) return;
  isOver = true;
  queue.close();
  notice(message);
  location.assign(url);
}

// --- Ending -----------------------------------------------------------------------------------------------------

// Counts the openings and closings of the dialog: whoever goes back while answers are being sent has not ended.
let wish = 0;
// Counts the answers that the server did not take.
let refused = 0;

function askToEnd() {
  const { unanswered, flagged, all } = review.counts();
  $("end-words").textContent = unanswered
    ? `${unanswered} of ${all} items are unanswered and count as wrong; ${flagged} are flagged.`
    : `All ${all} items are answered; ${flagged} are flagged.`;
  $("end-anyway").hidden = true;
  $("end-now").disabled = false;
  $("end-dialog").showModal();
}

async function end() {
  $("end-now").disabled = true;
  const ours = ++wish;
  const refusedBefore = refused;
  if (queue.size) {
    $("end-words").textContent = `${unsent(queue.size)}. They are sent before the exam ends; please wait.`;
    const patience = setTimeout(() => { if (ours === wish) $("end-anyway").hidden = false; }, 5000);
    await queue.empty();
    clearTimeout(patience);
  }
  if (ours === wish && refused === refusedBefore) submit();
  // The server holds something else than was chosen here: whoever ends the exam has to have seen that.
  else if (ours === wish) $("end-dialog").close();
}

function submit() {
  if (isOver) return;
  isOver = true;
  stop(true);
  // Whoever signed in again meanwhile has another token than this page was made with.
  $("submit-form").elements.csrfmiddlewaretoken.value = csrfToken();
  $("submit-form").submit();
}

$("end-dialog").addEventListener("close", () => { wish++; });
// A page that the browser kept aside knows nothing of what happened since.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
addEventListener("beforeunload", (event) => { if (queue.size && !isOver) event.preventDefault(); });

// --- Buttons and keys -------------------------------------------------------------------------------------------

const buttons = {
  previous: () => navigation.previous(), next: () => navigation.next(), "to-review": () => navigation.review(),
  back: () => navigation.go(navigation.current), flag, "hide-clock": () => hideClock(!$("clock").hidden),
  "show-keys": () => $("keys-dialog").showModal(), "end-exam": askToEnd, "end-now": end, "end-anyway": submit,
  "end-cancel": () => $("end-dialog").close(), "keys-close": () => $("keys-dialog").close(),
  "notice-close": () => notice(null),
};
for (const [id, action] of Object.entries(buttons)) $(id).addEventListener("click", action);

const keys = new Keys({
  n: () => navigation.next(), p: () => navigation.previous(), ArrowRight: () => navigation.next(),
  ArrowLeft: () => navigation.previous(), f: flag, r: () => navigation.review(), "?": () => $("keys-dialog").showModal(),
  t: () => say(`${clock.words()} left.`),
  ...Object.fromEntries([..."abcdefgh"].map((letter, index) => [letter, () => choose(index + 1)])
    .filter(([letter]) => letter !== "f")),
});
$("keys-on").checked = keys.areOn;
$("keys-on").addEventListener("change", () => { keys.areOn = $("keys-on").checked; });

navigation.addEventListener("move", ({ detail: position }) => {
  $("position").textContent = `${position} of ${count}`;
  $("progress").value = position;
  $("previous").disabled = position === 1;
  heartbeat.show(position);
  drawFlag();
});
navigation.addEventListener("review", () => review.draw());
heartbeat.show(navigation.current);
navigation.go(navigation.current, { focus: false });
try { hideClock(sessionStorage.clock === "hidden" && clock.seconds > LAST_SECONDS); } catch { hideClock(false); }
queue.kick();

// The exam room: puts clock, queue, heartbeat, navigation and review together over the items that are in the page.

import { Away } from "./away.js";
import { offerCalculator } from "./calculator.js";
import { Clock } from "./clock.js";
import * as display from "./display.js";
import { Ending } from "./ending.js";
import { Exhibits } from "./exhibits.js";
import { Heartbeat } from "./heartbeat.js";
import { Marks } from "./marks.js";
import { Keys, Navigation } from "./navigation.js";
import { Review } from "./review.js";
import { SaveQueue } from "./save_queue.js";
import { Scrolling } from "./scrolling.js";
import { SignIn } from "./sign_in.js";
import { Words } from "./words.js";

const room = document.getElementById("room");
const { attempt, saveUrl, heartbeatUrl, signInUrl, secondsLeft, heartbeatSeconds, startAt, ledger, part, after } = room.dataset;
const $ = (id) => document.getElementById(id);
const items = [...room.querySelectorAll(".item")];
const count = items.length;
const siteTitle = document.title;
// From here on the clock is always shown.
const LAST_SECONDS = 300;

// --- State of the items, as the page shows it -------------------------------------------------------------------

const radios = (item) => [...item.querySelectorAll("input[type=radio]")];
const chosenIn = (item) => Number(radios(item).find((radio) => radio.checked)?.value) || null;
const stateOf = (item) => ({ chosen: chosenIn(item), flagged: "flagged" in item.dataset, ...marks.stateOf(item) });

// The items come as everybody meets them; beside them stands what the server holds of this person. Browsers restore what
// was checked before a reload, and what counts is what the server says.
const stored = JSON.parse($("stored").textContent);
for (const radio of room.querySelectorAll(".item input[type=radio]")) radio.checked = false;
for (const { position, chosen, flagged, struck, note, highlights } of stored) {
  const item = items[position - 1];
  if (chosen) radios(item)[chosen - 1].checked = true;
  if (flagged) item.dataset.flagged = "";
  if (note) item.dataset.note = note;
  item.dataset.highlights = JSON.stringify(highlights);
  item.querySelectorAll("label").forEach((label, index) => { if (struck.includes(index + 1)) label.dataset.struck = ""; });
  item.dataset.seen = "";
}

// --- Parts ------------------------------------------------------------------------------------------------------

const words = new Words();
const revisions = new Map(items.map((_, index) => [index + 1, 0]));
for (const { position, revision } of stored) revisions.set(position, revision);
const queue = new SaveQueue({ attempt, url: saveUrl, revisions });
const clock = new Clock($("clock"), Number(secondsLeft));
const heartbeat = new Heartbeat({ attempt, url: heartbeatUrl, seconds: Number(heartbeatSeconds), count, known: Number(ledger) });
const navigation = new Navigation({ items, review: $("review"), startAt: Number(startAt) });
const review = new Review({
  root: $("review"),
  count,
  go: (position) => navigation.go(position),
  state: (position) => {
    const item = items[position - 1];
    return { isSeen: "seen" in item.dataset, isAnswered: chosenIn(item) !== null, isFlagged: "flagged" in item.dataset };
  },
});
const marks = new Marks({
  items,
  current: () => (navigation.isReviewing || ending.isOver ? null : navigation.item),
  changed: () => save(navigation.current),
  say: (text, { seen = false } = {}) => (seen ? words.notice("hint", text) : words.say(text)),
});
const scrolling = new Scrolling(() => (navigation.isReviewing ? null : navigation.item));
new Exhibits(items);
if (part === "exam") new Away({ attempt, queue, words });
offerCalculator();
display.offerDisplay();
const ending = new Ending({ queue, heartbeat, words, counts: () => review.counts(), stop, part, after });

function show(item, { chosen, flagged, ...marked }) {
  for (const radio of radios(item)) radio.checked = Number(radio.value) === chosen;
  marks.show(item, marked);
  if (flagged) item.dataset.flagged = "";
  else delete item.dataset.flagged;
  item.dataset.seen = "";
  drawFlag();
  if (navigation.isReviewing) review.draw();
}

// A page that was left may have been told of a save after the server had made this one.
for (const state of queue.newer()) show(items[state.item - 1], state);
// What waited here before a reload is newer than what the server rendered.
for (const position of queue.items()) show(items[position - 1], queue.waiting(position));
for (const position of heartbeat.seen()) items[position - 1].dataset.seen = "";
words.drawSaved(queue);
room.classList.add("scripted");

// --- Choosing and flagging --------------------------------------------------------------------------------------

function save(position) {
  if (!ending.isOver) queue.put(position, stateOf(items[position - 1]));
}

function choose(place) {
  const radio = radios(navigation.item)[place - 1];
  if (!radio || navigation.isReviewing || ending.isOver) return;
  const isNew = !radio.checked;
  radio.checked = true;
  radio.focus();
  if (isNew) save(navigation.current);
}

function flag() {
  if (navigation.isReviewing || ending.isOver) return;
  const { dataset } = navigation.item;
  if ("flagged" in dataset) delete dataset.flagged;
  else dataset.flagged = "";
  drawFlag();
  words.say("flagged" in dataset ? "Flagged." : "Flag removed.");
  save(navigation.current);
}

function drawFlag() {
  const isFlagged = "flagged" in navigation.item.dataset;
  $("flag").setAttribute("aria-pressed", String(isFlagged));
  $("flag").querySelector(".label").textContent = isFlagged ? "Flagged" : "Flag";
}

room.addEventListener("change", (event) => {
  const item = event.target.closest(".item");
  if (item) save(items.indexOf(item) + 1);
});

// --- A break -------------------------------------------------------------------------------------------------

// What is on its way has to arrive first: during the break nothing is stored.
$("break-form")?.addEventListener("submit", async (event) => {
  if (!queue.size) return;
  event.preventDefault();
  words.notice("hint", "The break begins as soon as your last answers are saved.");
  await queue.empty();
  if (!ending.isOver) $("break-form").submit();
});

// --- What the server says ---------------------------------------------------------------------------------------

const signIn = new SignIn(signInUrl);
signIn.addEventListener("done", () => {
  words.clear("sign-in");
  heartbeat.beat();
  queue.kick();
});
$("notice-link").addEventListener("click", (event) => {
  if (!words.asksToSignInHere) return;
  event.preventDefault();
  signIn.ask({ now: true });
});

/** A word that says who is asking, which save and heartbeat may both be given; true when it was one. */
function isAboutTheSession({ result, status, sign_in_url: link }) {
  if (result === "signed_out" || result === "csrf") {
    words.askToSignIn(link ?? signInUrl);
    signIn.ask();
  } else if (status === 404) words.askToSignIn(signInUrl, "This browser is signed in as somebody else. Your answers are kept here and are sent once you have signed in again.");
  else return false;
  ending.stopAsking();
  return true;
}

queue.addEventListener("change", ({ detail }) => {
  const { result, seconds_left: left } = detail;
  if (left !== undefined) sync(left);
  if (detail.ledger) heartbeat.know(detail.ledger);
  // After an answer was refused the line says nothing of saving until the next is saved.
  words.drawSaved(queue, { saved: detail.saved_at, stale: null, invalid: null }[result]);
  if (isAboutTheSession(detail)) return;
  if (["saved", "stale", "invalid"].includes(result)) isSignedIn();
  if (result === "closed") ending.leave(detail);
  else if (result === "break") location.assign(detail.break_url);
  else if (result === "invalid") words.notice("refused", `Item ${detail.item}: this answer was refused and is not stored (${detail.message}) Reload the page and choose again.`);
  else if (result === "stale") {
    show(items[detail.item - 1], detail);
    words.stale(detail.item, detail.message);
  }
});

heartbeat.addEventListener("answer", ({ detail }) => {
  if (isAboutTheSession(detail)) return;
  if (detail.seconds_left !== undefined) sync(detail.seconds_left);
  if (detail.result === "closed") ending.leave(detail);
  else if (detail.result === "break") location.assign(detail.break_url);
  else if (detail.result === "open") {
    const news = detail.state.filter(({ item, revision }) => queue.learn(item, revision));
    display.learn(detail.display);
    for (const state of news) show(items[state.item - 1], state);
    if (news.length) words.notice("news", "This exam was changed in another window or on another device. You now see what is stored.");
    isSignedIn();
    queue.kick();
  }
});

function isSignedIn() {
  words.clear("sign-in");
  signIn.settle();
}

// --- Time -------------------------------------------------------------------------------------------------------

// More than a clock can be off by: somebody has granted time.
const GRANTED_SECONDS = 20;

function sync(secondsLeft) {
  const more = secondsLeft - clock.seconds;
  clock.sync(secondsLeft);
  if (more > GRANTED_SECONDS) words.notice("time", `You were given more time: ${clock.words()} are left.`);
}

clock.addEventListener("wake", () => heartbeat.beat());
clock.addEventListener("notice", ({ detail: { seconds, text, isShown } }) => {
  if (isShown) words.notice("time", text);
  else words.say(text);
  if (seconds <= LAST_SECONDS) hideClock(false);
});
clock.addEventListener("zero", async () => {
  stop(true);
  if (!await ending.timeIsUp(clock)) return;
  stop(false);
  words.notice("time", "The exam goes on: the server granted more time.");
});

/** No more clicks, keys or moves; the keys ask for the class. */
function stop(isStopped) {
  navigation.isStopped = isStopped;
  room.classList.toggle("ended", isStopped);
  for (const part of room.querySelectorAll(".tools, .stage, .foot")) part.inert = isStopped;
  if (isStopped) $("keys-dialog").close();
}

function hideClock(isHidden) {
  $("clock").hidden = isHidden;
  $("hide-clock").querySelector(".label").textContent = isHidden ? "show" : "hide";
  try { sessionStorage.clock = isHidden ? "hidden" : "shown"; } catch { /* Only a preference. */ }
}

function hidePosition(isHidden) {
  for (const part of ["position", "progress"]) $(part).hidden = isHidden;
  $("hide-position").querySelector(".label").textContent = isHidden ? "show place" : "hide";
  drawTitle();
  try { sessionStorage.position = isHidden ? "hidden" : "shown"; } catch { /* Only a preference. */ }
}

function drawTitle() {
  document.title = $("position").hidden ? siteTitle : `${navigation.current} of ${count} · ${siteTitle}`;
}

function tellTime() {
  const text = `${clock.words()} left.`;
  // Whoever sees the clock needs no second one.
  if ($("clock").hidden) words.notice("time", text);
  else words.say(text);
}

// --- Buttons and keys -------------------------------------------------------------------------------------------

function next() {
  if (!navigation.isReviewing && !navigation.isStopped) scrolling.leave(() => navigation.next());
}

const buttons = {
  previous: () => navigation.previous(), next, "to-review": () => navigation.review(),
  back: () => navigation.back(), flag, "hide-clock": () => hideClock(!$("clock").hidden),
  "hide-position": () => hidePosition(!$("position").hidden),
  "show-keys": () => $("keys-dialog").showModal(), "keys-close": () => $("keys-dialog").close(),
  "end-exam": () => ending.ask(),
};
for (const [id, action] of Object.entries(buttons)) $(id).addEventListener("click", action);

new Keys({
  n: next, p: () => navigation.previous(), ArrowRight: next,
  ArrowLeft: () => navigation.previous(), f: flag, t: tellTime, "?": () => $("keys-dialog").showModal(),
  r: () => navigation.review(),
  ...Object.fromEntries([..."abcdegh"].map((letter) => [letter, () => choose(letter.charCodeAt(0) - 96)])),
  ...Object.fromEntries([..."ABCDEGH"].map((letter) => [`Shift ${letter}`, () => marks.strike(letter.charCodeAt(0) - 64)])),
});

navigation.addEventListener("move", ({ detail: position }) => {
  $("position").textContent = `${position} of ${count}`;
  $("back").textContent = `Back to item ${position}`;
  $("progress").value = position;
  $("previous").disabled = position === 1;
  drawTitle();
  heartbeat.show(position);
  words.clear("hint");
  drawFlag();
  marks.draw();
});
navigation.addEventListener("review", () => review.draw());
navigation.addEventListener("move", () => scrolling.note());
navigation.go(navigation.current, { focus: false });
try { hideClock(sessionStorage.clock === "hidden" && clock.seconds > LAST_SECONDS); } catch { hideClock(false); }
try { hidePosition(sessionStorage.position === "hidden"); } catch { hidePosition(false); }
queue.kick();

// The desk: signs in, sends what was scanned, shows what came of it.

import * as camera from "./camera.js";
import * as conditions from "./conditions.js";
import { isCredential, listen, maySignIn, submitOnControlEnd } from "./entry.js";
import * as service from "./service.js";
import { play } from "./sound.js";
import { Turns } from "./turns.js";
import * as venueCode from "./venue-code.js";
import * as verdict from "./verdict.js";
import * as matter from "./matter.js";
import { CITY_TIME, ENDED, NO_CREDENTIAL, PROBLEMS, REMEDIES, STATES, TOLD, age, english, tooSlow } from "./words.js";

const MAX_LOG = 10;
/// The oldest that a code may be, seconds, and how long a scanner may take before it is told that it is slow.
const MAX_AGE = 60;
const SLOW = 5;
/// Milliseconds between two looks at the connection.
const PROBE_EVERY = 15000;
const PROBE_OFFLINE_EVERY = 3000;
/// The least that a verdict stays before one takes its place that was not scanned after it, and the longest
/// that a sentence covers a question that is open, seconds.
const SEEN = 3;
const SENTENCE = 5;

const at = (id) => document.getElementById(id);
const code = at("code");
const kept = new URLSearchParams(location.search).get("keep");
/// How long a verdict and its data stay, seconds.
const keep = Math.min(300, Math.max(1, Number(kept) || 30));

/// `missed`: whether a code was not sent while another one was checked.
const desk = { session: null, online: true, muted: false, missed: false, ages: {} };
const turns = new Turns((milliseconds) => verdict.announceNext(Math.ceil(milliseconds / 1000)));

// ---- texts in two languages

function put(element, { zh, en }) {
  element.replaceChildren(zh, " ", english(en));
}

// ---- signing in and out

function showDesk(session) {
  desk.session = session;
  at("sign-in").hidden = true;
  at("desk").hidden = false;
  at("sign-in-problem").replaceChildren();
  at("venue").textContent = [session.venue.name, session.site_name, session.device].filter(Boolean).join(" · ");
  // A gate knows its desk without anybody signing in, and shows no codes of its own.
  at("sign-out").hidden = at("venue-code").hidden = session.gate === true;
  at("queue").hidden = session.gate !== true;
  if (session.gate) code.placeholder = "扫码枪对准市民码 · Point the scanner at the citizen code";
  const remembered = sessionStorage.getItem("scene");
  const options = session.scenes.map((scene) => {
    const option = new Option(`${scene.name_zh} · ${scene.name_en}`, String(scene.id));
    option.selected = String(scene.id) === remembered;
    return option;
  });
  at("scene").replaceChildren(...options);
  at("connection").replaceChildren();
  at("operator").value = sessionStorage.getItem("operator") ?? "";
  sceneChanged();
  verdict.clear();
  rest();
  watch();
}

function showSignIn(problem) {
  desk.session = null;
  desk.missed = false;
  turns.empty();
  stopCamera();
  showVenueCode(false);
  verdict.clear();
  at("log").replaceChildren();
  at("purpose").value = at("case").value = "";
  at("desk").hidden = true;
  at("sign-in").hidden = false;
  const told = at("sign-in-problem");
  told.replaceChildren();
  if (problem) put(told, problem);
  at("credential").value = "";
  at("credential").focus();
}

function asWords(error) {
  if (error instanceof service.Refused) {
    const { title_zh, title, code: name } = error.told;
    return PROBLEMS[name] ?? {
      zh: title_zh ?? `服务出错（${error.status}）`,
      en: title ?? `the service failed (${error.status})`,
    };
  }
  return { zh: "无法连接服务，请检查网络", en: "The service cannot be reached: check the network" };
}

at("sign-in-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const credential = at("credential").value.trim();
  at("credential").value = "";
  if (!credential) return;
  if (!maySignIn(credential)) return showSignIn(NO_CREDENTIAL);
  try {
    showDesk(await service.signIn(credential));
  } catch (error) {
    showSignIn(asWords(error));
  }
});

submitOnControlEnd(at("credential"));

at("sign-out").addEventListener("click", async () => {
  try {
    await service.signOut();
    sessionStorage.clear();
    showSignIn();
  } catch (error) {
    showSignIn(error instanceof service.Refused ? null : asWords(error));
  }
});

// ---- scenes

const scene = () => desk.session?.scenes.find(({ id }) => String(id) === at("scene").value);

function sceneChanged() {
  const chosen = scene();
  if (chosen) sessionStorage.setItem("scene", at("scene").value);
  matter.ask(chosen?.case === true);
  const note = at("scene-note");
  note.hidden = false;
  if (!chosen) put(note, { zh: "本场所没有登记场景，请联系管理员。", en: "This venue has no scene: ask the operator." });
  else if (chosen.challenge) put(note, { zh: "市民先扫屏幕上的场所码，再出示市民码。", en: "The citizen scans the code on this screen first, then shows theirs." });
  else if (chosen.consent === "ask") put(note, { zh: "须经市民本人在手机上授权同意。", en: "The citizen is asked on the phone." });
  else if (chosen.consent === "notice") put(note, { zh: "依法查验，系统将告知市民本人。", en: "Statutory: the citizen is told." });
  else note.hidden = true;
  showVenueCode(chosen?.challenge === true || (chosen && venueCode.isShown()));
}

/// The code on the screen is the chosen scene's. Whoever confirms on the phone waits in the line of scans.
function showVenueCode(shown) {
  const area = at("venue-code-area");
  const place = scene();
  const onVisit = (answer) => turns.add({ began: -Infinity, take: () => () => answered(answer, { place }) });
  if (shown) venueCode.show(area, place.id, onVisit, lost);
  else venueCode.hide(area);
  at("venue-code").setAttribute("aria-pressed", String(venueCode.isShown()));
}

/// The code on the screen cannot be renewed: the banner says so, or the session is over.
function lost(error) {
  if (error instanceof service.Refused) failed(error);
  else reached(false);
}

function toggleVenueCode() {
  if (scene() && !desk.session.gate) showVenueCode(!venueCode.isShown());
  code.focus();
}

at("scene").addEventListener("change", () => {
  sceneChanged();
  goOn();
});
at("operator").addEventListener("change", () => sessionStorage.setItem("operator", at("operator").value.trim()));

// ---- scanning

/// The focus goes to what has to be filled in first, else to where scans go.
function rest() {
  (matter.missing()[0] ?? code).focus();
}

/// From the camera: whoever holds a code there need not have seen the last verdict.
const onSight = (text) => onScan(text, 0, -Infinity);

/// `seconds` is how long the scanner took to type it, `began` when that was begun.
function onScan(text, seconds = 0, began = performance.now() - seconds * 1000) {
  if (isCredential(text)) return tell("unsent", TOLD.credential);
  const chosen = scene();
  if (!chosen) return notSent(TOLD.scene);
  if (matter.missing().length > 0) {
    notSent(matter.told());
    return rest();
  }
  const hindrance = turns.hindrance(chosen.case);
  if (hindrance) return notSent(TOLD[hindrance]);
  // What the desk is set to now, whatever it is set to once this one's turn comes.
  const question = { code: text, scene: chosen.id, ...matter.filled() };
  const asks = chosen.consent === "ask";
  turns.add({ asks, began, take: () => check(question, asks, { place: chosen, seconds }) });
}

/// Says so, now and beside the verdict that covers it.
function notSent(words) {
  desk.missed = turns.current !== null;
  tell("unsent", words);
}

/// Returns what shows the outcome.
async function check(question, asks, about) {
  // At once, so that the last person's verdict is never taken for this one's.
  showQuestion();
  try {
    const answer = await service.scan(question, asks);
    return () => {
      try {
        answered(answer, about);
      } catch (error) {
        failed(error, about.place);
      }
    };
  } catch (error) {
    return () => failed(error, about.place);
  }
}

/// What is on the screen without a verdict: the question that is open, or nothing about anybody.
function showQuestion() {
  const open = turns.current;
  if (open) verdict.show("checking", open.asks ? TOLD.asking : {});
  else verdict.clear();
}

/// The clerk has seen what is on the screen.
function goOn() {
  showQuestion();
  turns.seen();
}

function answered(answer, { place, seconds = 0 }) {
  reached(true);
  const state = answer?.decision;
  if (state !== "accept" && state !== "refuse") return tell("unsent", TOLD.silence, place);
  // It ran out on its way through the scanner's cable.
  const wasSlow = answer.reason === "CODE_EXPIRED" && seconds > SLOW && answer.clock_difference - seconds <= MAX_AGE;
  told(state, wasSlow ? { ...answer, ...tooSlow(seconds) } : answer, place);
  if (state === "accept") {
    matter.next();
    if (document.activeElement === code) rest();
  }
  knowAge("trust", answer.freshness?.trust_age);
  knowAge("status", answer.freshness?.status_age);
  if (answer.offline) knowGate(answer);
}

function failed(error, place = scene()) {
  if (error instanceof service.Unreachable) {
    if (!error.sent) reached(false);
    return tell("unsent", error.sent ? TOLD.silence : TOLD.offline, place);
  }
  if (!(error instanceof service.Refused)) {
    tell("unsent", TOLD.silence, place);
    throw error;
  }
  const over = ["CREDENTIAL_MISSING", "CREDENTIAL_REVOKED", "VENUE_SUSPENDED", "SESSION_TOKEN"];
  if (over.includes(error.told.code)) {
    const why = ["CREDENTIAL_REVOKED", "VENUE_SUSPENDED"].includes(error.told.code) ? asWords(error) : null;
    return showSignIn(why ? { zh: `${why.zh}；${ENDED.zh}`, en: `${why.en}. ${ENDED.en}` } : ENDED);
  }
  const { zh, en } = asWords(error);
  const staff = REMEDIES[error.told.code] ?? TOLD.silence.staff;
  tell("unsent", { text: { zh, en }, staff, code: error.told.code ?? "" }, place);
}

/// The page's own word, where the service has none.
function tell(state, { text, staff, code: reason }, place = scene()) {
  told(state, { text, staff, reason }, place);
}

function told(state, answer, place) {
  if (!desk.muted) play(state === "accept" || state === "refuse" ? state : "unsent");
  // While a question is open this is a sentence beside it, which gives way to it again.
  const isOpenStill = turns.current !== null;
  if (!isOpenStill && desk.missed) answer = { ...answer, staff: joined(answer.staff, TOLD.meanwhile) };
  conditions.fold();
  verdict.show(state, answer, isOpenStill ? Math.min(SENTENCE, keep) : keep, showQuestion);
  if (!isOpenStill) {
    desk.missed = false;
    const hasData = Object.keys(answer.claims ?? {}).length > 0;
    turns.hold((hasData ? keep : Math.min(SEEN, keep)) * 1000);
  }
  note(state, answer, place);
}

const joined = (one, other) => (one ? { zh: `${one.zh}；${other.zh}`, en: `${one.en}. ${other.en}` } : other);

/// Time, scene and reason; never whose code it was.
function note(state, answer, place) {
  const entry = document.createElement("li");
  const shape = at("shape").parentElement.cloneNode(true);
  shape.removeAttribute("class");
  shape.firstElementChild.removeAttribute("id");
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString("zh-CN", CITY_TIME);
  const where = document.createElement("span");
  where.textContent = place?.name_zh ?? "";
  const what = document.createElement("span");
  what.className = "what";
  what.append(`${STATES[state].zh} · ${answer.text?.zh ?? ""} `, english(answer.reason ?? ""));
  entry.append(shape, time, where, what);
  at("log").prepend(entry);
  while (at("log").children.length > MAX_LOG) at("log").lastElementChild.remove();
}

// ---- connection and ages

function reached(online) {
  const changed = desk.online !== online;
  desk.online = online;
  at("banner").hidden = online;
  at("connection").dataset.state = online ? "online" : "offline";
  const here = desk.session?.gate ? { zh: "● 本机核验", en: "Verified here" } : { zh: "● 已连接", en: "Online" };
  const words = online ? here : { zh: "▲ 未连接", en: "Offline" };
  if (changed || !at("connection").textContent) put(at("connection"), words);
}

let next = 0;

async function watch() {
  clearTimeout(next);
  if (!desk.session) return;
  const found = desk.session.gate ? await lookAtGate() : await service.probe();
  if (!desk.session) return;
  reached(found.reached);
  knowAge("trust", found.trustAge);
  clearTimeout(next);
  next = setTimeout(watch, found.reached ? PROBE_EVERY : PROBE_OFFLINE_EVERY);
}

async function lookAtGate() {
  const state = await service.gateState();
  if (!state) return { reached: false };
  knowAge("status", state.status_age);
  knowGate(state);
  return { reached: true, trustAge: state.trust_age };
}

/// What only a gate says: receipts that wait, a clock that is behind or ahead, and, where its state was
/// asked, what has to be looked at.
function knowGate({ queued, clock_behind: behind, clock_ahead: ahead, conditions: held }) {
  at("queued").textContent = String(queued);
  at("clock").hidden = !behind;
  at("clock-behind").textContent = String(behind ?? "");
  at("clock-fast").hidden = !ahead;
  at("clock-ahead").textContent = String(ahead ?? "");
  // The clock has lines of its own.
  if (held) conditions.show(held.filter(({ code }) => !code.startsWith("GATE_CLOCK_")));
}

/// Keeps an age that was told, in seconds; what is not told (a refused code may need no list) changes
/// nothing.
function knowAge(list, seconds) {
  if (typeof seconds !== "number") return;
  desk.ages[list] = { seconds, at: performance.now() };
  showAges();
}

function showAges() {
  for (const [list, told] of Object.entries(desk.ages)) {
    const passed = (performance.now() - told.at) / 1000;
    const isLive = list === "status" && told.seconds === 0;
    put(at(`${list}-age`), isLive ? { zh: "实时查询", en: "live" } : age(told.seconds + passed));
  }
}

// A browser's word that it is offline is a reason to look, and no more: loopback needs no network.
addEventListener("offline", watch);
addEventListener("online", watch);
at("retry").addEventListener("click", () => {
  watch();
  code.focus();
});
setInterval(showAges, 5000);

// ---- sound, camera, keys

function toggleSound() {
  desk.muted = !desk.muted;
  at("mute").setAttribute("aria-pressed", String(desk.muted));
  at("mute-zh").textContent = desk.muted ? "声音关" : "声音开";
  at("mute-en").textContent = desk.muted ? "Sound off" : "Sound on";
  if (!desk.muted) play("accept");
}

async function toggleCamera() {
  const button = at("camera");
  button.disabled = true;
  try {
    if (camera.isRunning()) stopCamera();
    else await camera.start(at("viewfinder"), onSight, () => cameraFailed(TOLD.blind));
  } catch (error) {
    cameraFailed(error instanceof camera.Unanswered ? TOLD.unanswered : TOLD.camera);
  }
  button.disabled = false;
  button.setAttribute("aria-pressed", String(camera.isRunning()));
  code.focus();
}

/// Also one that the browser has not allowed yet.
function stopCamera() {
  camera.stop(at("viewfinder"));
  at("camera").setAttribute("aria-pressed", "false");
}

function cameraFailed(words) {
  stopCamera();
  if (isOpen()) tell("unsent", words);
}

at("venue-code").addEventListener("click", toggleVenueCode);
at("mute").addEventListener("click", toggleSound);
at("reveal").addEventListener("click", verdict.reveal);
at("camera").addEventListener("click", toggleCamera);
at("help").addEventListener("click", () => at("keys").showModal());
at("keys").addEventListener("close", () => code.focus());

const KEYS = {
  F1: () => at("keys").showModal(),
  F2: () => at("scene").focus(),
  F4: () => at("operator").focus(),
  F6: toggleVenueCode,
  F7: verdict.reveal,
  F8: toggleSound,
  F9: watch,
  Escape: () => {
    clearEntry();
    stopCamera();
    goOn();
    rest();
  },
};

const isOpen = () => desk.session !== null;
const clearEntry = listen(code, {
  isOpen,
  makeWay: () => at("keys").close(),
  onScan,
  onDone: rest,
  onCredential: () => tell("unsent", TOLD.credential),
});

document.addEventListener("keydown", (event) => {
  const action = KEYS[event.key];
  if (!action || !isOpen() || at("keys").open || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  action();
});

// The scan field has the focus unless somebody works elsewhere on purpose.
document.addEventListener("click", (event) => {
  if (isOpen() && !event.target.closest("input, select, label, dialog")) code.focus();
});
addEventListener("focus", () => {
  if (isOpen() && document.activeElement === document.body) code.focus();
});
addEventListener("pagehide", () => verdict.clear());

// ---- start

at("camera").hidden = !camera.isPossible();
service.resume().then(showDesk, (error) => showSignIn(error instanceof service.Refused ? null : asWords(error)));

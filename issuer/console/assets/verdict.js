// The verdict and everything about a person on the screen, and its disappearance.

import { CLAIMS, NATIONALITY_OF, STATES, VALUES, english } from "./words.js";

const MAX_VALUE = 500;
/// Numbers whose middle is covered until the clerk asks for it: screens are seen from behind, too.
const COVERED = ["document_number", "phone"];
const at = (id) => document.getElementById(id);

let ending = 0;
let ticking = 0;
/// The claims on the screen, and whether numbers are shown whole.
let shown = { claims: {}, whole: false };

function say(id, { zh = "", en = "" } = {}) {
  at(`${id}-zh`).textContent = zh;
  at(`${id}-en`).textContent = en;
}

/// A value as text: yes and no in both languages, lists and records in one line.
function written(value) {
  if (value === true) return { zh: "是", en: "yes" };
  if (value === false) return { zh: "否", en: "no" };
  if (value === null || value === undefined) return { zh: "—", en: "" };
  if (Array.isArray(value)) return { zh: value.map((part) => written(part).zh).join("、"), en: "" };
  if (typeof value === "object") {
    return { zh: Object.values(value).map((part) => written(part).zh).join(" "), en: "" };
  }
  return { zh: String(value), en: "" };
}

/// Answers to "at least so old?", one after the other.
function ages(answers) {
  const told = Object.entries(answers).map(([name, yes]) => [name.replace("at_least_", ""), yes]);
  return {
    zh: told.map(([age, yes]) => `${yes ? "已满" : "未满"}${age}岁`).join("、"),
    en: told.map(([age, yes]) => `${yes ? "at least" : "under"} ${age}`).join(", "),
  };
}

const cover = (text) => text.slice(0, 3) + "*".repeat(Math.max(0, text.length - 5)) + text.slice(-2);

/// What a claim's value is in both languages.
function valueOf(name, value) {
  if (COVERED.includes(name) && !shown.whole) return { zh: cover(String(value)), en: "" };
  if (name === "age" && value !== null && typeof value === "object") return ages(value);
  return VALUES[name]?.[value] ?? written(value);
}

function labelOf(name) {
  if (name === "nationality") return NATIONALITY_OF[shown.claims.document_type] ?? CLAIMS.nationality;
  return CLAIMS[name] ?? { zh: name, en: "" };
}

/// The names of the claims on the screen: in the order of a form, and at its end what the page has no words
/// for.
function inOrder() {
  const order = Object.keys(CLAIMS);
  const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.keys(shown.claims).sort((one, other) => place(one) - place(other));
}

function row(name) {
  const pair = document.createElement("div");
  const label = document.createElement("dt");
  const content = document.createElement("dd");
  const words = labelOf(name);
  const { zh, en } = valueOf(name, shown.claims[name]);
  label.append(words.zh, " ", english(words.en));
  content.append(zh.slice(0, MAX_VALUE), " ", english(en));
  pair.append(label, content);
  return pair;
}

function showClaims() {
  const names = inOrder();
  at("claims").replaceChildren(...names.map(row));
  at("claims-area").hidden = names.length === 0;
  at("reveal").hidden = !names.some((name) => COVERED.includes(name));
  at("reveal").setAttribute("aria-pressed", String(shown.whole));
}

/// Shows the numbers on the screen whole, or covers them again.
export function reveal() {
  shown.whole = !shown.whole;
  showClaims();
}

/// Puts one of the page's states on the screen, with what an answer says, for `seconds` (0: until the next).
export function show(state, answer = {}, seconds = 0, onClear = () => {}) {
  clearTimeout(ending);
  clearInterval(ticking);
  at("verdict").dataset.state = state;
  at("shape").setAttribute("href", `#shape-${state === "checking" ? "wait" : state}`);
  say("word", STATES[state]);
  say("reason", answer.text);
  at("reason-code").textContent = answer.reason ?? "";
  say("staff", answer.staff);
  say("citizen", answer.citizen);
  at("advice").hidden = !answer.staff;
  at("citizen-zh").closest("div").hidden = !answer.citizen;
  shown = { claims: answer.claims ?? {}, whole: false };
  showClaims();
  at("clears").hidden = !seconds;
  at("clears").textContent = "";
  if (!seconds) return;
  countDown(seconds, (left) => ({ zh: `${left} 秒后清除`, en: `cleared in ${left} s` }));
  ending = setTimeout(() => {
    clear();
    onClear();
  }, seconds * 1000);
}

/// Says beside the verdict that the next one takes its place, and when.
export function announceNext(seconds) {
  at("clears").hidden = false;
  countDown(seconds, (left) => ({
    zh: `${left} 秒后核验下一位，按 Esc 立即核验`,
    en: `the next scan is checked in ${left} s, with Esc at once`,
  }));
}

function countDown(seconds, words) {
  clearInterval(ticking);
  let left = seconds;
  const count = () => {
    const { zh, en } = words(left);
    at("clears").replaceChildren(`${zh} `, english(en));
    left = Math.max(0, left - 1);
  };
  count();
  ticking = setInterval(count, 1000);
}

/// Nothing about anybody is on the screen or in the page after this.
export function clear() {
  show("idle");
}

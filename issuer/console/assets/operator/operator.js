// The operators' page of a venue: its devices, requests that take two, and its scans.

import * as service from "../console/service.js";
import { button, both, codeOf, fill, row, time } from "./tables.js";
import { ACTIONS, DECISIONS, KINDS, PROBLEMS, ROLES, STATES, TOLD } from "./words.js";

const API = "../v1/operator/";
/// An export looks at much: milliseconds.
const EXPORT_PATIENCE = 60_000;
/// Pages of the list of devices that are shown at most, 200 credentials each.
const MAX_PAGES = 10;
/// After these the page knows nothing any more.
const OVER = ["CREDENTIAL_MISSING", "CREDENTIAL_REVOKED", "SESSION_TOKEN", "ROLE_DENIED"];

const at = (id) => document.getElementById(id);
const office = { session: null, pages: [null], next: null, shown: "" };

const isManager = () => office.session?.role === "manager";

// ---- what is told

function put(id, words) {
  at(id).replaceChildren(...(words ? both(words) : []));
}

function tell(words) {
  put("problem", null);
  put("told", words);
}

function asWords(error) {
  if (!(error instanceof service.Refused)) return { zh: "无法连接服务，请检查网络", en: "The service cannot be reached: check the network" };
  const { title_zh, title, code } = error.told;
  return PROBLEMS[code] ?? { zh: title_zh ?? `服务出错（${error.status}）`, en: title ?? `the service failed (${error.status})` };
}

/// Does something for a click, and tells what came of it.
async function act(work, words, focus) {
  try {
    await work();
    if (words) tell(words);
  } catch (error) {
    if (error instanceof service.Refused && OVER.includes(error.told.code)) return showSignIn(asWords(error));
    put("told", null);
    put("problem", asWords(error));
    if (!(error instanceof service.Refused) && !(error instanceof service.Unreachable)) throw error;
  } finally {
    // The button that was pressed may be gone with its row.
    if (focus && office.session && document.activeElement === document.body) at(focus).focus();
  }
}

// ---- signing in and out

function showOffice(session) {
  office.session = session;
  at("sign-in").hidden = true;
  at("office").hidden = false;
  put("sign-in-problem", null);
  const role = ROLES[session.role];
  at("venue").replaceChildren(`${session.venue_name} · ${session.operator} · `, ...both(role));
  at("ask").hidden = !isManager() || session.suspended;
  tell(session.suspended ? TOLD.suspended : null);
  at("scans-title").focus();
  return act(loadAll);
}

function showSignIn(problem) {
  office.session = null;
  for (const id of ["requests", "devices", "scans", "by-device", "by-site"]) at(id).replaceChildren();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  at("filter").reset();
  at("ask").reset();
  at("office").hidden = true;
  at("sign-in").hidden = false;
  put("sign-in-problem", problem);
  at("credential").value = "";
  at("credential").focus();
}

at("sign-in-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const credential = at("credential").value.trim();
  at("credential").value = "";
  if (!credential) return;
  try {
    await showOffice(await service.signIn(credential));
  } catch (error) {
    showSignIn(asWords(error));
  }
});

at("sign-out").addEventListener("click", () => act(async () => {
  await service.signOut();
  showSignIn();
}));

// ---- devices and requests

const get = (path) => service.call("GET", API + path);

async function loadAll() {
  await loadReasons();
  await loadDevices();
  await loadRequests();
  await loadScans([null]);
}

async function loadDevices() {
  const devices = [];
  let next = "";
  for (let page = 0; page < MAX_PAGES && next !== undefined; page += 1) {
    const answer = await get(`devices${next && `?after=${next}`}`);
    devices.push(...answer.devices);
    next = answer.next;
  }
  fill(at("devices"), devices.map((one) => row([
    one.device,
    codeOf(one.credential),
    both(STATES[one.state] ?? { zh: one.state, en: "" }),
    one.site_name ?? "—",
    one.scenes.length > 0 ? one.scenes.join(", ") : "—",
    one.gate_key ? both({ zh: "已登记", en: "registered" }) : both({ zh: "无", en: "none" }),
    isManager() && one.state === "good" ? button(ACTIONS.withdraw, one.device, () => askToWithdraw(one)) : "",
  ])), TOLD.none);
  choices("by-device", new Map(devices.map(({ device }) => [device, device])));
  choices("by-site", new Map(devices.filter(({ site }) => site).map(({ site, site_name: name }) => [site, name])));
}

/// Every reason that a record may have.
async function loadReasons() {
  const reasons = await service.call("GET", "reasons.json");
  choices("by-reason", new Map(reasons.map(({ code, text }) => [code, `${text.zh} · ${code}`])));
}

/// Fills a list of the filter, which keeps what was chosen.
function choices(id, names) {
  const chosen = at(id).value;
  const options = [...names].map(([value, name]) => new Option(name, value, false, value === chosen));
  at(id).replaceChildren(new Option("全部 · all", ""), ...options);
}

async function loadRequests() {
  const { requests } = await get("requests");
  fill(at("requests"), requests.map((one) => row([
    one.device,
    one.asked_by,
    time(one.asked_at),
    time(one.expires_at),
    actionsOf(one),
  ])), TOLD.none);
}

function actionsOf(one) {
  if (one.state !== "pending") return both(TOLD.expired);
  const own = one.asked_by === office.session.operator;
  if (!isManager()) return both(TOLD.another);
  const refuse = button(own ? ACTIONS.drop : ACTIONS.refuse, one.device, () => act(async () => {
    await service.call("DELETE", `${API}requests/${one.id}`);
    await loadRequests();
  }, TOLD.over, "requests-title"));
  const confirm = button(ACTIONS.confirm, one.device, () => act(async () => {
    showSecret(await service.call("POST", `${API}requests/${one.id}/confirm`));
    await loadRequests();
    await loadDevices();
  }, TOLD.given));
  return own ? [...both(TOLD.another), refuse] : [confirm, refuse];
}

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  act(async () => {
    await service.call("POST", `${API}requests`, { device: at("ask-device").value.trim() });
    at("ask").reset();
    await loadRequests();
  }, TOLD.asked);
});

function askToWithdraw({ device, credential }) {
  const dialog = at("withdraw");
  at("withdraw-what").replaceChildren(`${device} `, codeOf(credential));
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "withdraw") return;
    act(async () => {
      await service.call("POST", `${API}credentials/${credential}/withdraw`);
      await loadDevices();
    }, TOLD.withdrawn, "devices-title");
  };
  dialog.showModal();
}

// ---- the secret of a new credential: in the dialog, and nowhere once it is closed

function showSecret({ device, secret }) {
  at("given-device").textContent = device;
  at("given-secret").value = secret;
  at("given").showModal();
  at("given-secret").select();
}

at("given").addEventListener("close", () => {
  at("given-secret").value = "";
  at("requests-title").focus();
});
at("given-copy").addEventListener("click", async () => {
  const written = navigator.clipboard?.writeText(at("given-secret").value);
  tell(await (written ?? Promise.reject()).then(() => TOLD.copied, () => TOLD.uncopied));
});
addEventListener("pagehide", () => (at("given-secret").value = ""));

// ---- scans

/// The filter as it stands in the form.
function filter() {
  const asked = {
    device: at("by-device").value,
    site: at("by-site").value,
    day: at("by-day").value,
    kind: at("by-kind").value,
    reason: at("by-reason").value,
  };
  return new URLSearchParams(Object.entries(asked).filter(([, value]) => value));
}

/// Shows the last of these pages; paging keeps to the filter that was sent.
async function loadScans(pages, shown = filter().toString()) {
  const asked = new URLSearchParams(shown);
  if (pages.at(-1)) asked.set("before", pages.at(-1));
  const { scans, next } = await get(`scans?${asked}`);
  Object.assign(office, { pages, next, shown });
  fill(at("scans"), scans.map((one) => row([
    time(one.scanned_at ?? one.at),
    both(KINDS[one.kind] ?? { zh: one.kind, en: "" }),
    one.site_name ?? one.site ?? "—",
    one.device,
    one.scene === undefined ? "—" : both({ zh: one.scene_zh || String(one.scene), en: one.scene_en || "" }),
    one.decision ? both(DECISIONS[one.decision]) : "—",
    one.reason ? [...both({ zh: one.reason_zh ?? "", en: one.reason_en ?? "" }), codeOf(one.reason)] : both(TOLD.double),
    codeOf(one.receipt),
  ], one.kind === "double_use")), next ? TOLD.further : TOLD.none);
  at("newer").disabled = pages.length < 2;
  at("older").disabled = !next;
}

at("filter").addEventListener("submit", (event) => {
  event.preventDefault();
  act(() => loadScans([null]));
});
at("older").addEventListener("click", () => act(() => loadScans([...office.pages, office.next], office.shown), null, "scans-title"));
at("newer").addEventListener("click", () => act(() => loadScans(office.pages.slice(0, -1), office.shown), null, "scans-title"));
at("reload").addEventListener("click", () => act(loadAll, TOLD.reloaded));

// ---- files

function exportAs(format) {
  return act(async () => {
    const asked = filter();
    asked.set("format", format);
    const read = async (response) => ({ file: await response.blob(), more: response.headers.has("szid-next") });
    const { file, more } = await service.call("GET", `${API}scans/export?${asked}`, null, EXPORT_PATIENCE, read);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = ["szid", office.session.venue, at("by-day").value].filter(Boolean).join("-") + `.${format}`;
    link.click();
    URL.revokeObjectURL(link.href);
    tell(more ? TOLD.more : TOLD.saved);
  });
}

at("export-csv").addEventListener("click", () => exportAs("csv"));
at("export-json").addEventListener("click", () => exportAs("json"));

// ---- start

service.resume().then(showOffice, (error) => showSignIn(error instanceof service.Refused ? null : asWords(error)));

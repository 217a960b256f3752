// The desk console of a gate: a park's entrance whose service is down.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { City } from "./city.js";

let city, gate, browser, page, lin, frozen, stale;
const faults = [];

before(async () => {
  city = await City.found();
  lin = await city.citizen("XDEMO0001");
  frozen = await city.citizen("XDEMO0002");
  await city.freeze(frozen);
  gate = await city.openGate();
  stale = { code: await lin.code(), at: Date.now() };
  // From here on the gate has only what it holds.
  await city.stop();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "zh-CN" });
  page = await context.newPage();
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(gate.url) && !url.startsWith("data:")) faults.push(`a request to ${url}`);
  });
  await page.goto(`${gate.url}/console/`);
  await page.waitForSelector("#desk:not([hidden])");
});

after(async () => {
  await browser?.close();
  gate?.stop();
  await city?.end();
});

const text = (id) => page.locator(`#${id}`).textContent();
const state = () => page.locator("#verdict").getAttribute("data-state");

async function wedge(digits) {
  await page.keyboard.type(digits);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !["idle", "checking"].includes(document.querySelector("#verdict").dataset.state));
  return text("reason-code");
}

async function picture(name) {
  if (!process.env.SCREENSHOTS) return;
  await mkdir(process.env.PICTURES, { recursive: true });
  await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`) });
}

test("nobody signs in, and the page says whose gate it is and what it holds", async () => {
  assert.match(await text("venue"), /park · gate-1/);
  assert.match(await text("connection"), /本机核验/);
  assert.match(await text("scene"), /景点/);
  await page.waitForFunction(() => document.querySelector("#queued").textContent === "0");
  assert.notEqual(await text("status-age"), "—");
  for (const hidden of ["sign-out", "venue-code", "banner", "clock", "clock-fast", "conditions"]) {
    assert.ok(await page.locator(`#${hidden}`).isHidden(), hidden);
  }
});

test("a code is accepted with the service down, and its receipt waits", async () => {
  assert.equal(await wedge(await lin.code()), "OK");
  assert.equal(await text("word-zh"), "通过");
  assert.equal(await text("queued"), "1");
});

test("a used code, a frozen one, half a code, a short number: each its own refusal", async () => {
  const code = await lin.code();
  assert.equal(await wedge(code), "OK");
  assert.equal(await wedge(code), "REPLAY");
  assert.equal(await state(), "refuse");
  await picture("gate");
  assert.equal(await wedge(await frozen.code()), "FROZEN");
  assert.equal(await wedge(code.slice(0, 300)), "TEXT_LENGTH");
  assert.equal(await wedge("123456788"), "NUMBER_NOT_HERE");
  assert.equal(await text("queued"), "4", "refusals leave receipts, but for what is no code");
});

test("an input method that is left on does not spoil a scan here either", async () => {
  const code = await lin.code();
  const session = await page.context().newCDPSession(page);
  await session.send("Input.imeSetComposition", { text: "ni", selectionStart: 2, selectionEnd: 2 });
  await session.send("Input.insertText", { text: "" });
  assert.equal(await wedge(code), "OK");
});

test("an old code is refused", async () => {
  const left = 62_000 - (Date.now() - stale.at);
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  assert.equal(await wedge(stale.code), "CODE_EXPIRED");
});

test("another site's page gets nothing", async () => {
  const foreign = await fetch(`${gate.url}/v1/state`, { headers: { origin: "https://elsewhere.example" } });
  assert.equal(foreign.status, 403);
});

test("nothing went wrong in the page, and nothing was asked of anybody else", () => {
  assert.deepEqual(faults, []);
});

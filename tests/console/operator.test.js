// What a venue's operators meet: their page in Chromium, with the keyboard alone where something is done.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { City } from "./city.js";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const faults = [];
let city, browser, li, wang, zhao;

before(async () => {
  city = await City.found();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ARGUMENTS });
  const citizen = await city.citizen("XDEMO0001");
  const code = await citizen.code();
  const headers = { authorization: `Bearer ${city.hall}` };
  for (const operator of ["1", "2"]) await city.post("/v1/scans", { code, scene: 2, operator }, headers);
  // What is no code of a citizen is counted and leaves no row.
  await city.post("/v1/scans", { code: "6901234567892", scene: 3 }, headers);
  // Another venue's scan is nobody's business here.
  await city.post("/v1/scans", { code: "123" }, { authorization: `Bearer ${city.venue}` });
  [li, wang, zhao] = await Promise.all(city.operators.map(signIn));
});

after(async () => {
  await browser?.close();
  await city?.end();
});

async function signIn(secret) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "zh-CN", acceptDownloads: true });
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    // Chromium reports answers that are no 2xx on its own.
    if (message.type() === "error" && !message.text().includes("Failed to load resource")) faults.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!/^(data|blob):/.test(url) && !url.startsWith(city.base_url)) faults.push(`a request to ${url}`);
  });
  await page.goto(`${city.base_url}/operator/`);
  await page.waitForSelector("#sign-in:not([hidden])");
  await page.keyboard.type(secret);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#scans tr");
  return page;
}

const rows = (page, body) => page.locator(`#${body} tr`);
const told = (page, pattern) => page.waitForFunction(
  ([source]) => new RegExp(source).test(document.querySelector("#told").textContent), [pattern.source]);

/// Goes to a control with the Tab key alone.
async function tabTo(page, matches) {
  for (let step = 0; step < 60; step += 1) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), matches)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`no Tab reaches ${matches}`);
}

async function sound(page, where) {
  const sources = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(sources);
  if (process.env.LOOK) await page.screenshot({ path: join(process.env.LOOK, `operator-${where}.png`) });
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => `${where}: ${id} ${nodes.map(({ html }) => html).join(" ")}`), []);
}

test("a device's credential opens nothing here", async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${city.base_url}/operator/`);
  await page.waitForSelector("#sign-in:not([hidden])");
  await page.keyboard.type(city.hall);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#sign-in-problem:not(:empty)");
  assert.match(await page.locator("#sign-in-problem").textContent(), /不是场所管理凭据/);
  await sound(page, "sign-in");
  await page.context().close();
});

test("an operator sees the venue's scans, and only those", async () => {
  assert.equal(await rows(zhao, "scans").count(), 2);
  const shown = await zhao.locator("#scans").innerText();
  for (const part of ["OK", "REPLAY", "此码已使用过", "联网核验"]) assert.ok(shown.includes(part), part);
  assert.ok(!shown.includes("NOT_A_CITIZEN_CODE"), shown);
  assert.match(shown, /南山分厅/);
  assert.match(await zhao.locator("#devices").innerText(), /南山分厅/);
  await zhao.selectOption("#by-site", "nanshan");
  await zhao.fill("#by-reason", "replay");
  await zhao.keyboard.press("Enter");
  await zhao.waitForFunction(() => document.querySelectorAll("#scans tr").length === 1);
  assert.match(await zhao.locator("#scans").innerText(), /REPLAY/);
});

test("who only reads finds nothing to press", async () => {
  assert.equal(await zhao.locator("#ask").isVisible(), false);
  assert.equal(await zhao.locator("#devices button, #requests button").count(), 0);
});

test("one asks and another one confirms, by keyboard", async () => {
  await tabTo(li, "#ask-device");
  await li.keyboard.type("desk-2");
  await li.keyboard.press("Enter");
  await told(li, /另一人确认/);
  assert.match(await rows(li, "requests").first().innerText(), /等待另一人确认/);
  assert.equal(await li.locator("#requests button", { hasText: "确认" }).count(), 0);

  await tabTo(wang, "#reload");
  await wang.keyboard.press("Enter");
  await told(wang, /已刷新/);
  if (process.env.SCREENSHOTS) {
    await mkdir(process.env.PICTURES, { recursive: true });
    await wang.screenshot({ path: join(process.env.PICTURES, "operator.png"), fullPage: true });
  }
  await sound(wang, "office");
  await tabTo(wang, "button[aria-label^='确认']");
  await wang.keyboard.press("Enter");
  await wang.waitForSelector("#given[open]");
  const secret = await wang.locator("#given-secret").inputValue();
  assert.equal(secret.length, 43);
  await sound(wang, "secret");
  const scan = await city.post("/v1/scans", { code: "x", scene: 2 }, { authorization: `Bearer ${secret}` });
  assert.equal(scan.status, 200);
  await wang.keyboard.press("Escape");
  assert.equal(await wang.locator("#given-secret").inputValue(), "");
  await wang.waitForFunction(() => document.querySelectorAll("#devices tr").length === 2);
  assert.ok(!(await wang.content()).includes(secret));
});

test("a credential is withdrawn after a question, at once", async () => {
  await tabTo(wang, "#devices button[aria-label$='desk-2']");
  await wang.keyboard.press("Enter");
  await wang.waitForSelector("#withdraw[open]");
  await sound(wang, "withdraw");
  await wang.keyboard.press("Escape");
  assert.equal(await wang.locator("#devices button").count(), 2, "nothing was withdrawn");
  await tabTo(wang, "#devices button[aria-label$='desk-2']");
  await wang.keyboard.press("Enter");
  await wang.waitForSelector("#withdraw[open]");
  await tabTo(wang, "#withdraw button.strong");
  await wang.keyboard.press("Enter");
  await told(wang, /已撤销/);
  assert.equal(await wang.locator("#devices button").count(), 1);
});

test("what is shown is exported", async () => {
  await zhao.fill("#by-reason", "");
  await zhao.selectOption("#by-site", "");
  for (const [button, ending] of [["#export-csv", ".csv"], ["#export-json", ".json"]]) {
    const [download] = await Promise.all([zhao.waitForEvent("download"), zhao.locator(button).press("Enter")]);
    assert.ok(download.suggestedFilename().endsWith(ending));
    const text = await readFile(await download.path(), "utf8");
    assert.ok(text.includes("REPLAY") && !text.includes("SAMPLE"), text);
    if (ending === ".csv") assert.match(text, /time,gate_time,kind,device/);
    else assert.equal(JSON.parse(text).scans.length, 2);
  }
});

test("nothing runs over the edge on small screens", async () => {
  for (const [width, height] of [[1280, 900], [768, 1024], [390, 844]]) {
    await wang.setViewportSize({ width, height });
    if (process.env.LOOK) await wang.screenshot({ path: join(process.env.LOOK, `operator-${width}.png`), fullPage: true });
    assert.equal(await wang.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), true, `${width}`);
  }
});

test("signing out leaves nothing on the page", async () => {
  await zhao.locator("#sign-out").press("Enter");
  await zhao.waitForSelector("#sign-in:not([hidden])");
  assert.equal(await rows(zhao, "scans").count(), 0);
  assert.equal((await zhao.context().cookies()).length, 0);
});

test("nothing went wrong in the page, and nothing was asked of anybody else", () => {
  assert.deepEqual(faults, []);
});

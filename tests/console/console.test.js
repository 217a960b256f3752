// What a clerk meets: every flow of the desk console, in Chromium, with the keyboard alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { City } from "./city.js";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
let city, browser, context, page, lin;
const faults = [];

before(async () => {
  city = await City.found();
  lin = await city.citizen("XDEMO0001");
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ARGUMENTS });
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "zh-CN" });
  page = await context.newPage();
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    // Chromium reports answers that are no 2xx, and requests without a network, on its own.
    if (message.type() === "error" && !message.text().includes("Failed to load resource")) faults.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(city.base_url) && !url.startsWith("data:")) faults.push(`a request to ${url}`);
  });
});

after(async () => {
  await browser?.close();
  await city?.end();
});

const text = (id) => page.locator(`#${id}`).textContent();
const state = () => page.locator("#verdict").getAttribute("data-state");
const settled = () => page.waitForFunction(() => !["idle", "checking"].includes(document.querySelector("#verdict").dataset.state));
const focused = () => page.evaluate(() => document.activeElement?.id);

async function signIn(credential = city.hall, query = "") {
  await context.clearCookies();
  await page.goto(`${city.base_url}/console/${query}`);
  await page.waitForSelector("#credential");
  await page.keyboard.type(credential);
  await page.keyboard.press("Enter");
}

async function desk(query) {
  await signIn(city.hall, query);
  await page.waitForSelector("#desk:not([hidden])");
  await choose("2");
}

async function choose(scene) {
  await page.locator("#scene").selectOption(scene);
  await page.locator("#code").focus();
}

/// Types as a wedge does: keys only, at its speed, and Enter.
async function wedge(digits) {
  await page.keyboard.type(digits);
  await page.keyboard.press("Enter");
  await settled();
  return text("reason-code");
}

async function picture(name) {
  if (!process.env.SCREENSHOTS) return;
  await mkdir(process.env.PICTURES, { recursive: true });
  await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`) });
}

test("a wrong credential is told, and another one is asked for", async () => {
  await signIn("not-a-credential");
  await page.waitForSelector("#sign-in-problem:not(:empty)");
  assert.match(await text("sign-in-problem"), /CREDENTIAL_MISSING/);
  assert.equal(await page.locator("#credential").inputValue(), "");
  assert.equal(await focused(), "credential");
});

test("a device signs in, and a fresh code is accepted", async () => {
  await desk();
  assert.match(await text("venue"), /演示市综合服务大厅/);
  await picture("ready");
  assert.equal(await wedge(await lin.code()), "OK");
  assert.equal(await state(), "accept");
  assert.equal(await text("word-zh"), "通过");
  assert.match(await text("staff-en"), /Let the person pass/);
  assert.equal(await page.locator("#code").inputValue(), "");
  assert.equal(await focused(), "code");
  await picture("accept");
});

test("nothing went wrong in the page, and nothing was asked of anybody else", () => {
  assert.deepEqual(faults, []);
});

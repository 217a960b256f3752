// Scans in their turn: an open question stays on the screen, and a verdict is seen before the next one.

import assert from "node:assert/strict";
import { afterEach, before, beforeEach, suite, test } from "node:test";
import { CLAIMS, Desk } from "./desk.js";
import { theCity } from "./world.js";

const ACCEPTED = { decision: "accept", reason: "OK", staff: { zh: "请放行", en: "Let the person pass" } };
const REFUSED = { decision: "refuse", reason: "FROZEN", text: { zh: "已冻结", en: "Frozen" } };

suite("turns", () => {
  let city, desk, page, asked;

  before(async () => (city = await theCity()));
  beforeEach(async () => {
    desk = await Desk.at(city.base_url);
    page = desk.page;
    asked = [];
    page.on("request", (request) => request.url().endsWith("/v1/scans") && asked.push(request.postDataJSON().code));
  });
  afterEach(() => desk.close());

  /// The service answers each code when its promise is kept, and with that.
  const answering = (answers) => page.route("**/v1/scans", async (route) => {
    await route.fulfill({ json: await answers[route.request().postDataJSON().code] });
  });
  const type = (text) => desk.keyboard.scan(text, {});
  const reads = (id, words) => page.waitForFunction(([id, words]) => document.getElementById(id).textContent.includes(words), [id, words]);
  const shows = (state) => page.waitForFunction((state) => document.querySelector("#verdict").dataset.state === state, state);
  const later = () => {
    let keep;
    const promise = new Promise((resolve) => (keep = resolve));
    return Object.assign(promise, { keep });
  };

  test("while a citizen is asked, the next one's code is not sent, and the approved data stay", async () => {
    const [lin, other] = [await city.lin(), await city.citizen("XDEMO0003")];
    const [first, second] = [await lin.code(), await other.code()];
    await desk.open(city.hall, 6);
    await type(first);
    await reads("reason-zh", "请市民在手机上确认");
    await type(second);
    await reads("reason-zh", "还在等上一位市民同意");
    assert.match(await desk.text("reason-en"), /[Ss]till waiting/);
    assert.equal(await desk.state(), "unsent");
    await lin.consents("--approve");
    await shows("accept");
    assert.match((await desk.claims()).join(), /SAMPLE, MARIA/);
    assert.match(await desk.text("staff-zh"), /其间扫的码未提交/);
    await page.waitForTimeout(4000);
    assert.equal(await desk.state(), "accept");
    assert.match((await desk.claims()).join(), /SAMPLE, MARIA/);
    assert.deepEqual(asked, [first]);
  });

  test("an open question stays on the screen: after Esc, another scene and a sentence", async () => {
    const answer = later();
    await desk.open(city.hall, 6, "?keep=1");
    await answering({ 1: answer });
    await type("1");
    await reads("reason-zh", "请市民在手机上确认");
    await page.keyboard.press("Escape");
    assert.equal(await desk.state(), "checking");
    await desk.choose(2);
    assert.equal(await desk.state(), "checking");
    await type("2");
    await reads("reason-zh", "还在等上一位市民同意");
    // A sentence that has had its time.
    await shows("checking");
    assert.match(await desk.text("reason-zh"), /请市民在手机上确认/);
    answer.keep(ACCEPTED);
    await shows("accept");
    assert.deepEqual(asked, ["1"]);
  });

  test("a refusal is not overtaken by the acceptance of a scan that waited behind it", async () => {
    const refusal = later();
    await desk.open(city.hall, 2);
    await answering({ 1: refusal, 2: ACCEPTED, 3: REFUSED });
    await type("1");
    await type("2");
    await type("3");
    refusal.keep(REFUSED);
    await shows("refuse");
    assert.match(await desk.text("clears"), /秒后核验下一位.*Esc/);
    await page.waitForTimeout(2000);
    assert.equal(await desk.state(), "refuse");
    assert.deepEqual(asked, ["1"]);
    await shows("accept");
    // The clerk has seen it, and goes on.
    const began = Date.now();
    await page.keyboard.press("Escape");
    await shows("refuse");
    assert.ok(Date.now() - began < 2000);
  });

  test("data stay until the clerk goes on, whoever waits behind", async () => {
    const answer = later();
    await desk.open(city.hall, 2);
    await answering({ 1: answer, 2: REFUSED });
    await type("1");
    await type("2");
    answer.keep({ ...ACCEPTED, claims: CLAIMS });
    await shows("accept");
    await page.waitForTimeout(4000);
    assert.match((await desk.claims()).join(), /SAMPLE, MARIA/);
    await page.keyboard.press("Escape");
    await shows("refuse");
    assert.equal((await desk.claims()).length, 0);
  });

  test("a scan that is made after a verdict takes its place at once", async () => {
    await desk.open(city.hall, 2);
    await answering({ 1: { ...ACCEPTED, claims: CLAIMS }, 2: REFUSED });
    await type("1");
    await shows("accept");
    const began = Date.now();
    await type("2");
    await shows("refuse");
    assert.ok(Date.now() - began < 2000);
  });

  test("an answer that comes after signing out is nobody's, and the next session waits for none", async () => {
    const answer = later();
    await desk.open(city.hall, 6);
    await answering({ 1: answer, 2: REFUSED });
    await type("1");
    await shows("checking");
    await page.click("#sign-out");
    await page.waitForSelector("#credential");
    await page.keyboard.insertText(city.hall);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#desk:not([hidden])");
    await type("2");
    await shows("refuse");
    answer.keep({ ...ACCEPTED, claims: CLAIMS });
    await page.waitForTimeout(500);
    assert.equal(await desk.state(), "refuse");
    assert.doesNotMatch(await page.content(), /SAMPLE, MARIA/);
  });
});

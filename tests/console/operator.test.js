// What a venue's operators meet: their page in Chromium, with the keyboard alone where something is done.

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { readFile } from "node:fs/promises";
import { look, newPage, picture, sound, theCity } from "./world.js";

suite("the operators' page", () => {
  let city, li, wang, zhao;

  before(async () => {
    city = await theCity();
    const code = await (await city.lin()).code();
    const headers = { authorization: `Bearer ${city.hall}` };
    for (const operator of ["1", "2"]) await city.post("/v1/scans", { code, scene: 2, operator }, headers);
    // What is no code of a citizen is counted and leaves no row.
    await city.post("/v1/scans", { code: "6901234567892", scene: 3 }, headers);
    // Another venue's scan is nobody's business here.
    await city.post("/v1/scans", { code: "123" }, { authorization: `Bearer ${city.venue}` });
    [li, wang, zhao] = await Promise.all(city.operators.map(signIn));
  });
  after(() => Promise.all([li, wang, zhao].map((page) => page?.context().close())));

  async function signIn(secret) {
    const page = await newPage(city.base_url, { viewport: { width: 1280, height: 900 }, acceptDownloads: true });
    await page.goto(`${city.base_url}/operator/`);
    await page.waitForSelector("#sign-in:not([hidden])");
    await page.keyboard.insertText(secret);
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

  test("a device's credential opens nothing here", async () => {
    const page = await newPage(city.base_url);
    await page.goto(`${city.base_url}/operator/`);
    await page.waitForSelector("#sign-in:not([hidden])");
    await page.keyboard.type(city.hall);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#sign-in-problem:not(:empty)");
    assert.match(await page.locator("#sign-in-problem").textContent(), /不是场所管理凭据/);
    await sound(page, "operator-sign-in");
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
    const reasons = await zhao.locator("#by-reason option").allTextContents();
    assert.equal(reasons[0], "全部 · all");
    assert.ok(reasons.includes("此码已使用过 · REPLAY"), reasons.join());
    assert.ok(!reasons.some((one) => one.includes("NOT_A_CITIZEN_CODE")), "no row has it");
    await zhao.selectOption("#by-reason", "REPLAY");
    await zhao.locator("#filter button.strong").press("Enter");
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
    await picture(wang, "operator", { fullPage: true });
    await sound(wang, "operator-office");
    await tabTo(wang, "button[aria-label^='确认']");
    await wang.keyboard.press("Enter");
    await wang.waitForSelector("#given[open]");
    const secret = await wang.locator("#given-secret").inputValue();
    assert.equal(secret.length, 43);
    await sound(wang, "operator-secret");
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
    await sound(wang, "operator-withdraw");
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
    await zhao.selectOption("#by-reason", "");
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
    for (const [width, height] of [[1920, 1080], [1366, 768], [768, 1024], [390, 844]]) {
      await wang.setViewportSize({ width, height });
      await look(wang, `operator-${width}`, { fullPage: true });
      assert.equal(await wang.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), true, `${width}`);
    }
  });

  test("signing out leaves nothing on the page", async () => {
    await zhao.locator("#sign-out").press("Enter");
    await zhao.waitForSelector("#sign-in:not([hidden])");
    assert.equal(await rows(zhao, "scans").count(), 0);
    assert.equal((await zhao.context().cookies()).length, 0);
  });
});

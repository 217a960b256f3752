// Keyboards and scanners as they are found: whatever ends like a scan has a verdict or a sentence, and no
// digit of a code stays where it does not belong.

import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { Desk } from "./desk.js";
import { ENDINGS, LAYOUTS } from "./keyboard.js";
import { theCity } from "./world.js";

suite("keys of scanners", () => {
  let desk, page, city, lin;

  before(async () => {
    city = await theCity();
    lin = await city.lin();
    desk = await Desk.at(city.base_url, { permissions: ["clipboard-read", "clipboard-write"] });
    page = desk.page;
    await desk.open(city.hall, 2);
    await desk.fill({ operator: "三号台" });
  });

  /// What the browser would have done for each chord that it was not kept from.
  async function letThrough(work) {
    await page.evaluate(() => {
      window.let = [];
      window.heard = (event) => setTimeout(() => {
        if (event.ctrlKey && !event.defaultPrevented) window.let.push(event.code);
      });
      addEventListener("keydown", window.heard, true);
    });
    await work();
    return page.evaluate(() => {
      removeEventListener("keydown", window.heard, true);
      return window.let;
    });
  }

  /// Scans while something else has the focus.
  async function scanAt(id, how) {
    await page.locator(`#${id}`).focus();
    // The same desk may look at a code again.
    const code = await lin.anyCode();
    const [request] = await Promise.all([
      page.waitForRequest("**/v1/scans"),
      desk.scan(code, how),
    ]);
    assert.deepEqual(request.postDataJSON(), { code, scene: 2, operator: "三号台" });
    assert.match(await desk.text("reason-code"), /^OK/);
    assert.equal(await desk.value("code"), "");
    assert.equal(await desk.value("operator"), "三号台");
    assert.equal(await desk.value("scene"), "2");
    assert.equal(await desk.focused(), "code");
  }

  for (const [id, layout, ending] of [
    ["code", "numLockOff", "enter"], ["code", "main", "carriageReturn"],
    ["operator", "main", "tab"], ["operator", "main", "carriageReturn"], ["operator", "numLockOff", "enter"],
    ["scene", "numLockOff", "enter"], ["scene", "main", "tab"],
    ["mute", "main", "carriageReturn"],
    ["code", "shifted", "enter"], ["operator", "shifted", "tab"], ["scene", "shifted", "enter"], ["mute", "shifted", "enter"],
    ["code", "withoutCode", "tab"], ["operator", "withoutCode", "enter"], ["scene", "withoutCode", "enter"], ["mute", "withoutCode", "enter"],
    ["operator", "fullWidth", "enter"], ["mute", "fullWidth", "enter"],
    ["code", "unidentified", "enter"], ["operator", "unidentified", "enter"],
  ]) {
    test(`${layout} and ${ending}, with the focus on ${id}`, () =>
      scanAt(id, { layout: LAYOUTS[layout], ending: ENDINGS[ending] }));
  }

  for (const [layout, ending] of [["numberPad", "lineFeed"], ["azerty", "enter"], ["main", "both"], ["main", "none"]]) {
    test(`${layout} and ${ending}`, async () => {
      const left = await letThrough(() => scanAt("code", { layout: LAYOUTS[layout], ending: ENDINGS[ending] }));
      assert.deepEqual(left, [], "the browser's own pages would have opened");
    });
  }

  for (const [how, bring] of [
    ["that another program types", async (code) => {
      for (const digit of code) await desk.keyboard.send("insertText", { text: digit });
    }],
    ["that another program puts there", (code) => desk.keyboard.send("insertText", { text: code })],
    ["that is pasted", async (code) => {
      await page.evaluate((text) => navigator.clipboard.writeText(text), code);
      await page.keyboard.press("Control+V");
    }],
  ]) {
    test(`a code ${how} into another field`, async () => {
      const code = await lin.anyCode();
      await page.waitForTimeout(450);
      await page.locator("#operator").focus();
      await desk.wipe();
      await bring(code);
      await desk.keyboard.scan("", {});
      await desk.settled();
      assert.match(await desk.text("reason-code"), /^OK/);
      assert.deepEqual([await desk.value("operator"), await desk.value("code")], ["三号台", ""]);
    });
  }

  test("signs with Shift are no digits", async () => {
    await page.keyboard.press("Escape");
    await page.waitForTimeout(450);
    await page.keyboard.type("!@#");
    assert.equal(await desk.value("code"), "!@#");
    await page.keyboard.press("Escape");
  });

  test("a scanner's prefix does not stay in another field either", async () => {
    await page.locator("#operator").focus();
    await page.waitForTimeout(450);
    await desk.scan(`]Q1${await lin.anyCode()}`, {});
    assert.equal(await desk.value("operator"), "三号台");
    assert.equal(await desk.value("code"), "");
  });

  test("an input method that is left on in another field", async () => {
    await page.locator("#operator").focus();
    const code = await lin.code();
    await desk.wipe();
    for (const digit of code) {
      await desk.keyboard.press(LAYOUTS.inputMethod(digit));
      await desk.keyboard.send("imeSetComposition", { text: "零七五五一", selectionStart: 5, selectionEnd: 5 });
    }
    await desk.keyboard.press({ key: "Process", code: "Enter", windowsVirtualKeyCode: 229 });
    await desk.settled();
    assert.equal(await desk.text("reason-code"), "OK");
    assert.equal(await desk.value("operator"), "三号台");
    assert.equal(await desk.value("code"), "");
  });

  test("Ctrl+J without a scan is the browser's own", async () => {
    await page.locator("#code").focus();
    await page.waitForTimeout(500);
    assert.deepEqual(await letThrough(() => desk.keyboard.scan("", { ending: ENDINGS.lineFeed })), ["KeyJ"]);
  });

  test("short texts: a scanner's tab is an ending, a hand's goes to the next field", async () => {
    assert.equal(await desk.scan("6901234567892", { ending: ENDINGS.tab }), "NOT_A_CITIZEN_CODE");
    await page.locator("#code").focus();
    await page.keyboard.type("123", { delay: 30 });
    await page.waitForTimeout(200);
    await page.keyboard.press("Tab");
    assert.equal(await desk.value("code"), "123");
    assert.notEqual(await desk.focused(), "code");
    await page.keyboard.press("Escape");
  });

  test("digits by hand without Num Lock are digits", async () => {
    const number = await lin.number();
    await desk.wipe();
    await desk.keyboard.scan(number, { layout: LAYOUTS.numLockOff, delay: 50 });
    await desk.settled();
    assert.equal(await desk.text("reason-code"), "OK");
  });

  test("Enter in another field leads back to the scan", async () => {
    // Not a scanner's second ending.
    await page.waitForTimeout(450);
    await page.locator("#operator").focus();
    await page.keyboard.press("Enter");
    assert.equal(await desk.focused(), "code");
  });

  test("a credential that is scanned at an open desk is neither sent nor kept", async () => {
    let sent = 0;
    const count = (request) => (sent += request.method() === "POST");
    page.on("request", count);
    for (const [id, ending] of [["operator", "enter"], ["operator", "tab"], ["operator", "none"], ["code", "enter"]]) {
      await desk.wipe();
      await page.waitForTimeout(450);
      await page.locator(`#${id}`).focus();
      await desk.keyboard.scan(city.hall, { ending: ENDINGS[ending] });
      await page.waitForFunction(() => document.querySelector("#reason-code").textContent === "NOT_SENT");
      assert.match(await desk.text("reason-zh"), /设备凭据/);
      assert.deepEqual([await desk.value("operator"), await desk.value("code")], ["三号台", ""]);
      await page.keyboard.press("Escape");
    }
    page.off("request", count);
    assert.equal(sent, 0);
    assert.doesNotMatch(JSON.stringify(await page.evaluate(() => ({ ...sessionStorage }))), new RegExp(city.hall.slice(0, 8)));
  });

  test("a credential that a scanner ends with a line feed signs in", async () => {
    await page.context().clearCookies();
    await page.goto(`${city.base_url}/console/`);
    await page.waitForSelector("#credential");
    await page.keyboard.insertText(city.hall);
    const left = await letThrough(() => desk.keyboard.scan("", { ending: ENDINGS.lineFeed }));
    await page.waitForSelector("#desk:not([hidden])");
    assert.deepEqual(left, []);
    await desk.close();
  });
});

// How the pages look: for those who see little, on every screen, and from where staff stand.

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { readFile } from "node:fs/promises";
import { Desk, withClaims } from "./desk.js";
import { look, newPage, sound, theCity } from "./world.js";

const SIZES = [[1920, 1080], [1366, 768], [1280, 800], [1024, 768], [768, 1024], [390, 844]];
/// A desk's usual screen, without what the browser takes of it.
const LAPTOP = { width: 1366, height: 650 };
/// Pixels of such a screen that are a centimetre: what is as high is read at two metres.
const CENTIMETRE = 38;

suite("looks", () => {
  let city, desk, page, lin;

  before(async () => {
    city = await theCity();
    lin = await city.lin();
    desk = await Desk.at(city.base_url);
    page = desk.page;
  });
  after(() => desk.close());

  test("no rule of accessibility is broken in any state, and nothing runs over the edge", async () => {
    const fits = async (where) => {
      for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        const over = await page.evaluate(() => {
          const edge = document.documentElement.clientWidth;
          const all = [...document.querySelectorAll("#desk *")].filter((element) => element.getClientRects().length > 0);
          const word = document.querySelector("#word-zh").getBoundingClientRect();
          return [
            ...all.filter((element) => element.getBoundingClientRect().right > edge + 1).map((element) => element.id || element.tagName),
            ...(word.bottom > innerHeight ? ["the word is below the fold"] : []),
            ...(word.height < 60 ? ["the word is small"] : []),
          ];
        });
        await look(page, `${where}-${width}`);
        assert.deepEqual(over, [], `${where} at ${width} x ${height}`);
      }
      await page.setViewportSize({ width: 1280, height: 800 });
    };
    const both = async (where) => {
      await sound(page, where);
      await fits(where);
    };
    await page.waitForSelector("#credential");
    await sound(page, "sign-in");
    await desk.open(city.hall, 2);
    await sound(page, "ready");
    await desk.scan(await lin.anyCode());
    await both("accepted");
    await desk.scan("123");
    await both("refused");
    await page.route("**/v1/scans", withClaims);
    await desk.scan(await lin.anyCode());
    await both("data");
    await page.unroute("**/v1/scans");
    await desk.choose(701);
    await desk.scan("123");
    await both("missing");
    await desk.choose(2);
    await page.context().setOffline(true);
    await page.waitForSelector("#banner:not([hidden])");
    await desk.scan("123");
    await both("offline");
    await page.context().setOffline(false);
    await page.keyboard.press("F1");
    await sound(page, "keys");
    await page.keyboard.press("Escape");
    const heard = await page.locator("#verdict [role=status]").ariaSnapshot();
    assert.match(heard, /未核验/);
  });

  test("every refusal fits a small screen with its lines for staff and citizen, and staff read theirs at two metres", async () => {
    const table = (await readFile(new URL("../../docs/errors.md", import.meta.url), "utf8")).split("\n## ")[1];
    const rows = table.split("\n").filter((line) => line.startsWith("| `")).map((line) => line.slice(2, -2).split(" | "));
    const texts = (cell) => ({ zh: cell.split(" · ")[0], en: cell.split(" · ")[1] });
    assert.ok(rows.length > 50);
    await desk.open(city.hall, 2);
    await page.setViewportSize(LAPTOP);
    const faults = [];
    for (const [code, text, staff, citizen] of rows) {
      const reason = code.replaceAll("`", "");
      const answer = { decision: "refuse", reason, text: texts(text), staff: texts(staff), citizen: texts(citizen) };
      await page.route("**/v1/scans", (route) => route.fulfill({ json: answer }));
      await desk.scan("1");
      const { bottom, size } = await page.evaluate(() => ({
        bottom: document.querySelector("#advice").getBoundingClientRect().bottom,
        size: parseFloat(getComputedStyle(document.querySelector("#staff-zh")).fontSize),
      }));
      if (bottom > LAPTOP.height) faults.push(`${reason}: ${Math.round(bottom)}`);
      if (size < CENTIMETRE) faults.push(`${reason}: ${size} pixels`);
      if (["REPLAY", "USES_UNKNOWN", "CLOCK_AHEAD"].includes(reason)) await look(page, `laptop-${reason}`);
      await page.unroute("**/v1/scans");
    }
    assert.deepEqual(faults, []);
  });

  test("the root is a page of links", async () => {
    const home = await newPage(city.base_url);
    await home.goto(city.base_url);
    await sound(home, "home");
    await home.click("text=核验台");
    await home.waitForSelector("#credential");
    await home.context().close();
  });
});

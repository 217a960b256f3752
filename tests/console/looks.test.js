// How the pages look: for those who see little, on every screen, and from where staff stand.

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { readFile } from "node:fs/promises";
import { Desk, withClaims } from "./desk.js";
import { look, newPage, sound, theCity } from "./world.js";

const SIZES = [[1920, 1080], [1366, 768], [1366, 650], [1280, 800], [1024, 768], [768, 1024], [390, 844]];
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
        await look(page, `${where}-${width}x${height}`);
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

  test("whatever a gate has to tell, the word and staff's line are on the screen, and nothing runs over an edge", async () => {
    const table = (await readFile(new URL("../../docs/errors.md", import.meta.url), "utf8")).split("\n");
    const conditions = table.filter((line) => line.startsWith("| `GATE_")).map((line) => {
      const [code, text] = line.slice(2, -2).split(" | ");
      const [advice_zh, advice] = text.split(" · ");
      return { code: code.replaceAll("`", ""), advice_zh, advice };
    });
    const named = (code, about) => ({ ...conditions.find((one) => one.code === code), about });
    const one = [named("GATE_CREDENTIAL_REFUSED")];
    const path = "/dev/serial/by-id/usb-Honeywell_Imaging_HF680_2D_Area-Imager_12345-if00: No such file or directory (os error 2)";
    const scanner = [named("GATE_SCANNER_LOST", path)];
    const scene = { id: 3, name_zh: "景点验票", name_en: "scenic spot" };
    const session = { gate: true, csrf: "", venue: { id: "park", name: "park" }, device: "gate-1", scenes: [scene] };
    const state = { queued: 0, trust_age: 1, status_age: 1 };
    const refusal = {
      decision: "refuse", reason: "REPLAY", text: { zh: "此码已使用过", en: "This code was used already" },
      staff: { zh: "请市民刷新市民码后重新出示", en: "Ask for a fresh code" }, citizen: { zh: "请刷新", en: "Refresh" },
    };
    const gate = await Desk.at(city.base_url);
    const { page: own } = gate;
    let told = {};
    await own.route("**/console/session", (route) => route.fulfill({ json: session }));
    await own.route("**/v1/state", (route) => route.fulfill({ json: { ...state, ...told } }));
    await own.route("**/v1/scans", (route) => route.fulfill({ json: refusal }));
    await own.reload();
    await own.waitForSelector("#desk:not([hidden])");
    const faults = [];
    for (const [name, more, isOffline] of [
      ["one", { conditions: one }], ["scanner", { conditions: scanner }],
      ["all", { conditions: [...one, ...scanner, ...conditions], clock_behind: 412 }],
      ["offline", { conditions: one }, true],
    ]) {
      told = more;
      await own.keyboard.press("F9");
      await own.waitForSelector("#conditions:not([hidden])");
      await gate.scan("1");
      if (isOffline) await own.evaluate(() => (document.querySelector("#banner").hidden = false));
      for (const [width, height] of [[390, 844], [1366, 768], [1366, 650]]) {
        await own.setViewportSize({ width, height });
        await look(own, `gate-${name}-${width}x${height}`);
        const wrong = await own.evaluate(() => {
          const box = (element) => element.getBoundingClientRect();
          const banners = [...document.querySelectorAll(".banner")].filter((element) => element.getClientRects().length > 0);
          const within = banners.flatMap((banner) => [...banner.querySelectorAll("*")].filter((element) => element.getClientRects().length > 0)
            .filter((element) => box(element).right > box(banner).right + 1).map((element) => `${element.id || element.tagName} leaves its banner`));
          const over = banners.slice(1).filter((banner, at) => box(banner).top < box(banners[at]).bottom);
          const narrow = [...document.querySelectorAll(".banner p")].filter((text) => text.getClientRects().length > 0 && text.offsetWidth < 150);
          return [
            ...within,
            ...(document.documentElement.scrollWidth > innerWidth ? ["the page is wider than the screen"] : []),
            ...(over.length > 0 ? ["banners lie over each other"] : []),
            ...(narrow.length > 0 ? ["a banner's text is squeezed"] : []),
            ...["word-zh", "staff-zh"].filter((id) => box(document.getElementById(id)).bottom > innerHeight)
              .map((id) => `${id} ends at ${Math.round(box(document.getElementById(id)).bottom)}`),
          ];
        });
        faults.push(...wrong.map((one) => `${name} at ${width} x ${height}: ${one}`));
      }
      await own.setViewportSize({ width: 1280, height: 800 });
    }
    assert.deepEqual(faults, []);
    await sound(own, "gate-conditions");
    // The whole text is a key away, and gone with the next scan.
    await own.locator("#conditions summary").focus();
    await own.keyboard.press("Enter");
    assert.match(await own.locator("#conditions").innerText(), /SZID_CREDENTIAL[^]*szid admin credential/);
    await sound(own, "gate-conditions-open");
    await gate.scan("1");
    assert.doesNotMatch(await own.locator("#conditions").innerText(), /SZID_CREDENTIAL/);
    await gate.close();
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

// A desk's page, and what tests do there.

import { Keyboard } from "./keyboard.js";
import { newPage } from "./world.js";

const OVER = () => !["idle", "checking"].includes(document.querySelector("#verdict").dataset.state);

export class Desk {
  /// The page of whoever serves it at `base`; nobody has signed in.
  static async at(base, options, browser) {
    const desk = new Desk();
    desk.base = base;
    desk.page = await newPage(base, options, browser);
    desk.keyboard = await Keyboard.at(desk.page);
    await desk.page.goto(`${base}/console/`);
    return desk;
  }

  async signIn(credential, query = "") {
    await this.page.context().clearCookies();
    await this.page.goto(`${this.base}/console/${query}`);
    await this.page.waitForSelector("#credential");
    await this.page.keyboard.insertText(credential);
    await this.page.keyboard.press("Enter");
  }

  async open(credential, scene, query) {
    await this.signIn(credential, query);
    await this.page.waitForSelector("#desk:not([hidden])");
    await this.choose(scene);
  }

  async choose(scene) {
    await this.page.locator("#scene").selectOption(String(scene));
    await this.page.locator("#code").focus();
  }

  async fill(values) {
    for (const [id, value] of Object.entries(values)) await this.page.locator(`#${id}`).fill(value);
    await this.page.locator("#code").focus();
  }

  settled() {
    return this.page.waitForFunction(OVER);
  }

  /// Scans, waits for the verdict and returns its reason. The text comes at once, and as a wedge types it,
  /// key by key, where `how` says so: that takes a second.
  async scan(digits, how) {
    await this.wipe();
    if (!how && digits) await this.keyboard.send("insertText", { text: digits });
    await this.keyboard.scan(how ? digits : "", how);
    await this.settled();
    return this.text("reason-code");
  }

  /// Without the last verdict, so that the next one is the next scan's.
  wipe() {
    return this.page.evaluate(() => (document.querySelector("#verdict").dataset.state = "idle"));
  }

  text(id) {
    return this.page.locator(`#${id}`).textContent();
  }

  value(id) {
    return this.page.locator(`#${id}`).inputValue();
  }

  state() {
    return this.page.locator("#verdict").getAttribute("data-state");
  }

  focused() {
    return this.page.evaluate(() => document.activeElement?.id);
  }

  claims() {
    return this.page.locator("#claims > div").allTextContents();
  }

  close() {
    return this.page.context().close();
  }
}

/// As a service sends them: in an order of its own.
export const CLAIMS = {
  name: "SAMPLE, MARIA", document_type: "414", document_number: "XDEMO0001", nationality: "XXX", sex: "female",
  birth_date: "1988-03-15", document_validity: "2031-01-01", phone: "13800000000", concession: true,
  licences: [{ name: "导游证", document_number: "D-0001" }],
};

/// The service's own answer, with data beside it.
export async function withClaims(route) {
  const response = await route.fetch();
  await route.fulfill({ response, json: { ...(await response.json()), claims: CLAIMS } });
}

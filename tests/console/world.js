// What all files of one run share: a city, a Chromium, and what its pages must not do.

import assert from "node:assert/strict";
import { after } from "node:test";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";
import { City } from "./city.js";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
];

/// What Chromium's fake camera shows: it reads this file whenever it is switched on.
export const FILM = join(tmpdir(), `szid-console-${process.pid}.y4m`);

/// What went wrong in pages, and what they asked of others.
export const faults = [];

/// Made when it is first asked for.
export const once = (make) => {
  let made;
  return () => (made ??= make());
};

const opened = [];
const kept = (make, close) => once(async () => {
  const one = await make();
  opened.push(() => close(one));
  return one;
});

export const theCity = kept(() => City.found(), (city) => city.end());

/// `within` is a program that runs Chromium somewhere else, such as a network namespace.
export function launch(within = process.env.CHROMIUM) {
  return chromium.launch({ executablePath: within, args: [...ARGUMENTS, `--use-file-for-fake-video-capture=${FILM}`] });
}

export const theBrowser = kept(launch, (browser) => browser.close());

after(async () => {
  for (const close of opened.reverse()) await close();
});

/// A page that is looked after: what goes wrong in it, and what it asks of anybody but `base`, is a fault.
export async function newPage(base, options = {}, browser = null) {
  browser ??= await theBrowser();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "zh-CN", ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    // Chromium reports answers that are no 2xx, and requests without a network, on its own.
    if (message.type() === "error" && !message.text().includes("Failed to load resource")) faults.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!/^(data|blob):/.test(url) && !url.startsWith(base)) faults.push(`a request to ${url}`);
  });
  if (process.env.PAGES) await fromFolder(context);
  return page;
}

/// While the pages are worked on: their files out of the folder PAGES, not out of the program.
function fromFolder(context) {
  const types = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html" };
  return context.route(/\/(console|operator)\/([\w/-]+\.(js|css))?(\?.*)?$/, (route) => {
    let path = new URL(route.request().url()).pathname.replace(/^\/console\//, "/").slice(1);
    if (path === "" || path.endsWith("/")) path += "index.html";
    return route.fulfill({ path: join(process.env.PAGES, path), contentType: types[extname(path)] });
  });
}

/// A picture for the documentation, where pictures are taken.
export async function picture(page, name, options = {}) {
  if (!process.env.SCREENSHOTS) return;
  await mkdir(process.env.PICTURES, { recursive: true });
  await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`), ...options });
}

/// A picture to look at.
export async function look(page, name, options = {}) {
  if (process.env.LOOK) await page.screenshot({ path: join(process.env.LOOK, `${name}.png`), ...options });
}

const axe = once(() => readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));

/// No rule of accessibility is broken.
export async function sound(page, where) {
  await page.evaluate(await axe());
  await look(page, where);
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => `${where}: ${id} ${nodes.map(({ html }) => html).join(" ")}`), []);
}

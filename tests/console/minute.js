// What takes more than a minute, and goes on while other tests run.

import { Desk } from "./desk.js";
import { once, theCity } from "./world.js";

/// Milliseconds after which a code is too old.
const OLD = 62_000;

/// A code that gets old.
export const oldCode = once(async () => {
  const code = await (await (await theCity()).lin()).code();
  const drawn = Date.now();
  return { drawn, old: new Promise((resolve) => setTimeout(resolve, OLD, code)) };
});

/// A desk whose page is older than the old code, and a scanner there that has typed it ever since, by the
/// times of its keys: to wait for each of them would measure how busy this machine is.
export const slowDesk = once(async () => {
  const city = await theCity();
  const desk = await Desk.at(city.base_url);
  // Of a venue of its own: many others sign in to the hall, and end its oldest session.
  await desk.open(city.venue, 2);
  const { drawn, old } = await oldCode();
  return { desk, scan: async () => desk.scan(await old, { since: drawn }) };
});

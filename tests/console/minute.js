// What takes more than a minute, and goes on while other tests run.

import { Desk } from "./desk.js";
import { once, theCity } from "./world.js";

/// Milliseconds after which a code is too old.
const OLD = 62_000;
/// Milliseconds from key to key at which a code of some 600 digits outlasts its minute.
const SLOW = 105;

/// A code that gets old.
export const oldCode = once(async () => {
  const code = await (await (await theCity()).lin()).code();
  return { old: new Promise((resolve) => setTimeout(resolve, OLD, code)) };
});

/// A desk whose scanner begins with a fresh code and takes its time; what it says is read before it is
/// cleared.
export const slowDesk = once(async () => {
  const city = await theCity();
  const desk = await Desk.at(city.base_url);
  await desk.open(city.hall, 2);
  const code = await (await city.lin()).code();
  const said = async () => {
    await desk.keyboard.scan(code, { delay: SLOW });
    await desk.settled();
    const [reason, why, staff] = await Promise.all(["reason-code", "reason-zh", "staff-zh"].map((part) => desk.text(part)));
    return { reason, why, staff };
  };
  return { desk, said: said() };
});

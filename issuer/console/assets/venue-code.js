// The venue's own code on the screen, for phones to read first, and the verdicts of those who confirmed on
// their phone.

import { call } from "./service.js";

/// Seconds that a request for visits is held open, and milliseconds before the next try after a failure.
const WAIT = 20;
const AGAIN = 3000;

/// What is shown now; another object once it is another scene, none when it is closed.
let showing = null;

export const isShown = () => showing !== null;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/// Shows the code of a scene in `area` and calls `onVisit` with each answer; `onFault` hears of what went
/// wrong.
export function show(area, scene, onVisit, onFault) {
  hide(area);
  const own = (showing = { scene });
  area.hidden = false;
  draw(own, area, onFault);
  follow(own, onVisit, onFault);
}

export function hide(area) {
  showing = null;
  area.hidden = true;
  area.querySelector("img").removeAttribute("src");
}

async function draw(own, area, onFault) {
  while (showing === own) {
    try {
      const { svg, refresh_in: seconds } = await call("POST", "../v1/venue-codes", { scene: own.scene });
      if (showing !== own) return;
      area.querySelector("img").src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
      await pause(seconds * 1000);
    } catch (error) {
      if (showing !== own) return;
      // An old code is worse than none.
      area.querySelector("img").removeAttribute("src");
      onFault(error);
      await pause(AGAIN);
    }
  }
}

async function follow(own, onVisit, onFault) {
  let after = "";
  while (showing === own) {
    try {
      const path = `../v1/visits?wait=${WAIT}${after && `&after=${after}`}`;
      const { visits, next } = await call("GET", path, undefined, (WAIT + 10) * 1000);
      if (showing !== own) return;
      // Other windows of this desk follow on their own.
      after = next;
      visits.forEach(onVisit);
    } catch (error) {
      if (showing !== own) return;
      onFault(error);
      await pause(AGAIN);
    }
  }
}

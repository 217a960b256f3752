// Scanning with the camera. Only on request; no picture leaves the page.

import { makeReader } from "./reader.js";

/// Milliseconds between two looks, and before the same code counts again.
const LOOK_EVERY = 150;
const SAME_AGAIN = 5000;
/// The longest that somebody may take to allow the camera, and a camera to its first picture, milliseconds.
const PATIENCE = 8000;

/// Nobody has allowed the camera, nor refused it.
export class Unanswered extends Error {}

let stream = null;
/// Which start is meant: whoever asked for the camera may be gone before the browser has said yes.
let wanted = null;

/// Whether this browser has cameras: pages that came over plain HTTP from another machine have none.
export const isPossible = () => Boolean(navigator.mediaDevices?.getUserMedia);

export const isRunning = () => stream !== null;

/// Starts the camera and calls `onScan` with each new text; `onFault` hears that nothing can be read any
/// more.
export async function start(video, onScan, onFault) {
  const own = (wanted = {});
  // A citizen code has some sixty modules: the more pixels, the farther away it may be held.
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
  const found = await allowed(
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", ...size }, audio: false }),
    () => wanted === own,
  );
  if (!found) return;
  stream = found;
  // Somebody pulled its plug.
  found.getVideoTracks()[0].addEventListener("ended", onFault);
  video.srcObject = found;
  video.hidden = false;
  await firstPicture(video);
  const reader = await makeReader();
  // When each code was seen last: two before the camera are seen in turn.
  const seen = new Map();
  const look = async () => {
    if (stream !== found) return;
    let text;
    try {
      text = await reader.read(video);
    } catch {
      if (stream === found) onFault();
      return;
    }
    const now = performance.now();
    for (const [known, at] of seen) if (now - at > SAME_AGAIN) seen.delete(known);
    const isNew = text && stream === found && !seen.has(text);
    if (text) seen.set(text, now);
    if (isNew) onScan(text);
    setTimeout(look, LOOK_EVERY);
  };
  look();
}

/// The stream that was asked for, nothing once it is not wanted any more. The browser's question may stay
/// open for ever, and be answered when nobody waits for it.
async function allowed(asked, isWanted) {
  let isLate = false;
  const late = new Promise((resolve, reject) => {
    setTimeout(() => {
      isLate = true;
      if (isWanted()) reject(new Unanswered());
      else resolve(null);
    }, PATIENCE);
  });
  const given = asked.then((found) => {
    if (!isLate && isWanted()) return found;
    end(found);
    return null;
  });
  return Promise.race([given, late]);
}

/// One that is covered by its switch, or held by another program, plays and never has a picture.
function firstPicture(video) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error("no picture")));
  return Promise.race([video.play(), late]);
}

const end = (found) => found.getTracks().forEach((track) => track.stop());

export function stop(video) {
  wanted = null;
  if (stream) end(stream);
  stream = null;
  video.srcObject = null;
  video.hidden = true;
}

// Scanning with the camera. Only on request; no picture leaves the page.

import { makeReader } from "./reader.js";

/// Milliseconds between two looks, and before the same code counts again.
const LOOK_EVERY = 150;
const SAME_AGAIN = 5000;
/// The longest that a camera may take to its first picture, milliseconds.
const PATIENCE = 8000;

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
  const found = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", ...size }, audio: false });
  if (wanted !== own) return end(found);
  stream = found;
  // Somebody pulled its plug.
  found.getVideoTracks()[0].addEventListener("ended", onFault);
  video.srcObject = found;
  video.hidden = false;
  await firstPicture(video);
  const reader = await makeReader();
  let seen = { text: "", at: 0 };
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
    if (text && stream === found && (text !== seen.text || now - seen.at > SAME_AGAIN)) onScan(text);
    if (text) seen = { text, at: now };
    setTimeout(look, LOOK_EVERY);
  };
  look();
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

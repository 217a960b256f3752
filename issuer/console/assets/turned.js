// A picture as another eye would see it: turned, in a mirror, or both.

/// Degrees; measured over all angles, see docs/adr/0011-decoder-for-cameras.md.
const TURN = 22;
const WAYS = [
  { degrees: TURN, flip: 1 },
  { degrees: 0, flip: -1 },
  { degrees: TURN, flip: -1 },
];

let canvas = null;

/// The video's picture in one of these ways, each in its turn.
export function turned(video, turn) {
  const { videoWidth: width, videoHeight: height } = video;
  const { degrees, flip } = WAYS[turn % WAYS.length];
  canvas ??= document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  // Also wipes what was there.
  canvas.width = width;
  canvas.height = height;
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.translate(width / 2, height / 2);
  context.rotate((degrees * Math.PI) / 180);
  context.scale(flip, 1);
  context.drawImage(video, -width / 2, -height / 2);
  return canvas;
}

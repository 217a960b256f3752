// Reads grey images from standard input with jsQR and answers each with one line: the text, or nothing.
//
// An image is its width and its height, two bytes each with the low one first, and then its pixels row by
// row.
import jsqr from "jsqr";

// Published as CommonJS with a default of its own.
const read = jsqr.default ?? jsqr;

/** The bytes of standard input in the lengths that are asked for; null at the end. */
async function* lengths() {
  let held = Buffer.alloc(0);
  let wanted = yield;
  for await (const chunk of process.stdin) {
    held = Buffer.concat([held, chunk]);
    while (held.length >= wanted) {
      const part = held.subarray(0, wanted);
      held = held.subarray(wanted);
      wanted = yield part;
    }
  }
}

const input = lengths();
await input.next();
const take = async (length) => (await input.next(length)).value;

for (let head = await take(4); head; head = await take(4)) {
  const [width, height] = [head.readUInt16LE(0), head.readUInt16LE(2)];
  const grey = await take(width * height);
  const pixels = new Uint8ClampedArray(4 * grey.length);
  grey.forEach((light, at) => pixels.set([light, light, light, 255], 4 * at));
  const text = read(pixels, width, height);
  // A line break in a text would shift all later answers.
  process.stdout.write(`${(text?.data ?? "").replace(/\s/g, "?")}\n`);
}

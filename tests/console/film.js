// What the fake camera shows: a second of video, 1280 x 720, of a code on white.

import { readFile, writeFile } from "node:fs/promises";
import { FILM, theBrowser } from "./world.js";

/// Shoots a PNG file, turned by so many degrees, and as in a mirror where `flip` says so.
export async function shoot(code, { degrees = 0, flip = false, side = 500 } = {}) {
  const png = (await readFile(code)).toString("base64");
  const canvas = await (await theBrowser()).newPage();
  const luma = await canvas.evaluate(async ({ png, degrees, flip, side }) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const context = new OffscreenCanvas(1280, 720).getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, 1280, 720);
    context.translate(640, 360);
    context.rotate((degrees * Math.PI) / 180);
    context.scale(flip ? -1 : 1, 1);
    context.drawImage(image, -side / 2, -side / 2, side, side);
    const { data } = context.getImageData(0, 0, 1280, 720);
    let text = "";
    for (let at = 0; at < data.length; at += 4) text += String.fromCharCode(16 + Math.round(data[at] * 0.859));
    return btoa(text);
  }, { png, degrees, flip, side });
  await canvas.close();
  const frame = Buffer.concat([Buffer.from("FRAME\n"), Buffer.from(luma, "base64"), Buffer.alloc(1280 * 360, 128)]);
  await writeFile(FILM, Buffer.concat([Buffer.from("YUV4MPEG2 W1280 H720 F5:1 Ip A1:1 C420\n"), ...Array(5).fill(frame)]));
}

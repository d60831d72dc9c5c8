/** A drawn chart as a picture that stands alone: colours are what the page shows at the moment. */

import type { View } from "vega";
import { isRightToLeft } from "../language";
import { framed } from "./frame";

const SCALE = 2;
const VARIABLE = /var\(--([\w-]+)\)/g;

/** Give the chart as SVG, on the card's background, under its title and what it is about. */
export async function svgOf(view: View, title: string, caption: string[]): Promise<string> {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const drawn = (await view.toSVG()).replace(VARIABLE, (_, name) => colour(name));
  const [ink, muted, background] = [colour("ink"), colour("muted"), colour("card")];
  return framed(drawn, { title, caption, ink, muted, background, isRightToLeft: isRightToLeft() });
}

/** Give the chart as PNG, twice as fine as on the page. */
export async function pngOf(view: View, title: string, caption: string[]): Promise<ArrayBuffer> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await svgOf(view, title, caption))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = SCALE * image.width;
  canvas.height = SCALE * image.height;
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob.arrayBuffer()) : reject(new Error("no picture")))),
  );
}

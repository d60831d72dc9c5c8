/** A drawn chart as a picture that stands alone: colours are what the page shows at the moment. */

import type { View } from "vega";

const SCALE = 2;
const VARIABLE = /var\(--([\w-]+)\)/g;

/** Give the chart as SVG, on the card's background. */
export async function svgOf(view: View): Promise<string> {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const drawn = (await view.toSVG()).replace(VARIABLE, (_, name) => colour(name));
  return drawn.replace(/(<svg[^>]*>)/, `$1<rect width="100%" height="100%" fill="${colour("card")}"/>`);
}

/** Give the chart as PNG, twice as fine as on the page. */
export async function pngOf(view: View): Promise<ArrayBuffer> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await svgOf(view))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = SCALE * image.width;
  canvas.height = SCALE * image.height;
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob.arrayBuffer()) : reject(new Error("no picture")))),
  );
}

/** A chart's picture with its title and what it is about above it, so that it stands alone. */

export interface Heading {
  title: string;
  /** Lines below the title. */
  caption: string[];
  ink: string;
  muted: string;
  background: string;
  isRightToLeft: boolean;
}

const PAD = 14;
const TITLE_PX = 16;
const CAPTION_PX = 12;
const LINE_PX = 17;

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]!);

/** Put a drawing under its heading. */
export function framed(svg: string, heading: Heading): string {
  const size = (name: string) => Number(new RegExp(`<svg[^>]*\\s${name}="([\\d.]+)"`).exec(svg)![1]);
  const [width, height] = [size("width"), size("height")];
  const { title, caption, isRightToLeft } = heading;
  const top = PAD + TITLE_PX + LINE_PX * caption.length + PAD;
  const at = isRightToLeft ? `x="${width - PAD}" direction="rtl"` : `x="${PAD}"`;
  const line = (text: string, y: number, style: string) =>
    `<text ${at} y="${y}" ${style}>${escaped(text)}</text>`;
  const small = `font-size="${CAPTION_PX}" fill="${heading.muted}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" `,
    `height="${height + top}" viewBox="0 0 ${width} ${height + top}" font-family="system-ui, sans-serif">`,
    `<rect width="100%" height="100%" fill="${heading.background}"/>`,
    line(title, PAD + TITLE_PX - 4, `font-size="${TITLE_PX}" font-weight="650" fill="${heading.ink}"`),
    ...caption.map((text, i) => line(text, PAD + TITLE_PX + LINE_PX * (i + 1) - 3, small)),
    svg.replace("<svg", `<svg y="${top}"`),
    "</svg>",
  ].join("");
}

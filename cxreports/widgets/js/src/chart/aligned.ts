/** Makes plots of graphs over time stand below each other pixel by pixel: the value axis has a gutter of
 * fixed width, and the time axis shows a stretch that is given, whatever the data. */

import type { View } from "vega";

export const DOMAIN = "cx_domain";

const ABOVE = 8;
const BELOW = 22;
const AFTER = 6;

export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Where the plot stands within its element. */
export function frameOf(element: HTMLElement): Frame {
  const axis = parseFloat(getComputedStyle(element).getPropertyValue("--axis")) || 44;
  return {
    left: axis,
    top: ABOVE,
    width: Math.max(60, element.clientWidth - axis - AFTER),
    height: Math.max(40, element.clientHeight - ABOVE - BELOW),
  };
}

/** Change Vega's specification so that its plot fills the frame. */
export function align(compiled: any, frame: Frame, domain: number[]): void {
  compiled.autosize = "none";
  compiled.padding = { left: frame.left, right: AFTER, top: frame.top, bottom: BELOW };
  compiled.width = frame.width;
  compiled.height = frame.height;
  compiled.signals = [
    ...(compiled.signals ?? []).filter((signal: any) => !["width", "height"].includes(signal.name)),
    { name: DOMAIN, value: domain },
  ];
  const along = compiled.scales.find((scale: any) => scale.name === "x");
  along.domainRaw = { signal: DOMAIN };
}

/** Fit a plot into its element, and show a stretch of time. */
export function refit(view: View, frame: Frame, domain: number[]): void {
  view.padding({ left: frame.left, right: AFTER, top: frame.top, bottom: BELOW });
  view.width(frame.width).height(frame.height).signal(DOMAIN, domain);
}

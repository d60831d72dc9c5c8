/** Crosshair of a graph: a line at one time, the points of its figures, and what they say. It stands in a
 * layer of its own above the picture, so that moving it draws nothing else. */

import type { View } from "vega";
import { h } from "../dom";
import { type Frame } from "./aligned";
import { hideTip, showTip } from "./crosshair_tip";

export interface Line {
  label: string;
  tone: string;
  kind: "main" | "beside" | "before";
  heights: (number | null)[];
  texts: (string | null)[];
  calls: (string | null)[];
}

/** What Python says of a graph, by bucket: `cxreports.charts.crosshair`. */
export interface Told {
  starts: number[];
  domain: number[];
  instants: number[];
  whole: number[];
  heads: string[];
  lines: Line[];
}

const ROOM_FOR_VALUE = 64;

export class Crosshair {
  readonly layer = h("div", { class: "cx-over", "aria-hidden": "true" });
  private readonly line = h("i", { class: "cx-cross", hidden: true });
  private readonly dot = h("i", { class: "cx-dot", hidden: true });
  private readonly value = h("span", { class: "cx-val", hidden: true });
  private readonly band = h("i", { class: "cx-zoom-band", hidden: true });
  private frame: Frame = { left: 0, top: 0, width: 1, height: 1 };
  private view: View | undefined;
  told: Told | undefined;

  constructor() {
    this.layer.append(this.band, this.line, this.dot, this.value);
  }

  /** Follow a picture that was drawn anew, or anew in another size. */
  place(view: View, frame: Frame, told: Told): void {
    [this.view, this.frame, this.told] = [view, frame, told];
    for (const side of ["left", "top", "width", "height"] as const) {
      this.layer.style[side] = `${frame[side]}px`;
    }
    this.hide();
  }

  /** Pixels from the plot's left edge of a time on the axis. */
  private x(wall: number): number {
    const [from, to] = this.told!.domain as [number, number];
    return ((wall - from) / (to - from)) * this.frame.width;
  }

  /** Time on the axis at a point of the screen. */
  wallAt(clientX: number): number {
    const { left } = this.layer.getBoundingClientRect();
    const [from, to] = this.told!.domain as [number, number];
    return from + ((clientX - left) / this.frame.width) * (to - from);
  }

  /** Show the figures of a bucket; the leading graph says them all, the others the first. */
  show(at: number, leads: boolean): void {
    const { told, view } = this;
    if (!told || !view || at >= told.starts.length) return this.hide();
    const x = this.x(told.starts[at]!);
    const main = told.lines[0]!;
    const height = main.heights[at];
    this.line.hidden = false;
    this.line.style.left = `${x}px`;
    this.dot.hidden = height === null || height === undefined;
    this.value.hidden = leads || this.dot.hidden;
    if (!this.dot.hidden) {
      const y = Number((view as any).scale("y")(height));
      this.dot.style.left = `${x}px`;
      this.dot.style.top = `${y}px`;
      this.dot.style.background = this.value.style.color = `var(--${main.tone})`;
      this.value.textContent = main.texts[at] ?? "";
      const isNearEnd = x > this.frame.width - ROOM_FOR_VALUE;
      this.value.classList.toggle("cx-before", isNearEnd);
      this.value.style.left = `${x}px`;
      this.value.style.top = `${Math.max(26, y)}px`;
    }
    if (leads) showTip(told, at, this.line, this.layer);
  }

  hide(): void {
    for (const part of [this.line, this.dot, this.value]) part.hidden = true;
    hideTip(this.layer);
  }

  /** Mark the buckets that a drag goes over; none of them without numbers. */
  mark(from?: number, to?: number): void {
    const { told } = this;
    this.band.hidden = from === undefined || to === undefined || !told;
    if (this.band.hidden) return;
    const [first, last] = [Math.min(from!, to!), Math.max(from!, to!)];
    const end = told!.starts[last + 1] ?? told!.domain[1]!;
    const x = this.x(told!.starts[first]!);
    this.band.style.left = `${x}px`;
    this.band.style.width = `${Math.max(2, this.x(end) - x)}px`;
  }
}

/** SlickGrid whose first column stands at the right where people read from right to left. */

import { SlickGrid } from "slickgrid";

/** Scrolling of an element from where its lines begin; the browser counts down from 0 from right to left. */
export const scrolled = (element: Element): number => Math.abs(element.scrollLeft);

export function scrollTo(element: Element, along: number, isMirrored: boolean): void {
  element.scrollLeft = isMirrored ? -along : along;
}

export class Mirrored extends SlickGrid {
  /** Stretch in sight, from where the columns begin; SlickGrid takes the scrolling for a positive one. */
  override getVisibleRange(top?: number, left?: number): ReturnType<SlickGrid["getVisibleRange"]> {
    const begin = Math.abs(left ?? this.scrollLeft);
    return { ...super.getVisibleRange(top, left), leftPx: begin, rightPx: begin + this.viewportW };
  }
}

/** A link to another page of the portal, which opens with the same customer, zone and period. */

import { h } from "../dom";
import { isPortal } from "./live_page";

/** Give the link; elsewhere than in the portal there are no other pages, and none is shown. */
export function pageLink(path: string, label: string): HTMLElement | string {
  if (!isPortal()) return "";
  const link = h("a", { class: "cx-page-link", href: path }, label);
  // The address says what is shown only once the page has answered.
  const follow = () => (link.search = location.search);
  for (const event of ["pointerenter", "pointerdown", "focus", "click"]) {
    link.addEventListener(event, follow);
  }
  return link;
}

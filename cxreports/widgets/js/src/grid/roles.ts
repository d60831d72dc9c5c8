/** Names and roles of SlickGrid's elements (ARIA); the grid itself is the one stop of the Tab key. */

import { h, icon, setText } from "../dom";
import { isRightToLeft, t } from "../language";
import { isRight, type Shown } from "./layout";
import type { Direction } from "./rows";

const SORT_ICONS = {
  none: ["M8 10l4-4 4 4", "M8 14l4 4 4-4"],
  ascending: ["M7 14l5-6 5 6"],
  descending: ["M7 10l5 6 5-6"],
};

/** What a sort button does, with the column's name and without. */
function sortTexts(next: Direction | null, column: string): [string, string] {
  if (!next) return [t("Sort by {column}, as before", { column }), t("Sort as before")];
  return next.descending
    ? [t("Sort by {column}, descending", { column }), t("Sort descending")]
    : [t("Sort by {column}, ascending", { column }), t("Sort ascending")];
}

/** Position of a column among those shown; -1 is the row number. */
const position = ({ columns }: Shown, name: string): number =>
  columns.findIndex((column) => column.name === name);

/** Say what the parts of the table are, and how many rows and columns there are, in sight or not. */
export function nameParts(body: HTMLElement, { rows, columns, totalsLabel }: Shown): void {
  const set = (selector: string, attribute: string, value: string) => {
    for (const part of body.querySelectorAll(selector)) part.setAttribute(attribute, value);
  };
  // The grid itself has the focus; what scrolls would be a stop of the Tab key without an index.
  for (const part of body.querySelectorAll("[tabindex='0']")) part.removeAttribute("tabindex");
  set(".slick-viewport", "tabindex", "-1");
  set(".slick-header-columns-right", "role", "presentation");
  set(":scope > div[style*='fixed']", "aria-hidden", "true");
  set(".slick-resizable-handle", "aria-hidden", "true");
  set(".slick-header-columns-left", "aria-rowindex", "1");
  set(".slick-viewport-top.slick-viewport-left", "role", "rowgroup");
  set(".slick-footerrow-columns-left", "role", "row");
  set(".slick-footerrow-columns-left", "aria-rowindex", String(rows.count + 2));
  body.setAttribute("aria-rowcount", String(rows.count + (totalsLabel ? 2 : 1)));
  body.setAttribute("aria-colcount", String(columns.length + 1));
}

/** Name a heading, and give it its sort button. */
export function nameHead(
  node: HTMLElement,
  shown: Shown,
  name: string,
  sorted: Direction | null,
  next: (column: string) => Direction | null,
): void {
  const at = position(shown, name);
  node.setAttribute("aria-colindex", String(at + 2));
  const column = shown.columns[at];
  if (!column) {
    node.replaceChildren(h("span", { class: "cx-hidden" }, t("Row; click to select everything")));
    node.title = t("Select all");
    return;
  }
  const label = node.querySelector<HTMLElement>(".slick-column-name")!;
  label.className = "cx-grid-label";
  const isSorted = sorted?.column === name;
  const state = !isSorted ? "none" : sorted.descending ? "descending" : "ascending";
  node.setAttribute("aria-label", column.label);
  node.setAttribute("aria-sort", state);
  const [text, title] = sortTexts(next(name), column.label);
  const button = h("button", {
    type: "button",
    class: "cx-grid-sort",
    tabindex: -1,
    "aria-label": text,
    title,
  });
  button.append(icon(...SORT_ICONS[state]));
  if (isRight(column) && !isRightToLeft()) label.before(button);
  else label.after(button);
}

/** Write a cell of the totals. */
export function nameFoot(node: HTMLElement, shown: Shown, name: string): void {
  const at = position(shown, name);
  const column = shown.columns[at];
  node.setAttribute("role", "gridcell");
  node.setAttribute("aria-colindex", String(at + 2));
  if (!column) {
    node.classList.add("cx-gutter");
    return;
  }
  node.classList.add(isRight(column) ? "cx-right-side" : "cx-left-side");
  if (at === 0) node.classList.add("cx-frozen");
  const text = at === 0 ? shown.totalsLabel : shown.rows.text(-1, name);
  const title = at === 0 ? "" : shown.rows.full(-1, name);
  const href = at > 0 && text ? shown.behindTotal(name) : "";
  if (href) {
    const hint = title || t("Show the calls");
    node.replaceChildren(h("a", { class: "cx-grid-link", href, title: hint, tabindex: -1 }, text));
  } else setText(node, text);
  node.title = href ? "" : title;
}

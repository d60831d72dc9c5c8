/** The row that is open beside the table, marked among those in sight. */

import type { Rows } from "./rows";

export function markOpened(body: HTMLElement, rows: Rows, opened: number): void {
  for (const line of body.querySelectorAll<HTMLElement>(".slick-row")) {
    const row = Number(line.dataset["row"]);
    const isOpen = opened >= 0 && rows.source(row) === opened;
    line.classList.toggle("cx-opened", isOpen);
    if (isOpen) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
}

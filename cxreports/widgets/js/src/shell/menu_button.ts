/** A button with a menu under it: opened by a click or an arrow key, worked with the keys of menus. */

import { menuKeys } from "../grid/menu";
import { popover, type Popover } from "../popover";

/** The menu's items, in their order. */
const itemsOf = (menu: HTMLElement): HTMLElement[] => [
  ...menu.querySelectorAll<HTMLElement>("[role=menuitem]"),
];

export function menuButton(
  button: HTMLButtonElement,
  menu: HTMLElement,
  align: "start" | "end" = "start",
): Popover {
  const items = () => itemsOf(menu);
  const pop = popover(button, menu, "menu", () => items()[0]?.focus(), align);
  button.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    pop.open();
    if (event.key === "ArrowUp") items().at(-1)?.focus();
  });
  menuKeys(menu, items, (refocus) => pop.close(refocus));
  return pop;
}

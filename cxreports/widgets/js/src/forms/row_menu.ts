/** Menus of rows: the link to a row's editor becomes a button with everything that can be done to the row. */

import { h } from "../dom";
import { menuButton } from "../shell/menu_button";

function rowMenu(link: HTMLAnchorElement): void {
  const menu = document.getElementById(link.dataset["menu"]!);
  if (!menu) return;
  const button = h("button", {
    type: "button",
    class: link.className,
    "aria-label": link.getAttribute("aria-label"),
  });
  button.append(...link.childNodes);
  link.replaceWith(button);
  const pop = menuButton(button, menu, "end");
  // What an item leads to, or sends, comes after this.
  menu.addEventListener("click", () => pop.close(true));
}

export function rowMenus(): void {
  document.querySelectorAll<HTMLAnchorElement>("a[data-menu]").forEach(rowMenu);
}

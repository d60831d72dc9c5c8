/** A menu: opens at the pointer, the active cell or its button, worked with arrow keys. */

import { h } from "../dom";
import { isRightToLeft, t } from "../language";

export interface Item {
  label: string;
  keys?: string;
  act(): void;
}

const EDGE = 8;

/** Work a menu with arrow keys, first letters, Enter, Escape and Tab. */
export function menuKeys(
  menu: HTMLElement,
  items: () => HTMLElement[],
  close: (refocus: boolean) => void,
): void {
  menu.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const last = all.length - 1;
    const next: Record<string, number> = {
      ArrowDown: at >= last ? 0 : at + 1,
      ArrowUp: at <= 0 ? last : at - 1,
      Home: 0,
      End: last,
    };
    if (event.key in next) all[next[event.key]!]!.focus();
    else if (event.key === "Enter" || event.key === " ") all[at]?.click();
    else if (event.key === "Escape") close(true);
    else if (event.key === "Tab") return close(true);
    else {
      const letter = event.key.toLowerCase();
      const named = [...all.slice(at + 1), ...all.slice(0, at + 1)];
      named.find((item) => item.textContent?.toLowerCase().startsWith(letter))?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  });
}

/** Open a menu; null separates items. It closes with a choice, Escape, Tab, or a click elsewhere. */
export function openMenu(
  items: (Item | null)[],
  x: number,
  y: number,
  back: HTMLElement,
  label = t("Selected cells"),
): void {
  document.querySelector(".cx-menu")?.dispatchEvent(new Event("cx-close"));
  const menu = h("div", { class: "cx cx-menu", role: "menu", "aria-label": label });
  const buttons: HTMLElement[] = [];
  const close = (refocus: boolean) => {
    menu.remove();
    for (const name of ["pointerdown", "wheel", "blur", "resize"]) {
      removeEventListener(name, outside, true);
    }
    if (refocus) back.focus({ preventScroll: true });
  };
  const outside = (event: Event) => {
    if (event.target instanceof Node && menu.contains(event.target)) return;
    if (event.type !== "blur" || event.target === window) close(false);
  };
  for (const item of items) {
    if (!item) {
      menu.append(h("hr", { role: "separator" }));
      continue;
    }
    const button = h(
      "div",
      {
        role: "menuitem",
        tabindex: -1,
        "data-lm-suppress-shortcuts": "true",
        "aria-keyshortcuts": item.keys?.replaceAll(" ", "+").replace("Ctrl", "Control"),
        onClick: () => {
          close(true);
          item.act();
        },
        onPointermove: () => button.focus({ preventScroll: true }),
      },
      h("span", {}, item.label),
      item.keys && h("kbd", {}, item.keys),
    );
    buttons.push(button);
    menu.append(button);
  }
  menuKeys(menu, () => buttons, close);
  menu.addEventListener("contextmenu", (event) => event.preventDefault());
  menu.addEventListener("cx-close", () => close(false));
  document.body.append(menu);
  const { clientWidth, clientHeight } = document.documentElement;
  const left = isRightToLeft() ? x - menu.offsetWidth : x;
  menu.style.left = `${Math.max(EDGE, Math.min(left, clientWidth - menu.offsetWidth - EDGE))}px`;
  menu.style.top = `${Math.max(EDGE, Math.min(y, clientHeight - menu.offsetHeight - EDGE))}px`;
  for (const name of ["pointerdown", "wheel", "blur", "resize"]) {
    addEventListener(name, outside, true);
  }
  buttons[0]?.focus({ preventScroll: true });
}

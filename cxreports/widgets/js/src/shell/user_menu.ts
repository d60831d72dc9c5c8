/** The user menu: links, and forms for what changes something, such as logging out. */

import { watch, type Model } from "../afm";
import { h, icon, setText } from "../dom";
import { t } from "../language";
import { place } from "../link";
import type { Frame } from "./frame";
import { menuButton } from "./menu_button";
import { token } from "./state";

interface Item {
  label: string;
  url: string;
  icon: string;
  kind: "link" | "post";
}

const ICONS: Record<string, string[]> = {
  company: ["M4 21V5l8-3v19", "M12 9l8 3v9", "M3 21h18", "M8 9v0M8 13v0M8 17v0M16 15v0"],
  person: ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8", "M4 21c0-4 3.5-6 8-6s8 2 8 6"],
  key: ["M15 9a4 4 0 1 1-8 0 4 4 0 0 1 8 0", "M13.5 12l7 7M17 15.5l-2 2"],
  language: ["M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0", "M3 12h18", "M12 3c5 5 5 13 0 18-5-5-5-13 0-18"],
  leave: ["M14 4h5v16h-5", "M3 12h11", "M10 8l4 4-4 4"],
};

const ROLE = { role: "menuitem", tabindex: -1 };

function line(item: Item): HTMLElement {
  const words = [
    ICONS[item.icon] ? icon(...ICONS[item.icon]!) : h("span", { class: "cx-icon" }),
    h("span", {}, item.label),
  ];
  if (item.kind !== "post") return h("a", { ...ROLE, ...place(item.url) }, ...words);
  const secret = h("input", { type: "hidden", name: "_xsrf", value: token() });
  return h(
    "form",
    {
      method: "post",
      action: place(item.url).href,
      role: "none",
      // The cookie may have changed since the menu was drawn.
      onSubmit: () => (secret.value = token()),
    },
    secret,
    h("button", { type: "submit", ...ROLE }, ...words),
  );
}

/** First letters of the first and the last name. */
function initials(name: string): string {
  const names = name.split(/\s+/).filter(Boolean);
  return [...names.slice(0, 1), ...names.slice(1).slice(-1)].map((part) => [...part][0]).join("");
}

/** The button with the person's name, and its menu. */
export function userMenu({ user: button, bar }: Frame, model: Model, signal?: AbortSignal): void {
  const menu = h("div", { class: "cx-user-menu" });
  const pop = menuButton(button, menu);
  bar.append(menu);
  watch(
    model,
    ["user", "menu"],
    () => {
      const lines = model.get<Item[]>("menu");
      button.hidden = !lines.length;
      if (!lines.length) pop.close();
      const name = model.get<string>("user") || t("Account");
      setText(button.querySelector(".cx-user-name")!, name);
      button.querySelector<HTMLElement>(".cx-avatar")!.dataset["initials"] = initials(name).toUpperCase();
      button.setAttribute("aria-label", t("Account: {name}", { name }));
      menu.setAttribute("aria-label", t("Account: {name}", { name }));
      menu.replaceChildren(...lines.map(line));
    },
    signal,
  );
}

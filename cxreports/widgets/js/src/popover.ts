/** A panel under a button: opens on click, closes on Escape, outside click and when focus leaves. */

import { h, uid } from "./dom";
import { isRightToLeft, t } from "./language";
import { sought, type Option } from "./search";

export type { Option };

export interface Popover {
  panel: HTMLElement;
  open(): void;
  close(refocus?: boolean): void;
}

const EDGE = 8;
const AWAY = 6;

export function popover(
  button: HTMLButtonElement,
  panel: HTMLElement,
  role: "dialog" | "listbox" | "menu",
  onOpen: () => void,
  align: "start" | "end" = "start",
): Popover {
  panel.id ||= uid("cx-pop");
  panel.hidden = true;
  panel.classList.add("cx-pop");
  // A list of options is a part of its panel, beside the search.
  if (role !== "listbox") panel.setAttribute("role", role);
  // A notebook's cell, and the frame of a table, cut off what reaches beyond them: there the panel is in the
  // top layer.
  const lifted =
    !("cxPortal" in document.documentElement.dataset) || panel.closest(".cx-table-frame") !== null;
  if (lifted) panel.popover = "manual";
  button.setAttribute("aria-haspopup", role);
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", panel.id);

  const outside = (event: Event) => {
    const target = event.target as Node;
    if (!panel.contains(target) && !button.contains(target)) close();
  };
  const open = () => {
    panel.hidden = false;
    if (lifted) panel.showPopover();
    button.setAttribute("aria-expanded", "true");
    place();
    if (lifted) document.addEventListener("scroll", follow, true);
    document.addEventListener("pointerdown", outside, true);
    document.addEventListener("focusin", outside, true);
    onOpen();
    // What it holds now decides on which side there is room.
    if (lifted) place();
  };
  const close = (refocus = false) => {
    if (panel.hidden) return;
    if (lifted && panel.matches(":popover-open")) panel.hidePopover();
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("scroll", follow, true);
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("focusin", outside, true);
    if (refocus) button.focus();
  };
  const place = () => {
    panel.style.left = panel.style.right = "";
    const room = document.documentElement.clientWidth - 8;
    const { left: start, right: end } = button.getBoundingClientRect();
    const wanted = isRightToLeft() === (align === "start") ? end - panel.offsetWidth : start;
    const left = Math.max(8, Math.min(wanted, room - panel.offsetWidth));
    if (lifted) return lift(left);
    const parent = (panel.offsetParent ?? document.body).getBoundingClientRect();
    panel.style.left = `${left - parent.left}px`;
    // What hangs from a bar that stays in sight cannot be scrolled to.
    if (!panel.closest(".cx-topbar")) return;
    const { top } = panel.getBoundingClientRect();
    panel.style.maxHeight = `${Math.max(160, document.documentElement.clientHeight - top - 8)}px`;
  };
  /** Place the panel in the window: below its button, or above it where there is more room. */
  const lift = (left: number) => {
    panel.style.maxHeight = "";
    const { top, bottom } = button.getBoundingClientRect();
    const below = document.documentElement.clientHeight - bottom - AWAY - EDGE;
    const above = top - AWAY - EDGE;
    const hangs = panel.offsetHeight <= below || below >= above;
    const height = Math.min(panel.offsetHeight, Math.max(below, above));
    panel.style.left = `${left}px`;
    panel.style.top = `${hangs ? bottom + AWAY : top - AWAY - height}px`;
    panel.style.maxHeight = `${Math.max(below, above)}px`;
  };
  const follow = (event: Event) => {
    if (!(event.target instanceof Node && panel.contains(event.target))) place();
  };
  button.addEventListener("click", () => (panel.hidden ? open() : close(true)));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close(true);
    }
  });
  return { panel, open, close };
}

const SHOWN = 200;

/** A searchable list of options under a button (ARIA combobox with a listbox). */
export function picker(
  button: HTMLButtonElement,
  label: string,
  options: () => Option[],
  current: () => string,
  pick: (value: string) => void,
): HTMLElement {
  const list = h("ul", {
    role: "listbox",
    id: uid("cx-list"),
    "aria-label": label,
    class: "cx-list",
  });
  const search = h("input", {
    type: "search",
    class: "cx-search",
    role: "combobox",
    placeholder: t("Search…"),
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": t("Search: {list}", { list: label }),
    "aria-autocomplete": "list",
    "aria-expanded": "true",
    "aria-controls": list.id,
  });
  const nothing = h("p", { class: "cx-none", hidden: true }, t("Nothing matches."));
  const panel = h("div", { class: "cx-picker" }, search, list, nothing);
  let active = 0;
  let shown: Option[] = [];

  const items = () => Array.from(list.children) as HTMLElement[];
  const mark = (index: number) => {
    const all = items();
    active = Math.max(0, Math.min(index, all.length - 1));
    all.forEach((item, i) => item.classList.toggle("cx-active", i === active));
    const item = all[active];
    if (item) {
      search.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else {
      search.removeAttribute("aria-activedescendant");
    }
  };
  const fill = () => {
    const found = sought(options(), search.value).slice(0, SHOWN);
    list.replaceChildren(
      ...found.map((option) =>
        h(
          "li",
          {
            role: "option",
            id: uid("cx-opt"),
            "aria-selected": String(option.value === current()),
            onClick: () => choose(option.value),
          },
          h("span", {}, option.label),
          option.hint && h("small", {}, option.hint),
        ),
      ),
    );
    list.hidden = found.length === 0;
    nothing.hidden = found.length > 0;
    const chosen = found.findIndex((o) => o.value === current());
    mark(search.value.trim() ? 0 : Math.max(0, chosen));
    shown = found;
  };
  const choose = (value: string) => {
    pop.close(true);
    if (value !== current()) pick(value);
  };
  search.addEventListener("input", fill);
  search.addEventListener("keydown", (event) => {
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const step = moves[event.key];
    if (step !== undefined) {
      event.preventDefault();
      mark(active + step);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = shown[active];
      if (option) choose(option.value);
    } else if (event.key === "Tab") {
      pop.close();
    }
  });
  const pop = popover(button, panel, "listbox", () => {
    search.value = "";
    fill();
    search.focus();
  });
  return panel;
}

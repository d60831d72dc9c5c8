/** The top bar's elements: the server's, or outside the portal made here. */

import { h, icon } from "../dom";
import { t } from "../language";

export interface Frame {
  company: HTMLButtonElement;
  companyName: HTMLElement;
  bell: HTMLButtonElement;
  bellCount: HTMLElement;
  zone: HTMLButtonElement;
  clock: HTMLElement;
  zoneName: HTMLElement;
  channels: HTMLElement;
  balance: HTMLElement;
  user: HTMLButtonElement;
  /** Where the panels stand that open under the buttons. */
  bar: HTMLElement;
}

const CHEVRON = "M7 10l5 5 5-5";

/** Whether an element is the bar that came with the portal's page. */
export const isServed = (el: HTMLElement): boolean => el.dataset["shell"] !== undefined;

const cap = (strong: string, small = ""): HTMLElement =>
  h("span", { class: "cx-cap" }, h("b", { class: strong }), h("small", {}, small));

/** Fill an element with what `template/shell.html.j2` has in its header. */
function build(el: HTMLElement): void {
  const button = (name: string, ...children: (Node | string)[]) =>
    h("button", { type: "button", class: name }, ...children);
  el.classList.add("cx", "cx-topbar");
  el.setAttribute("role", "banner");
  el.replaceChildren(
    h(
      "div",
      { class: "cx-bar" },
      h("span", { class: "cx-logo", "aria-hidden": "true" }, "cx"),
      button("cx-company", h("span", { class: "cx-company-name" }), icon(CHEVRON)),
      h("span", { class: "cx-spring" }),
      button(
        "cx-pill cx-bell",
        icon("M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9", "M10 20a2.2 2.2 0 0 0 4 0"),
        h("b", { hidden: true }),
      ),
      h(
        "div",
        { class: "cx-stats" },
        button("cx-pill cx-zone", cap("cx-clock")),
        h(
          "span",
          { class: "cx-pill cx-channels", hidden: true },
          cap(""),
          h("span", { class: "cx-meter", "aria-hidden": "true" }, h("i", {})),
        ),
        h("span", { class: "cx-pill cx-balance", hidden: true }, cap("", t("balance"))),
      ),
      button(
        "cx-pill cx-user",
        h("span", { class: "cx-avatar" }),
        h("span", { class: "cx-user-name" }),
        icon(CHEVRON),
      ),
    ),
  );
}

export function frameIn(el: HTMLElement): Frame {
  if (!isServed(el)) build(el);
  const find = <E extends HTMLElement>(selector: string) => el.querySelector<E>(selector)!;
  return {
    company: find(".cx-company"),
    companyName: find(".cx-company-name"),
    bell: find(".cx-bell"),
    bellCount: find(".cx-bell b"),
    zone: find(".cx-zone"),
    clock: find(".cx-clock"),
    zoneName: find(".cx-zone small"),
    channels: find(".cx-channels"),
    balance: find(".cx-balance"),
    user: find(".cx-user"),
    bar: find(".cx-bar"),
  };
}

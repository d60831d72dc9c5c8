/** A line across the page that says what is wrong with it, and what to do. */

import { h } from "../dom";

export function banner(text: string, label = "", act: () => void = () => location.reload()): void {
  document.querySelector(".cx-banner[data-connection]")?.remove();
  if (!text) return;
  document.body.prepend(
    h(
      "div",
      { class: "cx cx-banner", role: "alert", "data-connection": true },
      h("span", {}, text),
      h("button", { type: "button", class: "cx-btn", onClick: act }, label),
    ),
  );
}

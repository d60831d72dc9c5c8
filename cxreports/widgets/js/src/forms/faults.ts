/** Wrong fields: the server looks at every field at once, and says above the form which ones are wrong. */

import { h } from "../dom";

/** Let the server check what the browser would stop at one by one, and list what it found. */
export function markFaults(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("main form[method=post]:not(.cx-question)")) {
    form.noValidate = true;
  }
  const wrong = [...document.querySelectorAll<HTMLInputElement>("main [aria-invalid=true]")];
  wrong[0]?.focus();
  const said = wrong.map((field) => {
    const note = document.getElementById(field.getAttribute("aria-describedby") ?? "");
    const label = field.labels?.[0]?.textContent ?? "";
    return h("li", {}, h("a", { href: `#${field.id}` }, label), `: ${note?.textContent ?? ""}`);
  });
  document.querySelector("[data-summary]")?.append(h("ul", {}, ...said));
}

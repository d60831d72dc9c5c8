/** Where a link leads: on this host in the same tab, elsewhere in a new one that knows nothing of this. */

import { h } from "./dom";
import { t } from "./language";
import { BASE } from "./shell/state";

export interface Place {
  href: string;
  target?: string;
  rel?: string;
}

/** Give a link's attributes; what is no web address leads nowhere. Addresses are the site's, not the page's. */
export function place(url: string): Place {
  const { protocol, origin, href } = new URL(url, new URL(BASE, location.href));
  if (protocol !== "http:" && protocol !== "https:") return { href: "#" };
  if (origin === location.origin) return { href };
  return { href: url, target: "_blank", rel: "noopener noreferrer" };
}

/** A link to the page that asks for the password again, beside this one, which goes on as it is. */
export function confirmLink(): HTMLElement {
  const href = `${new URL(BASE, location.href).pathname}confirm?next=${encodeURIComponent(`${BASE}profile`)}`;
  return h("a", { href, target: "_blank", rel: "noopener" }, t("Confirm that it is you, then try again"));
}

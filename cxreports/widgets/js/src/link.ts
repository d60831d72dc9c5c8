/** Where a link leads: on this host in the same tab, elsewhere in a new one that knows nothing of this. */

export interface Place {
  href: string;
  target?: string;
  rel?: string;
}

/** Give a link's attributes; what is no web address leads nowhere. */
export function place(url: string): Place {
  const { protocol, origin } = new URL(url, location.href);
  if (protocol !== "http:" && protocol !== "https:") return { href: "#" };
  if (origin === location.origin) return { href: url };
  return { href: url, target: "_blank", rel: "noopener noreferrer" };
}

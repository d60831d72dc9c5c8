/** Head and foot of a printed page, as Python words them. */

import type { Model } from "../afm";
import { h } from "../dom";
import { onPaper } from "./paper";

interface Sheet {
  head: string;
  title: string;
  about: string;
  foot: string;
}

export function printSheet(model: Model, main: HTMLElement, signal?: AbortSignal): void {
  let parts: HTMLElement[] = [];
  const end = () => {
    for (const part of parts) part.remove();
    parts = [];
  };
  const begin = () => {
    end();
    const { head, title, about, foot } = model.get<Partial<Sheet>>("paper");
    if (!title) return;
    parts = [
      h("header", { class: "cx-paper-head" }, head),
      h("h1", { class: "cx-paper-title" }, title),
      h("p", { class: "cx-muted cx-paper-about" }, about),
    ];
    main.prepend(...parts);
    const last = h("footer", { class: "cx-paper-foot" }, foot);
    main.append(last);
    parts.push(last);
  };
  onPaper(begin, end, signal);
}

/** Head and foot of a printed page: on every sheet, in its margins, where the browser knows them. */

import type { Model } from "../afm";
import { h } from "../dom";
import { isRightToLeft } from "../language";
import { onPaper } from "./paper";

/** What stands at the head and foot of every sheet, and above the first one's contents. */
export interface Sheet {
  head: string;
  title: string;
  about: string;
  foot: string;
}

const MARGINS = ["--cx-top-left", "--cx-top-right", "--cx-bottom-left", "--cx-bottom-right"] as const;
const PAGES = 'counter(page) " / " counter(pages)';

/** A text as CSS has it: no character of it ends it. */
const quoted = (text: string): string =>
  `"${text.replace(/[^\p{L}\p{N} .,:;/·–+()-]/gu, (letter) => `\\${letter.codePointAt(0)!.toString(16)} `)}"`;

/** Put head, foot and page numbers into the margins of all sheets (CSS Paged Media, margin boxes). */
function intoMargins(head: string, foot: string): void {
  const [begin, end] = isRightToLeft() ? ["right", "left"] : ["left", "right"];
  const { style } = document.documentElement;
  style.setProperty(`--cx-top-${begin}`, quoted(head));
  style.setProperty(`--cx-bottom-${begin}`, quoted(foot));
  style.setProperty(`--cx-bottom-${end}`, PAGES);
}

/** Whose head and foot are those of the sheets while it is printed. */
export function printSheet(sheet: () => Partial<Sheet>, main: HTMLElement, signal?: AbortSignal): void {
  let parts: HTMLElement[] = [];
  const end = () => {
    for (const part of parts) part.remove();
    for (const name of MARGINS) document.documentElement.style.removeProperty(name);
    parts = [];
  };
  const begin = () => {
    end();
    const { head, title, about, foot } = sheet();
    if (!head || !foot) return;
    const inFlow = !("CSSMarginRule" in globalThis);
    const above = [
      inFlow && h("header", { class: "cx-paper-head" }, head),
      title && h("h1", { class: "cx-paper-title" }, title),
      title && h("p", { class: "cx-muted cx-paper-about" }, about),
    ].filter((part) => part instanceof HTMLElement);
    const below = inFlow ? [h("footer", { class: "cx-paper-foot" }, foot)] : [];
    if (!inFlow) intoMargins(head, foot);
    main.prepend(...above);
    main.append(...below);
    parts = [...above, ...below];
  };
  onPaper(begin, end, signal);
}

/** The sheet of a live page, as Python words it. */
export const sheetOf = (model: Model) => (): Partial<Sheet> => model.get<Partial<Sheet>>("paper");

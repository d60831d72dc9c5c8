/** Elements without a framework. Text is always set as text, never parsed as HTML. */

type Child = Node | string | null | undefined | false;
type Props = Record<string, unknown>;

function assign(element: Element, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2).toLowerCase(), value as EventListener);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  assign(element, props);
  element.append(...children.filter((c): c is Node | string => !!c || c === ""));
  return element;
}

/** Whether anybody can see this page: not in a tab behind another one. */
export const isSeen = (): boolean => document.visibilityState === "visible";

const SVG = "http://www.w3.org/2000/svg";

/** A line icon of 24 units, drawn in the text's colour. */
export function icon(...paths: string[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  assign(svg, {
    class: "cx-icon",
    viewBox: "0 0 24 24",
    fill: "none",
    stroke: "currentColor",
    "stroke-width": 2,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": "true",
  });
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** Replace the text only when it differs, so that screen readers are not told twice. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

let ids = 0;
export const uid = (prefix: string): string => `${prefix}-${++ids}`;

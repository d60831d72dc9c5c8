/** Panel of the range control: presets with their dates, a calendar, and fields for any range. */

import { h, icon, setText, uid } from "../dom";
import { t } from "../language";
import { calendar } from "./calendar";
import { fields, type Wrong } from "./fields";
import { type Preset, type Stretch } from "./step";
import { dayOf, wallOf } from "./wall";
import { lengthText, rangeText, sinceText } from "./words";

export interface Named extends Preset {
  label: string;
  title: string;
}

/** What the panel shows, and what it leads to. */
export interface Range {
  period(): string;
  zone(): string;
  stretch(): Stretch;
  presets(): Named[];
  /** End of the hour that runs. */
  now(): number;
  choose(range: { period: string } | Stretch): void;
}

const ENDED = new Set(["yesterday", "last_month"]);
const CHECK = "m5 12.5 4.5 4.5L19 7.5";

export function panelOf(range: Range, close: () => void): { element: HTMLFormElement; open(): void } {
  const today = () => dayOf(wallOf(range.now() - 1, range.zone()));
  const presets = h("div", { class: "cx-presets", role: "group", "aria-label": t("Ready-made periods") });
  const length = h("p", { class: "cx-muted cx-small", role: "status" });
  const wrong = h("p", { id: uid("cx-wrong"), class: "cx-wrong cx-small", role: "alert", hidden: true });
  let picked: number | undefined;

  const clear = () => {
    wrong.hidden = true;
    for (const field of element.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
  };
  const refuse = ({ field, text }: Wrong) => {
    wrong.hidden = false;
    setText(wrong, text);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", wrong.id);
    field.focus();
  };
  const follow = () => {
    clear();
    days.draw();
    const stretch = ends.stretch();
    const zone = range.zone().replaceAll("_", " ");
    setText(length, "from" in stretch ? `${lengthText(stretch, range.zone())}, ${zone}` : zone);
  };
  const ends = fields(range.zone, today, () => {
    picked = undefined;
    const { first } = ends.days();
    if (first !== undefined) days.show(first);
    follow();
  });
  const days = calendar(ends.days, today, (day) => {
    const first = picked === undefined ? day : Math.min(picked, day);
    ends.choose(first, picked === undefined ? day : Math.max(picked, day));
    picked = picked === undefined ? day : undefined;
    follow();
  });
  const element = h(
    "form",
    { class: "cx-range-pop", "aria-label": t("Period"), novalidate: true },
    presets,
    h(
      "div",
      { class: "cx-calbox" },
      days.element,
      ends.element,
      wrong,
      length,
      h(
        "div",
        { class: "cx-range-foot" },
        h("button", { type: "button", class: "cx-btn", onClick: close }, t("Cancel")),
        h("button", { type: "submit", class: "cx-btn cx-primary" }, t("Show")),
      ),
    ),
  );
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    clear();
    const stretch = ends.stretch();
    if ("field" in stretch) return refuse(stretch);
    close();
    range.choose(stretch);
  });

  const entry = (id: string, label: string, dates: string, act: () => void, title?: string) => {
    const isChosen = range.period() === id;
    return h(
      "button",
      {
        type: "button",
        "data-preset": id,
        title,
        "aria-current": isChosen && "true",
        tabindex: isChosen ? 0 : -1,
        onClick: act,
      },
      h("span", {}, label),
      isChosen && icon(CHECK),
      h("small", {}, dates),
    );
  };
  const fill = () => {
    const now = wallOf(range.now(), range.zone());
    const entries = range.presets().map((preset) =>
      entry(
        preset.id,
        preset.label,
        ENDED.has(preset.id) ? rangeText(preset, range.zone(), now) : sinceText(preset.from, range.zone()),
        () => {
          close();
          range.choose({ period: preset.id });
        },
        preset.title,
      ),
    );
    entries.push(entry("custom", t("Custom…"), t("any from – to"), ends.focus));
    presets.replaceChildren(
      ...entries.slice(0, 3),
      h("hr"),
      ...entries.slice(3, -1),
      h("hr"),
      entries.at(-1)!,
    );
  };
  presets.addEventListener("keydown", (event) => {
    const buttons = [...presets.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const to = moves[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    buttons[(to + buttons.length) % buttons.length]!.focus();
  });
  return {
    element,
    open: () => {
      picked = undefined;
      fill();
      ends.fill(range.stretch());
      days.show(dayOf(wallOf(range.stretch().to - 1, range.zone())));
      follow();
      presets.querySelector<HTMLElement>("[tabindex='0']")?.focus();
    },
  };
}

/** Dialog: which widgets show, in which order, the default period, and the look of the page. */

import { type Model } from "../afm";
import { h, icon, setText } from "../dom";
import { t } from "../language";
import { popover } from "../popover";
import { applyTheme } from "../shell/theme_choice";
import { hear, tell as tellPages } from "../shell/together";
import { change, chosen, watchView } from "./view";

interface Entry {
  id: string;
  label: string;
  title?: string;
}

const THEMES: [string, string][] = [
  ["system", t("System")],
  ["light", t("Light")],
  ["dark", t("Dark")],
];

/** The button and its dialog; `portal` says whether the page is ours to colour. */
export function customise(model: Model, portal: boolean, signal?: AbortSignal): HTMLElement {
  const button = h("button", { type: "button", class: "cx-btn" }, t("Customise"));
  const list = h("ul", { class: "cx-widgets", "aria-label": t("Widgets, in their order") });
  const notice = h("p", { class: "cx-hidden", role: "status" });
  const opens = h("div", { class: "cx-seg", role: "group", "aria-label": t("Default period") });
  const themes = h("div", { class: "cx-seg", role: "group", "aria-label": t("Theme") });
  const standard = h(
    "button",
    { type: "button", class: "cx-link", onClick: () => reset() },
    t("Back to standard"),
  );
  const panel = h(
    "div",
    { class: "cx-customise", "aria-label": t("Customise") },
    h("p", { class: "cx-muted cx-small" }, t("Choose what shows. Drag to order, or Alt with ↑ and ↓.")),
    list,
    h(
      "div",
      { class: "cx-customise-foot" },
      h("span", { class: "cx-muted cx-small" }, t("Default period")),
      opens,
      ...(portal ? [h("span", { class: "cx-muted cx-small" }, t("Theme")), themes] : []),
      standard,
    ),
    notice,
  );
  let order: Entry[] = [];
  let ticked = new Set<string>();

  const shown = () => order.filter((entry) => ticked.has(entry.id)).map((entry) => entry.id);
  const read = () => {
    const entries = model.get<Entry[]>("available");
    const widgets = chosen(model, "widgets").split(",");
    ticked = new Set(widgets);
    const first = widgets.flatMap((id) => entries.filter((entry) => entry.id === id));
    // What is chosen anew comes before the table at the page's end.
    const last = first.at(-1)?.id === "summary" ? first.splice(-1) : [];
    order = [...first, ...entries.filter((entry) => !ticked.has(entry.id)), ...last];
  };
  const tell = () => change(model, { widgets: shown().join(",") });
  const reset = () => {
    const [first] = model.get<Entry[]>("periods");
    change(model, { widgets: model.get<string[]>("standard").join(","), opens: first!.id });
    setText(notice, t("The standard widgets are shown."));
  };
  const move = (id: string, to: number) => {
    const from = order.findIndex((entry) => entry.id === id);
    const target = Math.max(0, Math.min(order.length - 1, to));
    if (from === target) return;
    const [entry] = order.splice(from, 1);
    order.splice(target, 0, entry!);
    fill();
    setText(
      notice,
      t("{widget} is number {place} of {count}.", {
        widget: entry!.label,
        place: target + 1,
        count: order.length,
      }),
    );
    list.querySelector<HTMLElement>(`[data-widget=${id}] input`)?.focus();
  };
  const line = (entry: Entry, at: number) => {
    const box = h("input", {
      type: "checkbox",
      checked: ticked.has(entry.id),
      "aria-keyshortcuts": "Alt+ArrowUp Alt+ArrowDown",
      onChange: () => {
        if (box.checked) ticked.add(entry.id);
        else ticked.delete(entry.id);
        tell();
      },
      onKeydown: (event: KeyboardEvent) => {
        const step = event.altKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined;
        if (!step) return;
        event.preventDefault();
        move(entry.id, at + step);
        tell();
      },
    });
    const grip = h("span", { class: "cx-grip", "aria-hidden": "true" }, icon("M5 9h14M5 15h14"));
    const item = h("li", { "data-widget": entry.id }, h("label", {}, box, h("span", {}, entry.label)), grip);
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      drag(entry.id);
    });
    return item;
  };
  /** Move a line with the pointer until it is let go; the page follows then. */
  const drag = (id: string) => {
    const mark = () => list.querySelector(`[data-widget=${id}]`)?.classList.add("cx-dragged");
    mark();
    const follow = (event: PointerEvent) => {
      const lines = [...list.children];
      const at = lines.findIndex((each) => event.clientY < each.getBoundingClientRect().bottom);
      move(id, at < 0 ? lines.length - 1 : at);
      mark();
    };
    const drop = () => {
      removeEventListener("pointermove", follow);
      removeEventListener("pointerup", drop);
      removeEventListener("pointercancel", drop);
      fill();
      tell();
    };
    addEventListener("pointermove", follow);
    addEventListener("pointerup", drop);
    addEventListener("pointercancel", drop);
  };
  const fill = () => list.replaceChildren(...order.map(line));

  opens.replaceChildren(
    ...model.get<Entry[]>("periods").map(({ id, label, title }) =>
      h(
        "button",
        {
          type: "button",
          "data-choice": id,
          title,
          // Shown at once, so that it is seen what is chosen.
          onClick: () => change(model, { opens: id, period: id }),
        },
        label,
      ),
    ),
  );
  const look = (id: string) => {
    change(model, { theme: id });
    tellPages({ theme: id });
  };
  themes.replaceChildren(
    ...THEMES.map(([id, label]) =>
      h("button", { type: "button", "data-choice": id, onClick: () => look(id) }, label),
    ),
  );
  const press = (group: HTMLElement, choice: string) => {
    for (const each of group.querySelectorAll("button")) {
      each.setAttribute("aria-pressed", String(each.dataset["choice"] === choice));
    }
  };
  // The page began with what its address says, of which Python does not know yet.
  let theme = chosen(model, "theme");
  const follow = () => {
    if (theme === chosen(model, "theme")) return;
    theme = chosen(model, "theme");
    applyTheme(theme);
  };
  if (portal) {
    model.on("change:view", follow);
    hear((news) => {
      if (news.theme && news.theme !== chosen(model, "theme")) change(model, { theme: news.theme });
    });
  }
  watchView(model, ["theme"], () => press(themes, chosen(model, "theme")), signal);
  watchView(model, ["opens"], () => press(opens, chosen(model, "opens")), signal);
  watchView(
    model,
    ["widgets"],
    () => {
      if (String(shown()) === chosen(model, "widgets")) return;
      read();
      fill();
    },
    signal,
  );
  popover(button, panel, "dialog", () => {
    read();
    fill();
    list.querySelector("input")?.focus();
  });
  return h("div", { class: "cx-anchor" }, button, panel);
}

/** What cannot be undone asks first: the server words the question, a dialog asks it. Without this script the
 * same question is a page. */

import { h, uid } from "../dom";

interface Asked {
  name: string;
  label: string;
  kind: string;
  hint: string;
  autocomplete: string;
}

interface Question {
  title: string;
  act: string;
  text: string;
  keep: string;
  asked: Asked[];
}

type Sent = [string, string][];

const CONFIRMED: [string, string] = ["confirmed", "yes"];

const hidden = ([name, value]: [string, string]): HTMLElement => h("input", { type: "hidden", name, value });

const sentBy = (form: HTMLFormElement, by: HTMLElement): Sent => [...new FormData(form, by)] as Sent;

function fieldOf({ name, label, kind, hint, autocomplete }: Asked): HTMLElement {
  if (kind === "checkbox") {
    return h("label", { class: "cx-check" }, h("input", { type: kind, name, value: "1" }), ` ${label}`);
  }
  const id = uid("cx-asked");
  const described = hint ? `${id}-note` : null;
  return h(
    "div",
    { class: "cx-field" },
    h("label", { for: id }, label),
    h("input", { id, name, type: kind, autocomplete, required: true, "aria-describedby": described }),
    hint && h("small", { id: described, class: "cx-muted" }, hint),
  );
}

/** Ask in a dialog, whose answer sends the form; the button that changes nothing has the focus. */
function open(
  { title, act, text, keep, asked }: Question,
  action: string,
  sent: Sent,
  by: HTMLElement,
): void {
  const id = uid("cx-question");
  const close = () => dialog.close();
  const dialog = h(
    "dialog",
    { class: "cx cx-card cx-dialog", "aria-labelledby": id, "aria-describedby": `${id}-text` },
    h("h2", { id }, title),
    h("p", { id: `${id}-text` }, text),
    h(
      "form",
      { method: "post", action, class: "cx-question" },
      ...[...sent, CONFIRMED].map(hidden),
      ...asked.map(fieldOf),
      h(
        "div",
        { class: "cx-actions cx-answers" },
        h("button", { type: "button", class: "cx-btn", autofocus: true, onClick: close }, keep),
        h("button", { type: "submit", class: "cx-sure" }, act),
      ),
    ),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    by.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** Send a form as the browser would have. */
function send(action: string, sent: Sent): void {
  const form = h("form", { method: "post", action, hidden: true }, ...sent.map(hidden));
  document.body.append(form);
  form.submit();
}

async function ask(form: HTMLFormElement, by: HTMLElement): Promise<void> {
  const sent = sentBy(form, by);
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(sent),
    redirect: "manual",
  });
  // Another page is answered where the session is over, or who one is has to be shown again.
  if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
    open((await answer.json()) as Question, form.action, sent, by);
  } else if (answer.type === "opaqueredirect") location.reload();
  else send(form.action, sent);
}

/** Ask before each form whose button says so. */
export function askFirst(): void {
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (!(form instanceof HTMLFormElement) || submitter?.dataset["asks"] === undefined) return;
    event.preventDefault();
    ask(form, submitter).catch(() => send(form.action, sentBy(form, submitter)));
  });
}

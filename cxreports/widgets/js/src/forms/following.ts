/** A part of a page that follows what is typed into its form: the server makes it anew after each pause. */

const PAUSE_MS = 300;

export type Faults = Record<string, string>;

/** What a form holds, as a query; the token is none of it. */
export function typedInto(form: HTMLFormElement): URLSearchParams {
  const typed = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && name !== "_xsrf") typed.append(name, value);
  }
  return typed;
}

/**
 * Let an element follow a form; gives what asks at once. While it is hidden nothing is asked.
 *
 * @param url where its contents are made; 422 has the faults by field
 * @param tell is called with the faults of what was typed, with none where it was taken
 * @param adjust may change what is asked for
 */
export function follow(
  form: HTMLFormElement,
  shown: HTMLElement,
  url: string,
  tell: (faults: Faults) => void,
  adjust: (typed: URLSearchParams) => void = () => {},
): () => Promise<void> {
  let timer = 0;
  let asked = new AbortController();
  const refresh = async (): Promise<void> => {
    asked.abort();
    const own = (asked = new AbortController());
    shown.setAttribute("aria-busy", "true");
    const typed = typedInto(form);
    adjust(typed);
    try {
      const answer = await fetch(`${url}?${typed}`, { signal: own.signal });
      if (answer.ok) {
        shown.innerHTML = await answer.text();
        tell({});
      } else if (answer.status === 422) {
        tell(((await answer.json()) as { faults: Faults }).faults);
      }
    } catch {
      // A newer question took its place, or the server is away: what is shown stays.
    } finally {
      if (asked === own) shown.removeAttribute("aria-busy");
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => !shown.hidden && void refresh(), PAUSE_MS);
  });
  return refresh;
}

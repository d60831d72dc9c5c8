/** Pages that are forms: what they need a script for: passkeys, copying, printing. */

import { tellZone } from "../own_zone";
import { formBar } from "../shell/form_bar";
import { openPage } from "../shell/open_page";
import { printSheet } from "../paper/sheet";
import { token } from "../shell/state";
import { drops } from "./drop";
import { markFaults } from "./faults";
import { askFirst } from "./question";
import { refreshParts } from "./refreshing";
import { rowMenus } from "./row_menu";
import { followRule } from "./rule";
import { followSchedule } from "./schedule";

type Json = Record<string, any>;

const bytesOf = (text: string): ArrayBuffer =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)).buffer;

const textOf = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const withBytes = (listed: Json[] = []): any[] =>
  listed.map((each) => ({ ...each, id: bytesOf(each["id"]) }));

/** The server's options with its base64url texts as bytes. */
function decoded(options: Json): any {
  const { challenge, user, allowCredentials, excludeCredentials } = options;
  return {
    ...options,
    challenge: bytesOf(challenge),
    ...(user && { user: { ...user, id: bytesOf(user.id) } }),
    ...(allowCredentials && { allowCredentials: withBytes(allowCredentials) }),
    ...(excludeCredentials && { excludeCredentials: withBytes(excludeCredentials) }),
  };
}

/** A credential with its bytes as base64url texts. */
function encoded(credential: PublicKeyCredential): Json {
  const response = credential.response as any;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  return {
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      ...Object.fromEntries(
        parts.filter((name) => response[name]).map((name) => [name, textOf(response[name])]),
      ),
      ...(response.getTransports && { transports: response.getTransports() }),
    },
  };
}

async function post(path: string, body: Json): Promise<Json> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-XSRFToken": token() },
    body: JSON.stringify(body),
  });
  const reply = (await answer.json().catch(() => ({}))) as Json;
  if (!answer.ok) throw new Error(reply["wrong"] ?? answer.statusText);
  return reply;
}

/** Do what a button asks for: log in with a passkey, add one with what its form says of it, or show again
 * who one is, which goes on with the form. */
async function usePasskey(button: HTMLButtonElement): Promise<void> {
  const { options: ask, answer: give } = button.dataset;
  const adds = button.dataset["passkey"] === "add";
  const typed = adds && button.form ? Object.fromEntries(new FormData(button.form)) : {};
  const asked = await post(ask!, typed);
  const publicKey = decoded(asked["options"]);
  const credential = await (adds
    ? navigator.credentials.create({ publicKey })
    : navigator.credentials.get({ publicKey }));
  const reply = await post(give!, {
    challenge: asked["challenge"],
    credential: encoded(credential as PublicKeyCredential),
    ...("name" in typed && { name: typed["name"] }),
  });
  if (typeof reply["next"] === "string") location.assign(reply["next"]);
  else button.form?.submit();
}

function preparePasskeys(): void {
  if (!("PublicKeyCredential" in window)) return;
  document.querySelector<HTMLElement>("[data-no-passkeys]")?.remove();
  const fault = document.querySelector<HTMLElement>("[data-passkey-fault]");
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-passkey]")) {
    const use = (): void => {
      if (fault) fault.hidden = true;
      usePasskey(button).catch((error: Error) => {
        // The person closed the browser's dialog: there is nothing to say.
        if (!fault || error.name === "NotAllowedError") return;
        fault.textContent = error.message;
        fault.hidden = false;
      });
    };
    button.hidden = false;
    const form = button.closest<HTMLFormElement>("[data-passkey-form]");
    if (!form) {
      button.addEventListener("click", use);
      continue;
    }
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      use();
    });
  }
}

function prepareCodes(): void {
  const copy = document.querySelector<HTMLButtonElement>("button[data-copy]");
  const print = document.querySelector<HTMLButtonElement>("button[data-print]");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(copy.dataset["copy"]!)!.innerText);
      copy.textContent = copy.dataset["copied"]!;
    });
  }
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
}

/** Scroll what is chosen into the middle of its row where that is wider than its place; the page stays where it is. */
function showWithin(here: Element): void {
  for (let row = here.parentElement; row?.closest("nav"); row = row.parentElement) {
    if (row.scrollWidth <= row.clientWidth) continue;
    const [own, place] = [here.getBoundingClientRect(), row.getBoundingClientRect()];
    row.scrollLeft += own.left + own.width / 2 - (place.left + place.width / 2);
    return;
  }
}

/** Head and foot of a page of forms on paper, as its own head has them. */
function preparePaper(): void {
  const main = document.getElementById("cx-main");
  const { head = "", foot = "" } = document.body.dataset;
  if (main) printSheet(() => ({ head, foot }), main);
}

preparePaper();
tellZone();
formBar();
openPage(false);
askFirst();
drops();
rowMenus();
markFaults();
preparePasskeys();
prepareCodes();
followRule();
followSchedule();
refreshParts();
for (const here of document.querySelectorAll("nav [aria-current]")) showWithin(here);

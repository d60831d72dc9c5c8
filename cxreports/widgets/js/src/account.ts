/** Pages that are forms: what they need a script for, which is passkeys. */

import { tellZone } from "./own_zone";

type Json = Record<string, any>;

const bytesOf = (text: string): ArrayBuffer =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0))
    .buffer;

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
  const parts = [
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "signature",
    "userHandle",
  ];
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

function token(): string {
  return decodeURIComponent(/(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? "");
}

async function post(path: string, body: Json): Promise<Json> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-XSRFToken": token() },
    body: JSON.stringify(body),
  });
  const said = (await answer.json().catch(() => ({}))) as Json;
  if (!answer.ok) throw new Error(said["wrong"] ?? answer.statusText);
  return said;
}

/** Do what a button asks for: log in with a passkey, or add one. */
async function usePasskey(button: HTMLButtonElement): Promise<void> {
  const { options: ask, answer: give, name } = button.dataset;
  const asked = await post(ask!, {});
  const publicKey = decoded(asked["options"]);
  const credential = await (button.dataset["passkey"] === "add"
    ? navigator.credentials.create({ publicKey })
    : navigator.credentials.get({ publicKey }));
  const label = name && (document.getElementById(name) as HTMLInputElement | null)?.value;
  const said = await post(give!, {
    challenge: asked["challenge"],
    credential: encoded(credential as PublicKeyCredential),
    ...(label && { name: label }),
  });
  location.assign(said["next"] as string);
}

function preparePasskeys(): void {
  if (!("PublicKeyCredential" in window)) return;
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-passkey]")) {
    const fault = document.querySelector<HTMLElement>("[data-passkey-fault]");
    button.hidden = false;
    button.addEventListener("click", () => {
      if (fault) fault.hidden = true;
      usePasskey(button).catch((error: Error) => {
        // The person closed the browser's dialog: there is nothing to say.
        if (!fault || error.name === "NotAllowedError") return;
        fault.textContent = error.message;
        fault.hidden = false;
      });
    });
  }
}

tellZone();
preparePasskeys();

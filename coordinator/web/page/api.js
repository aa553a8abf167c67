// One function for every document of the server, and one for every change.

/** How long to wait before asking again for a document that the server still computes. */
const RETRY_MS = 400;
const RETRY_MOST_MS = 3000;

/** An answer that is no document: `status` is HTTP's. */
export class ServerError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function answer(response) {
  const document = await response.json();
  if (!response.ok) throw new ServerError(document.error ?? `the server answered ${response.status}`, response.status);
  return document;
}

/**
 * The document of a view. While the server computes it for the first time, `waiting` is called with the
 * seconds so far. `document.stale` is true when the database has changed since it was computed.
 */
export async function get(view, parameters = {}, waiting = () => {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of [value].flat()) if (each !== undefined && each !== null && each !== "") query.append(name, each);
  }
  const start = performance.now();
  for (let wait = RETRY_MS; ; wait = Math.min(wait * 1.5, RETRY_MOST_MS)) {
    const response = await fetch(`/api/${view}?${query}`);
    if (response.status !== 202) {
      const document = await answer(response);
      document.stale = response.headers.get("X-Cox-Stale") === "1";
      return document;
    }
    await waiting((performance.now() - start) / 1000);
    await new Promise((resolve) => { setTimeout(resolve, wait); });
  }
}

let known = null;

/** Who looks at the page: {role, login, may_change, plan, token}. Asked once. */
export function session() {
  known ??= fetch("/api/session").then(answer);
  return known;
}

async function post(path, body, headers = {}) {
  return answer(await fetch(path, { method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers } }));
}

export async function logIn(token) {
  await post("/api/login", { token });
  known = null;
}

/** `change` is {verb, series, run} or {verb, job}; returns {changed_jobs, untouched_jobs}. */
export async function makeChange(change) {
  const { token } = await session();
  return post("/api/change", change, { "X-Cox-Token": token });
}

/** Calls `changed` whenever the database has a newer event; reports the connection to `state`. */
export function follow(changed, state) {
  const stream = new EventSource("/api/events");
  let last = null;
  stream.onopen = () => state("live");
  stream.onerror = () => state("reconnecting");
  stream.onmessage = (message) => {
    if (last !== null && message.data !== last) changed();
    last = message.data;
  };
  return stream;
}

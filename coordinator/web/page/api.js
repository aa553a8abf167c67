// One function for every document of the server.

export async function get(view, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of [value].flat()) if (each !== undefined && each !== "") query.append(name, each);
  }
  const response = await fetch(`/api/${view}?${query}`);
  const document = await response.json();
  if (!response.ok) throw new Error(document.error ?? `the server answered ${response.status}`);
  return document;
}

/** Calls `changed` whenever the newest event of the database is another; tells `state` how it stands. */
export function follow(changed, state) {
  const stream = new EventSource("/api/events");
  let last = null;
  stream.onopen = () => state("live");
  stream.onerror = () => state("reconnecting");
  stream.onmessage = (message) => {
    if (last !== null && message.data !== last) changed();
    last = message.data;
  };
}

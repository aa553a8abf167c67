// A live view is drawn again while somebody uses it: what they opened, scrolled and stood on stays.

const key = (details) => details.querySelector("summary").textContent.replace(/\d+/g, "#");

/** Where `node` is below `root`: the number of each child on the way. */
function wayTo(root, node) {
  const way = [];
  for (let at = node; at !== root; at = at.parentNode) {
    if (!at) return null;
    way.unshift([...at.parentNode.children].indexOf(at));
  }
  return way;
}

/** Records how a person has changed the view in `main`. Returns a function that applies that to a new view. */
export function kept(main) {
  const open = new Map([...main.querySelectorAll("details")].map((details) => [key(details), details.open]));
  const scrolled = new Map([...main.querySelectorAll(".wide")].map((part) => [part.getAttribute("aria-label"), part.scrollLeft]));
  const active = document.activeElement;
  const way = main.contains(active) && active !== main ? wayTo(main, active) : null;
  return () => {
    for (const details of main.querySelectorAll("details")) details.open = open.get(key(details)) ?? details.open;
    for (const part of main.querySelectorAll(".wide")) part.scrollLeft = scrolled.get(part.getAttribute("aria-label")) ?? 0;
    const again = way?.reduce((node, child) => node?.children[child], main);
    if (again?.tagName === active?.tagName) again?.focus({ preventScroll: true });
  };
}

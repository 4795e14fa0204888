// Tabs and cards in strips that scroll sideways: the one shown is on the screen.

/**
 * Scrolls the strip an element is in, no further than shows all of it. `scrollIntoView` would do so too, but the next
 * Tab would begin there, past all that comes before it.
 */
export function showSideways(element: Element): void {
  const strip = stripOf(element);
  if (!strip) return;
  const own = element.getBoundingClientRect();
  const room = strip.getBoundingClientRect();
  if (own.left < room.left) strip.scrollLeft -= room.left - own.left;
  else if (own.right > room.right) strip.scrollLeft += own.right - room.right;
}

function stripOf({ parentElement: parent }: Element): Element | undefined {
  if (!parent) return undefined;
  return /auto|scroll|hidden/.test(getComputedStyle(parent).overflowX) ? parent : stripOf(parent);
}

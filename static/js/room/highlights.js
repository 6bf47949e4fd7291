// Highlighted text: ranges of characters in an item's stem or text exhibit, drawn as <mark> and read from the selection.

const parts = (item) => ({ stem: item.querySelector(".stem"), exhibit: item.querySelector(".exhibit pre") });

/** Draw the ranges [part, start, end] of one item anew. */
export function draw(item, ranges) {
  for (const [name, element] of Object.entries(parts(item))) {
    if (!element) continue;
    for (const mark of element.querySelectorAll("mark")) mark.replaceWith(...mark.childNodes);
    element.normalize();
    for (const [part, start, end] of ranges) if (part === name) wrap(element, start, end);
  }
}

/** The selected characters inside one item, as ranges; empty when nothing there is selected. */
export function selected(item) {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return [];
  const range = selection.getRangeAt(0);
  const found = [];
  for (const [name, element] of Object.entries(parts(item))) {
    if (!element || !range.intersectsNode(element)) continue;
    const inside = document.createRange();
    inside.selectNodeContents(element);
    if (range.compareBoundaryPoints(Range.START_TO_START, inside) > 0) inside.setStart(range.startContainer, range.startOffset);
    if (range.compareBoundaryPoints(Range.END_TO_END, inside) < 0) inside.setEnd(range.endContainer, range.endOffset);
    const before = document.createRange();
    before.selectNodeContents(element);
    before.setEnd(inside.startContainer, inside.startOffset);
    const start = before.toString().length;
    const end = start + inside.toString().length;
    if (end > start) found.push([name, start, end]);
  }
  return found;
}

/** The ranges with one more; those that overlap or touch become one. */
export function add(ranges, [part, start, end]) {
  const apart = ranges.filter(([name, from, to]) => name !== part || to < start || from > end);
  const joined = ranges.filter((range) => !apart.includes(range));
  const first = Math.min(start, ...joined.map(([, from]) => from));
  const last = Math.max(end, ...joined.map(([, , to]) => to));
  return sorted([...apart, [part, first, last]]);
}

/** The ranges without the characters of one. */
export function erase(ranges, [part, start, end]) {
  return sorted(ranges.flatMap(([name, from, to]) => {
    if (name !== part || to <= start || from >= end) return [[name, from, to]];
    return [[name, from, start], [name, end, to]].filter(([, left, right]) => left < right);
  }));
}

function sorted(ranges) {
  const order = ["stem", "exhibit"];
  return ranges.sort((one, other) => order.indexOf(one[0]) - order.indexOf(other[0]) || one[1] - other[1]);
}

function wrap(element, start, end) {
  let place = 0;
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    const from = Math.max(start - place, 0);
    const to = Math.min(end - place, text.length);
    place += text.length;
    if (from >= to) continue;
    const inside = from ? text.splitText(from) : text;
    if (to - from < inside.length) inside.splitText(to - from);
    const mark = document.createElement("mark");
    inside.replaceWith(mark);
    mark.append(inside);
  }
}

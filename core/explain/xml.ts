/** An element of a small XML text. */
export interface XmlNode {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlNode[];
  text: string;
}

/** Deepest nesting; an event has five levels. */
const MAX_DEPTH = 64;
/** Most elements of one document part; 1,000 events of 100 fields. */
const MAX_NODES = 2_000_000;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,4});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES.get(name.toLowerCase()) ?? whole;
    const point = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff) ? String.fromCodePoint(point) : '\uFFFD';
  });
}

/**
 * The `<Event>` elements of an XML text, one by one, however they are wrapped. A tolerant reader for exports of `wevtutil` and the Event
 * Viewer: no DTD, no external entities; comments and processing instructions are passed over; a broken event is left out and reported.
 */
export function* xmlEvents(text: string): Generator<{ readonly node?: XmlNode; readonly offset: number }> {
  const open = /<Event[\s>]/g;
  for (let match = open.exec(text); match; match = open.exec(text)) {
    const end = text.indexOf('</Event>', match.index);
    if (end < 0) {
      yield { offset: match.index };
      return;
    }
    const node = parseElement(text.slice(match.index, end + '</Event>'.length));
    yield node ? { node, offset: match.index } : { offset: match.index };
    open.lastIndex = end + 1;
  }
}

function parseElement(text: string): XmlNode | undefined {
  const stack: XmlNode[] = [];
  let root: XmlNode | undefined;
  let nodes = 0;
  for (let at = 0; at < text.length; ) {
    const tag = text.indexOf('<', at);
    const top = stack.at(-1);
    if (top) top.text += decode(text.slice(at, tag < 0 ? text.length : tag));
    if (tag < 0) break;
    if (text.startsWith('<!--', tag) || text.startsWith('<?', tag) || text.startsWith('<![CDATA[', tag)) {
      const [begin, close] = text.startsWith('<!--', tag) ? [4, '-->'] : text.startsWith('<?', tag) ? [2, '?>'] : [9, ']]>'];
      const end = text.indexOf(close, tag);
      if (end < 0) return undefined;
      if (close === ']]>' && top) top.text += text.slice(tag + begin, end);
      at = end + close.length;
      continue;
    }
    const end = text.indexOf('>', tag);
    if (end < 0) return undefined;
    const inner = text.slice(tag + 1, end);
    at = end + 1;
    if (inner.startsWith('/')) {
      const closed = stack.pop();
      if (!closed || localName(inner.slice(1).trim()) !== closed.name) return undefined;
      if (stack.length === 0) return root;
      continue;
    }
    const node = openTag(inner);
    if (!node || ++nodes > MAX_NODES || stack.length >= MAX_DEPTH) return undefined;
    if (top) top.children.push(node);
    else root = node;
    if (!inner.endsWith('/')) stack.push(node);
    else if (!top) return root;
  }
  return undefined;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function openTag(inner: string): XmlNode | undefined {
  const name = /^[^\s/>]+/.exec(inner)?.[0];
  if (!name || name.startsWith('!')) return undefined;
  const attributes = new Map<string, string>();
  for (const match of inner.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    attributes.set(localName(match[1]!), decode(match[2] ?? match[3] ?? ''));
  return { name: localName(name), attributes, children: [], text: '' };
}

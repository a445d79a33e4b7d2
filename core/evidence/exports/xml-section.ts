import { addGpresult } from './gpresult.ts';
import type { Lines } from './lines.ts';
import type { Sink } from './sink.ts';
import { addListeners, addWinrm, asksForListeners, type WinrmNode } from './winrm.ts';
import { readXmlTree, type XmlPart } from './xml-tree.ts';

const DECLARATION = /^\s*<\?xml\s[^>]{0,200}\?>\s*/;
const ROOT = /^\s*<((?:[\w-]{1,32}:)?(?:Config|Service|Client|Winrs|Auth|Listener|Results|Rsop))[\s>]/;
const WSMAN = /schemas\.(?:microsoft|dmtf|xmlsoap)\.(?:com|org)\/wbem\/wsman\//;
const RSOP = 'http://www.microsoft.com/GroupPolicy/Rsop';

/** Roots of which no end is left behind some offset: looking again and again would take time that grows with the square of the text. */
export type MissingEnds = Set<string>;

/** Characters behind the beginning of a root in which its namespaces stand. */
const HEAD = 4000;

/** The root of a document, and where it begins. */
export interface XmlRoot {
  readonly name: string;
  readonly at: number;
  readonly line: number;
}

/** Does an XML document of a known tool begin at this line (behind its declaration)? Namespaces decide. */
export function xmlRootAt(lines: Lines, text: string): XmlRoot | undefined {
  const first = lines.peek() ?? '';
  if (!first.trimStart().startsWith('<')) return undefined;
  const head = text.slice(lines.offset, lines.offset + HEAD);
  const declaration = DECLARATION.exec(head)?.[0] ?? '';
  const m = ROOT.exec(head.slice(declaration.length));
  if (m === null || !(WSMAN.test(head) || head.includes(RSOP))) return undefined;
  return {
    name: m[1] as string,
    at: lines.offset + declaration.length + m[0].indexOf('<'),
    line: lines.number + declaration.split('\n').length - 1,
  };
}

/** Reads a document of `winrm … -format:xml` or `gpresult /x`; goes on behind it. */
export function readXmlSection(lines: Lines, sink: Sink, text: string, { name, at, line }: XmlRoot, missing: MissingEnds): void {
  const end = missing.has(name) ? -1 : text.indexOf(`</${name}>`, at);
  if (end < 0) {
    missing.add(name);
    sink.section(name.endsWith('Rsop') ? 'gpresult' : 'winrm-config');
    sink.problem('EXPORT_XML_BROKEN', 'partial', line);
    lines.skipTo(at + 1);
    return;
  }
  const stop = end + name.length + 3;
  const document = text.slice(at, stop);
  const tree = readXmlTree(document);
  if (typeof tree === 'string') {
    sink.section(name.endsWith('Rsop') ? 'gpresult' : 'winrm-config');
    sink.problem(tree === 'broken' ? 'EXPORT_XML_BROKEN' : 'EXPORT_XML_TOO_LARGE', 'partial', line);
  } else addTree(tree, sink, new LineFinder(document, line));
  lines.skipTo(stop);
}

/** Line numbers of offsets that come mostly in rising order. */
export class LineFinder {
  readonly #text: string;
  #at = 0;
  #line: number;
  readonly #first: number;

  constructor(text: string, first: number) {
    this.#text = text;
    this.#first = first;
    this.#line = first;
  }

  of(offset: number): number {
    if (offset < this.#at) {
      this.#at = 0;
      this.#line = this.#first;
    }
    for (let feed = this.#text.indexOf('\n', this.#at); feed >= 0 && feed < offset; feed = this.#text.indexOf('\n', this.#at)) {
      this.#at = feed + 1;
      this.#line++;
    }
    return this.#line;
  }
}

function addTree(tree: XmlPart, sink: Sink, find: LineFinder): void {
  const spaces = Object.entries(tree.attributes).flatMap(([name, value]) => (name === 'xmlns' || name.startsWith('xmlns:') ? [value] : []));
  if (tree.name === 'Rsop' && spaces.includes(RSOP)) addGpresult(tree, sink, find);
  else if (spaces.some((space) => WSMAN.test(space))) {
    const line = find.of(tree.start);
    if (tree.name === 'Results' || tree.name === 'Listener') {
      const listeners = tree.name === 'Listener' ? [tree] : tree.parts.filter(({ name }) => name === 'Listener');
      if (tree.name === 'Results' && listeners.length < tree.parts.length) sink.problem('EXPORT_PART_UNKNOWN', 'note', line);
      // Without the command `Results` may be the answer to anything; with listeners in it, it is that to a question for all of them.
      const all = asksForListeners(sink) || (tree.name === 'Results' && listeners.length > 0 && listeners.length === tree.parts.length);
      addListeners(
        listeners.map((part) => nodeOf(part, find)),
        sink,
        line,
        all ? 'yes' : 'no',
      );
    } else addWinrm(nodeOf(tree, find), sink);
  } else sink.problem('EXPORT_PART_UNKNOWN', 'note', find.of(tree.start));
}

function nodeOf(part: XmlPart, find: LineFinder): WinrmNode {
  const isPart = part.parts.length > 0;
  return {
    name: part.name,
    ...(isPart ? {} : { value: part.text }),
    source: part.attributes['Source'],
    line: find.of(part.start),
    children: part.parts.map((child) => nodeOf(child, find)),
    closed: true,
  };
}

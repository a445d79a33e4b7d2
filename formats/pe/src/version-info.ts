import { decodeUtf16, viewOf } from '@winmedic/bytes';
import { MAX_TEXT_CHARS } from './limits.ts';
import type { Report } from './reader.ts';
import type { VersionResource } from './resources.ts';
import type { VersionInfo } from './types.ts';

/*
 * A version resource is a tree of blocks of one shape (length, length of the value, type, key, value, children), each at a multiple of
 * four bytes. Source: learn.microsoft.com, windows/win32/menurc/vs-versioninfo, stringfileinfo, stringtable, string-str;
 * windows/win32/api/verrsrc/ns-verrsrc-vs_fixedfileinfo.
 */

const BLOCK_HEADER_BYTES = 6;
const FIXED_BYTES = 52;
const FIXED_SIGNATURE = 0xfeef04bd;
/** Primary language English, the low ten bits of a language id ([MS-LCID] 2.1). */
const ENGLISH = 9;
const US_ENGLISH = 0x409;

interface Block {
  readonly key: string;
  /** Where the value begins, and where the block ends, in the resource. */
  readonly value: number;
  readonly valueLength: number;
  readonly end: number;
}

/** Texts of one language, by key in lower case (Windows looks keys up without regard to case). */
interface Table {
  readonly language: number;
  readonly texts: ReadonlyMap<string, string>;
}

/** What the version resources of an image say; `undefined` when none of them is one. */
export function versionInfo(resources: readonly VersionResource[], report: Report): VersionInfo | undefined {
  const read = resources.toSorted((a, b) => rank(a.language) - rank(b.language)).flatMap((one) => readResource(one, report) ?? []);
  if (read.length === 0) return undefined;
  const tables = read.flatMap((one) => one.tables).sort((a, b) => rank(a.language) - rank(b.language));
  const fixed = read.find((one) => one.fixed !== undefined)?.fixed;
  const text = (key: string): string | undefined => tables.map(({ texts }) => texts.get(key)).find((one) => one !== undefined);
  const [company, description] = [text('companyname'), text('filedescription')];
  const [product, originalFilename] = [text('productname'), text('originalfilename')];
  return {
    fileVersion: fixed?.file,
    productVersion: fixed?.product,
    ...(company !== undefined && { company }),
    ...(description !== undefined && { description }),
    ...(product !== undefined && { product }),
    ...(originalFilename !== undefined && { originalFilename }),
  };
}

/** English of the United States, any English, anything else in the order of the file. */
function rank(language: number): number {
  if (language === US_ENGLISH) return 0;
  return (language & 0x3ff) === ENGLISH ? 1 : 2;
}

interface ReadResource {
  readonly fixed: { readonly file: string; readonly product: string } | undefined;
  readonly tables: readonly Table[];
}

function readResource(resource: VersionResource, report: Report): ReadResource | undefined {
  const { bytes, offset } = resource;
  const root = blockAt(bytes, 0, bytes.length);
  if (root?.key !== 'VS_VERSION_INFO') {
    report('PE_VERSION_INFO', offset, 'VS_VERSIONINFO');
    return undefined;
  }
  const tables: Table[] = [];
  const blocks = (from: number, to: number): Block[] => childrenOf(bytes, from, to, offset, report);
  for (const part of blocks(align(root.value + root.valueLength), root.end)) {
    if (part.key !== 'StringFileInfo') continue;
    for (const table of blocks(part.value, part.end)) {
      const texts = new Map<string, string>();
      for (const text of blocks(table.value, table.end)) {
        const key = text.key.toLowerCase();
        const said = textOf(bytes, text);
        if (said !== '' && !texts.has(key)) texts.set(key, said);
      }
      // The key is the language and the code page, four hexadecimal digits each.
      const language = /^[0-9a-f]{8}$/i.test(table.key) ? Number.parseInt(table.key.slice(0, 4), 16) : resource.language;
      tables.push({ language, texts });
    }
  }
  return { fixed: fixedOf(resource, root, report), tables };
}

function fixedOf({ bytes, offset }: VersionResource, root: Block, report: Report): ReadResource['fixed'] {
  if (root.valueLength === 0) return undefined;
  const view = viewOf(bytes);
  if (root.valueLength < FIXED_BYTES || root.value + FIXED_BYTES > root.end || view.getUint32(root.value, true) !== FIXED_SIGNATURE) {
    report('PE_VERSION_INFO', offset + root.value, 'VS_FIXEDFILEINFO', FIXED_BYTES, root.valueLength);
    return undefined;
  }
  // The high word of each number stands first.
  const version = (at: number): string => [2, 0, 6, 4].map((word) => view.getUint16(root.value + at + word, true)).join('.');
  return { file: version(8), product: version(16) };
}

/** Blocks between two places. A block that cannot be ends the list. */
function childrenOf(bytes: Uint8Array, from: number, to: number, origin: number, report: Report): Block[] {
  const blocks: Block[] = [];
  let at = from;
  while (at + BLOCK_HEADER_BYTES <= to) {
    const block = blockAt(bytes, at, to);
    if (block === undefined) {
      // Zeros fill the rest of some resources.
      if (bytes.subarray(at, to).some((byte) => byte !== 0))
        report('PE_VERSION_INFO', origin + at, 'block of a version', undefined, to - at);
      break;
    }
    blocks.push(block);
    at = align(block.end);
  }
  return blocks;
}

function blockAt(bytes: Uint8Array, at: number, limit: number): Block | undefined {
  if (at + BLOCK_HEADER_BYTES > limit) return undefined;
  const view = viewOf(bytes);
  const length = view.getUint16(at, true);
  const end = at + length;
  if (length < BLOCK_HEADER_BYTES || end > limit) return undefined;
  let close = at + BLOCK_HEADER_BYTES;
  while (close + 2 <= end && view.getUint16(close, true) !== 0) close += 2;
  if (close + 2 > end) return undefined;
  const key = decodeUtf16(bytes, at + BLOCK_HEADER_BYTES, Math.min((close - at - BLOCK_HEADER_BYTES) >> 1, MAX_TEXT_CHARS));
  return { key, value: Math.min(align(close + 2), end), valueLength: view.getUint16(at + 2, true), end };
}

/** A text up to its first NUL. Its stored length is in characters, but some compilers write bytes: the end of the block is what counts. */
function textOf(bytes: Uint8Array, block: Block): string {
  const chars = Math.min((block.end - block.value) >> 1, MAX_TEXT_CHARS);
  const text = decodeUtf16(bytes, block.value, chars);
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).trim();
}

function align(at: number): number {
  return (at + 3) & ~3;
}

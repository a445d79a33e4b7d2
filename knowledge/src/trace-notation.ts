/**
 * The notation in which tables of trace events are kept: one event a line, so that a change of Windows is one changed line.
 *
 * ```
 * <id>[.<version>] <builds> [<name>] [@<keyword>,…] : <field>, <field> …
 * 771 * SoapSentByClient @SoapTrace,Client : index u32, totalChunks u32, bytes u32, SoapDocument W
 * 5858 10240 OperationFailed : Id W, ClientMachine W …
 * ```
 *
 * `<builds>`: `*` for all builds of the table, else a comma list. A field is its name and type; `bin[Size]` has the length that field says (`W[16]`: a fixed one),
 * `u32*Count` so many elements, `W=win32` is shown as `win32`; `{name type; name type}*Count` is a struct with its members, `struct*Count` one whose members are
 * not known.
 */
import type { TraceField, TraceFieldType, TraceTemplate } from './trace-model.ts';

/** Short forms of the types. */
const SHORT: Readonly<Record<Exclude<TraceFieldType, 'Struct'>, string>> = {
  UnicodeString: 'W',
  AnsiString: 'A',
  Int8: 'i8',
  UInt8: 'u8',
  Int16: 'i16',
  UInt16: 'u16',
  Int32: 'i32',
  UInt32: 'u32',
  Int64: 'i64',
  UInt64: 'u64',
  Float: 'f32',
  Double: 'f64',
  Boolean: 'bool',
  Binary: 'bin',
  GUID: 'guid',
  Pointer: 'ptr',
  SizeT: 'size',
  FILETIME: 'filetime',
  SYSTEMTIME: 'systemtime',
  SID: 'sid',
  HexInt32: 'x32',
  HexInt64: 'x64',
};
const LONG = new Map(Object.entries(SHORT).map(([type, short]) => [short, type as TraceFieldType]));

/** An error in a line of the notation, with what was expected. */
export class TraceNotationError extends Error {
  constructor(line: string, expected: string) {
    super(`${expected}: ${line.slice(0, 120)}`);
    this.name = 'TraceNotationError';
  }
}

const number = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

function typeText(field: TraceField): string {
  const count = field.count === undefined ? '' : `*${field.count}`;
  if (field.type === 'Struct')
    return field.fields ? `{${field.fields.map((inner) => `${inner.name} ${typeText(inner)}`).join('; ')}}${count}` : `struct${count}`;
  const length = field.length === undefined ? '' : `[${field.length}]`;
  return `${SHORT[field.type]}${length}${count}${field.out === undefined ? '' : `=${field.out}`}`;
}

/** The line of a template; `all` are the builds of the table. */
export function formatTemplate(template: TraceTemplate, all: readonly number[]): string {
  const head = [
    template.version === 0 ? `${template.id}` : `${template.id}.${template.version}`,
    template.builds.length === all.length ? '*' : template.builds.join(','),
    ...(template.name === undefined ? [] : [template.name]),
    ...(template.keywords === undefined ? [] : [`@${template.keywords.join(',')}`]),
  ];
  const fields = template.fields.map((field) => `${field.name} ${typeText(field)}`).join(', ');
  return fields === '' ? head.join(' ') : `${head.join(' ')} : ${fields}`;
}

function parseField(text: string, line: string): TraceField {
  const structure = /^(\w+) (?:struct|\{([^{}]*)\})(?:\*(\w+))?$/.exec(text);
  if (structure) {
    const [, name = '', inner, count] = structure;
    return {
      name,
      type: 'Struct',
      ...(count === undefined ? {} : { count: number(count) }),
      ...(inner === undefined ? {} : { fields: inner.split('; ').map((member) => parseField(member, line)) }),
    };
  }
  const plain = /^(\w+) (\w+)(?:\[(\w+)\])?(?:\*(\w+))?(?:=([\w-]+))?$/.exec(text);
  if (!plain) throw new TraceNotationError(line, `field "${text}" cannot be read`);
  const [, name = '', short = '', length, count, out] = plain;
  const type = LONG.get(short);
  if (type === undefined) throw new TraceNotationError(line, `type "${short}" is unknown`);
  return {
    name,
    type,
    ...(length === undefined ? {} : { length: number(length) }),
    ...(count === undefined ? {} : { count: number(count) }),
    ...(out === undefined ? {} : { out }),
  };
}

/**
 * Reads one line.
 * @throws TraceNotationError when it is none.
 */
export function parseTemplate(line: string, all: readonly number[]): TraceTemplate {
  const colon = line.indexOf(' : ');
  const head = /^(\d+)(?:\.(\d+))? (\*|[\d,]+)(?: ([A-Za-z]\w*))?(?: @([\w,]+))?$/.exec(colon < 0 ? line : line.slice(0, colon));
  if (!head) throw new TraceNotationError(line, 'event cannot be read');
  const [, id = '', version, builds = '', name, keywords] = head;
  const fields =
    colon < 0
      ? []
      : line
          .slice(colon + 3)
          .split(', ')
          .map((text) => parseField(text, line));
  const names = new Set<string>();
  for (const field of fields) {
    for (const reference of [field.length, field.count])
      if (typeof reference === 'string' && !names.has(reference)) throw new TraceNotationError(line, `"${reference}" is no earlier field`);
    names.add(field.name);
  }
  return {
    id: Number(id),
    version: Number(version ?? 0),
    ...(name === undefined ? {} : { name }),
    builds: builds === '*' ? all : builds.split(',').map(Number),
    ...(keywords === undefined ? {} : { keywords: keywords.split(',') }),
    fields,
  };
}

/** Reads all lines of a table. @throws TraceNotationError at the first that is none, or is there twice for a build. */
export function parseTemplates(events: string, all: readonly number[]): TraceTemplate[] {
  const seen = new Set<string>();
  return events
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const template = parseTemplate(line, all);
      for (const build of template.builds) {
        const key = `${template.id}.${template.version}/${build}`;
        if (seen.has(key) || !all.includes(build)) throw new TraceNotationError(line, `build ${build} twice or not of the table`);
        seen.add(key);
      }
      return template;
    });
}

/**
 * Writes `knowledge/traces/<provider>.txt`: the fields of trace events of the providers that matter here, one event a line (notation: knowledge/src/trace-notation.ts),
 * restated from descriptions of the manifests of several builds of Windows (ids, versions, names and types of fields; no messages). The descriptions are not part of
 * the project: they lie in `../shared/corpus/etw`, see SOURCES.md there. `--check` writes nothing and exits with 1 when a table is out of date.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { TraceField, TraceFieldType, TraceTemplate } from '../knowledge/src/trace-model.ts';
import { formatTemplate, parseTemplates } from '../knowledge/src/trace-notation.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const CORPUS = `${process.env.WINMEDIC_CORPUS ?? `${root}../shared/corpus`}/etw/`;
/** The descriptions are at hand. */
export const haveSources = existsSync(CORPUS);

/** Folder of each build; the last is a list without lengths and counts. */
const MANIFESTS = [
  [7600, 'repnz-Win7-7600'],
  [10240, 'repnz-Win10-10240'],
  [17134, 'repnz-Win10-17134'],
  [18990, 'repnz-Win10-18990'],
] as const;
/** Windows 11 26H1. */
const LIST = [28000, 'jdu2600-26H1'] as const;

/** Providers with the GUID of those whose manifests are not among the sources. */
const PROVIDERS: Readonly<Record<string, string | undefined>> = {
  'Microsoft-Windows-WinRM': undefined,
  'Microsoft-Windows-WMI-Activity': undefined,
  'Microsoft-Windows-WMI': undefined,
  'Microsoft-Windows-NTLM': undefined,
  'Microsoft-Windows-Security-Kerberos': undefined,
  'Microsoft-Windows-HttpService': undefined,
  'Microsoft-Windows-WinHttp': undefined,
  'Microsoft-Windows-RemoteDesktopServices-RdpCoreTS': undefined,
  'Microsoft-Windows-TerminalServices-LocalSessionManager': undefined,
  'Microsoft-Windows-TerminalServices-RemoteConnectionManager': undefined,
  'Microsoft-Windows-Schannel-Events': undefined,
  Schannel: undefined,
  LsaSrv: undefined,
  'Microsoft-Windows-DistributedCOM': undefined,
  'Microsoft-Windows-COMRuntime': undefined,
  'Microsoft-Windows-RPC': undefined,
  'Microsoft-Windows-Kernel-Power': undefined,
  'Microsoft-Windows-Winlogon': undefined,
  'Microsoft-Windows-TCPIP': undefined,
  'Microsoft-Windows-NDIS-PacketCapture': undefined,
  'Microsoft-Windows-CAPI2': undefined,
  // GUID: microsoft/NetMon_Parsers_for_PacketMon.
  'Microsoft-Windows-PktMon': '4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac',
  // GUID: list of providers of repnz.
  User32: 'b0aa8734-56f7-41cc-b2f4-de228e98b946',
};

/** Providers whose keywords tell what the record alone does not say in words: the side of a connection. */
const KEYWORDS_KEPT = new Set(['Microsoft-Windows-WinRM']);

/**
 * Lengths of PktMon, which is in the list alone: the payload as in Microsoft's parsers for it, the addresses by what they are (MAC; the ones that are not numbers are
 * of IPv6).
 */
const PKTMON_LENGTHS: Readonly<Record<string, number | string>> = {
  Payload: 'LoggedPayloadSize',
  Value: 'Size',
  MacAddress1: 6,
  MacAddress2: 6,
  SourceMAC: 6,
  DestinationMAC: 6,
  IpAddress: 16,
  IpAddress1: 16,
  IpAddress2: 16,
  SourceIP: 16,
  DestinationIP: 16,
};

/** Binary fields that hold a SOCKADDR. HttpService: seen in traces of Windows 7 (28 bytes, family 23). */
const SOCKET_ADDRESSES: Readonly<Record<string, ReadonlySet<string>>> = {
  'Microsoft-Windows-HttpService': new Set(['LocalAddr', 'RemoteAddr']),
};

/**
 * Numbers of the types in TDH_INTYPE (tdh.h). The sources were made with TdhGetEventInformation, which has for a struct the index of its first member where the type
 * stands, and the members come behind the fields of the event: an array "of type" N in an event of N fields is a struct.
 */
const TYPE_NUMBERS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'UnicodeString AnsiString Int8 UInt8 Int16 UInt16 Int32 UInt32 Int64 UInt64 Float Double Boolean Binary GUID Pointer FILETIME SYSTEMTIME SID ' +
    'HexInt32 HexInt64'
  )
    .split(' ')
    .map((type, index) => [type, index + 1]),
);

interface SeenEvent {
  readonly id: number;
  readonly version: number;
  readonly name?: string;
  readonly keywords: readonly string[];
  readonly fields: readonly TraceField[];
}

const attribute = (text: string, name: string): string | undefined => new RegExp(` ${name}="([^"]*)"`).exec(text)?.[1];
const word = (text: string): string => text.replaceAll(/[^\w]/g, '_');

function fieldType(type: string): TraceFieldType {
  if (TYPE_NUMBERS[type] === undefined) throw new Error(`unknown type ${type}`);
  return type as TraceFieldType;
}

/** The name a manifest gives, unless it is one made up for an event without: `task_0…`, `opcode_64…`. The number behind it is that of the event. */
function eventName(symbol: string, id: number): string | undefined {
  const plain = symbol.replace(/_V\d+$/, '');
  const name = word(plain.endsWith(String(id)) ? plain.slice(0, -String(id).length) : plain);
  return /^task_|pcode_|^\d|^_*$/.test(name) || name.length > 48 ? undefined : name;
}

/** Members and lengths may only name what stands before them. */
function withStructs(fields: readonly TraceField[]): TraceField[] {
  return fields.map((field) => {
    if (field.count === undefined || TYPE_NUMBERS[field.type] !== fields.length) return field;
    return { name: field.name, type: 'Struct', count: field.count };
  });
}

/** Names twice in an event get their place behind them, so that none is lost. */
function distinct(fields: readonly TraceField[]): TraceField[] {
  const seen = new Set<string>();
  return fields.map((field, index) => {
    const name = seen.has(field.name) ? `${field.name}_${index + 1}` : field.name;
    seen.add(name);
    return { ...field, name };
  });
}

function manifestEvents(text: string): SeenEvent[] {
  const templates = new Map<string, TraceField[]>();
  for (const [, id = '', body = ''] of text.matchAll(/<template tid="([^"]*)">(.*?)<\/template>/gs)) {
    const fields = [...body.matchAll(/<data ([^>]*)\/>/g)].map(([, data = '']): TraceField => {
      const all = ` ${data}`;
      const length = attribute(all, 'length');
      const count = attribute(all, 'count');
      return {
        name: word(attribute(all, 'name') ?? ''),
        type: fieldType((attribute(all, 'inType') ?? '').replace('win:', '')),
        ...(length === undefined ? {} : { length: word(length) }),
        ...(count === undefined ? {} : { count: word(count) }),
      };
    });
    templates.set(id, withStructs(distinct(fields)));
  }
  return [...text.matchAll(/<event (value=[^>]*)\/>/g)].map(([, event = '']) => {
    const all = ` ${event}`;
    const id = Number(attribute(all, 'value'));
    const name = eventName(attribute(all, 'symbol') ?? '', id);
    const template = attribute(all, 'template');
    const fields = template === undefined ? [] : templates.get(template);
    if (!fields) throw new Error(`template ${template} is missing`);
    return {
      id,
      version: Number(attribute(all, 'version')),
      ...(name === undefined ? {} : { name }),
      keywords: keywordNames(attribute(all, 'keywords') ?? ''),
      fields,
    };
  });
}

function keywordNames(text: string): string[] {
  return text
    .split(' ')
    .filter((name) => name.startsWith('Keyword.'))
    .map((name) => name.slice('Keyword.'.length));
}

function listEvents(text: string): SeenEvent[] {
  const seen: SeenEvent[] = [];
  for (const line of text.split('\n').slice(1)) {
    const [, id = '', version = '', event = '', , keywords = ''] = line.split('\t');
    const parts = /^(.*?)\((.*)\)$/.exec(event);
    if (!parts) continue;
    const [, symbol = '', list = ''] = parts;
    const name = eventName(symbol, Number(id));
    const fields =
      list === ''
        ? []
        : list.split(', ').map((field): TraceField => {
            const space = field.indexOf(' ');
            return { name: word(field.slice(space + 1)), type: fieldType(field.slice(0, space)) };
          });
    seen.push({
      id: Number(id),
      version: Number(version),
      ...(name === undefined ? {} : { name }),
      keywords: keywordNames(keywords),
      fields: distinct(fields),
    });
  }
  return seen;
}

const bare = (field: TraceField): string => `${field.name} ${field.type}`;

/** What the list leaves out, from the same event of an older build, else from a field of the same name of the provider whose length stands in this event as well. */
function completed(provider: string, event: SeenEvent, known: readonly SeenEvent[]): readonly TraceField[] {
  const same = known.filter((other) => other.id === event.id && other.version === event.version);
  // A struct is listed by the number of its first member, so it is compared by name alone.
  const match = same.findLast(
    (other) =>
      other.fields.length === event.fields.length &&
      other.fields.every((field, index) => {
        const here = event.fields[index];
        return here !== undefined && (field.type === 'Struct' ? field.name === here.name : bare(field) === bare(here));
      }),
  );
  if (match) return match.fields;
  const names = new Set<string>();
  return event.fields.map((field, index): TraceField => {
    const models = [...same, ...known].flatMap((other) => other.fields.filter((one) => one.name === field.name));
    const length = models.find((one) => one.type === field.type && typeof one.length === 'string' && names.has(one.length))?.length;
    const structure = models.find((one) => one.type === 'Struct' && typeof one.count === 'string' && names.has(one.count));
    const count = models.find((one) => one.type === field.type && typeof one.count === 'string' && names.has(one.count))?.count;
    const guess = field.type === 'Binary' ? guessedLength(provider, field.name, names) : undefined;
    const before = event.fields[index - 1]?.name ?? '';
    const listedStruct = before.endsWith('Count') && TYPE_NUMBERS[field.type] === event.fields.length;
    names.add(field.name);
    if (structure) return structure;
    if (listedStruct) return { name: field.name, type: 'Struct', count: before };
    return {
      ...field,
      ...((length ?? guess) ? { length: length ?? guess ?? '' } : {}),
      ...(count === undefined ? {} : { count }),
    };
  });
}

/** Length of a binary field in the list: by what the provider is known for, else an earlier field called after it. */
function guessedLength(provider: string, name: string, earlier: ReadonlySet<string>): number | string | undefined {
  if (provider === 'Microsoft-Windows-PktMon') return PKTMON_LENGTHS[name];
  return [`${name}Length`, `${name}Size`, `${name.replace(/Data$/, '')}Length`].find((one) => earlier.has(one));
}

interface Table {
  readonly guid: string;
  readonly builds: readonly number[];
  readonly templates: readonly TraceTemplate[];
  /** Events told twice with different fields in one build: left out, nobody can say which it is. */
  readonly ambiguous: readonly string[];
}

function table(provider: string, given: string | undefined, names: Readonly<Record<string, string>>): Table {
  let guid = given ?? '';
  const byBuild: [number, readonly SeenEvent[]][] = [];
  for (const [build, folder] of MANIFESTS) {
    const path = `${CORPUS}${folder}/${provider}.xml`;
    if (!existsSync(path)) continue;
    const text = readFileSync(path, 'utf8');
    guid = /guid="\{([^}]*)\}"/.exec(text)?.[1]?.toLowerCase() ?? guid;
    byBuild.push([build, manifestEvents(text)]);
  }
  const [build, folder] = LIST;
  const list = `${CORPUS}${folder}/${provider}.tsv`;
  if (existsSync(list)) {
    const known = byBuild.flatMap(([, events]) => events);
    byBuild.push([build, listEvents(readFileSync(list, 'utf8')).map((event) => ({ ...event, fields: completed(provider, event, known) }))]);
  }
  if (guid === '') throw new Error(`${provider}: no GUID`);
  const builds = byBuild.map(([one]) => one);
  const variants = new Map<string, { event: SeenEvent; builds: number[] }>();
  const ambiguous = new Set<string>();
  for (const [one, events] of byBuild) {
    const shapes = new Map<string, string>();
    for (const event of events) {
      const id = `${event.id}.${event.version}`;
      const shape = formatTemplate({ id: event.id, version: event.version, builds, fields: event.fields }, builds);
      const before = shapes.get(id);
      if (before !== undefined && before !== shape) ambiguous.add(`${id}/${one}`);
      if (before !== undefined) continue;
      shapes.set(id, shape);
      const key = `${shape} ${KEYWORDS_KEPT.has(provider) ? event.keywords.join() : ''}`;
      const variant = variants.get(key);
      // Names come from the newest build.
      if (variant) {
        variant.builds.push(one);
        variant.event = event;
      } else variants.set(key, { event, builds: [one] });
    }
  }
  const templates = [...variants.values()].flatMap(({ event, builds: seen }): TraceTemplate[] => {
    const sure = seen.filter((one) => !ambiguous.has(`${event.id}.${event.version}/${one}`));
    const name = names[`${event.id}@${sure[0]}`] ?? names[event.id] ?? event.name;
    if (sure.length === 0) return [];
    return [
      {
        id: event.id,
        version: event.version,
        ...(name === undefined ? {} : { name }),
        builds: sure,
        ...(KEYWORDS_KEPT.has(provider) && event.keywords.length > 0 ? { keywords: event.keywords } : {}),
        fields: event.fields.map((field) =>
          field.type === 'Binary' && SOCKET_ADDRESSES[provider]?.has(field.name) ? { ...field, out: 'socket-address' } : field,
        ),
      },
    ];
  });
  templates.sort((a, b) => a.id - b.id || a.version - b.version || (a.builds[0] ?? 0) - (b.builds[0] ?? 0));
  return { guid, builds, templates, ambiguous: [...ambiguous] };
}

/** Text of the file of each provider. @throws Error when the descriptions are not there. */
export function traceTables(): Map<string, string> {
  if (!haveSources) throw new Error(`the descriptions of the manifests are not there: ${CORPUS} (set WINMEDIC_CORPUS)`);
  const names = parse(readFileSync(`${root}knowledge/traces/names.yaml`, 'utf8')) as Record<string, Record<string, string>>;
  return new Map(
    Object.entries(PROVIDERS).map(([provider, guid]) => {
      const found = table(provider, guid, names[provider] ?? {});
      const lines = found.templates.map((template) => formatTemplate(template, found.builds));
      parseTemplates(lines.join('\n'), found.builds);
      const left = found.ambiguous.length === 0 ? [] : [`# Left out, told twice with different fields: ${found.ambiguous.join(' ')}`];
      const head = [
        `# Fields of trace events by build of Windows. Written by scripts/trace-tables.ts; names of events also in names.yaml.`,
        ...left,
      ];
      return [
        provider,
        `${[...head, `provider ${provider} ${found.guid}`, `builds ${found.builds.join(' ')}`, '', ...lines].join('\n')}\n`,
      ];
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes('--check');
  for (const [provider, text] of traceTables()) {
    const path = `${root}knowledge/traces/${provider}.txt`;
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    if (check) {
      console.error(`out of date: knowledge/traces/${provider}.txt`);
      process.exitCode = 1;
    } else writeFileSync(path, text);
  }
}

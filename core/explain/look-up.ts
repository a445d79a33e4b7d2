/** Finds what a short input can mean: a code, an event id, a name. The order of the readings is the order of likelihood. */
import type { CodeEntry, EventKnowledge, Knowledge, SettingDefinition } from '@winmedic/knowledge';
import { lookUpCode } from './formats.ts';
import {
  causeReading,
  codeReading,
  damageReading,
  eventReading,
  factReading,
  findingReading,
  type Reading,
  reasonReadings,
  settingReading,
} from './readings.ts';

/** Tables a bare code is looked up in, most usual for these users first. */
const CODE_TABLES = [
  'logon-status',
  'wsman-errors',
  'hresult',
  'bugchecks',
  'logon-types',
  'rdp-disconnect-reasons',
  'failure-reasons',
  'power-actions',
  'well-known-sids',
  'kerberos-errors',
  'rpc-status',
] as const;
/** Tables of small numbers that mean something only with a word before them (`TLS alert 40`), or by their symbol. */
const WORDED_TABLES = ['tls-alerts', 'rdp-negotiation', 'rpc-bind-reasons', 'rpc-provider-reasons'] as const;
/** Tables whose numbers Windows writes in decimal only: `0xa` is no logon type. */
const DECIMAL_TABLES: ReadonlySet<string> = new Set(['logon-types', 'rdp-disconnect-reasons', 'power-actions']);
/** Tables whose codes are met in hex; their decimal numbers mean something only with a word before them. */
const HEX_TABLES: ReadonlySet<string> = new Set(['bugchecks', 'kerberos-errors', 'rpc-status']);
/** Length of the shortest status that is RPC's own: `0x1c010003`. */
const MIN_RPC_STATUS = 10;
/** Words that name the table in the input (`logon type 10`, `理由コード: 0x500ff`), with an optional colon or equals sign after them. */
const TABLE_WORDS: readonly (readonly [RegExp, string])[] = (
  [
    ['logon\\s?type|ログオン\\s?(?:タイプ|の種類)', 'logon-types'],
    ['bug\\s?check(?:\\s?code)?|stop\\s?code|stop|停止コード|バグ\\s?チェック(?:\\s?コード)?', 'bugchecks'],
    ['(?:shutdown\\s?)?reason(?:\\s?code)?|(?:シャットダウン\\s?)?理由コード', 'shutdown-reasons'],
    ['failure\\s?reason|失敗の(?:原因|理由)', 'failure-reasons'],
    ['ntstatus|(?:sub\\s?)?status|(?:サブ\\s?)?ステータス|(?:サブの)?状態', 'logon-status'],
    ['wsman(?:fault)?(?:\\s?code)?|winrm(?:\\s?code)?', 'wsman-errors'],
    ['disconnect(?:\\s?reason)?|切断理由', 'rdp-disconnect-reasons'],
    ['shutdownactiontype', 'power-actions'],
    ['krb[- ]?(?:error|err)?|kerberos(?:\\s?(?:error|エラー))?', 'kerberos-errors'],
    ['(?:tls|ssl|schannel)\\s?(?:alert|アラート)', 'tls-alerts'],
    ['rpc\\s?(?:fault(?:\\s?status)?|status)', 'rpc-status'],
    ['bind[-_ ]?nak(?:\\s?reason)?', 'rpc-bind-reasons'],
    ['provider[-_ ]?(?:rejection|reject|reason)', 'rpc-provider-reasons'],
    ['rdp\\s?(?:negotiation\\s?)?failure(?:\\s?code)?', 'rdp-negotiation'],
  ] as const
).map(([words, table]) => [new RegExp(`^(?:${words})(?:\\s{0,3}[:=]\\s{0,3}|\\s{1,3}|(?=[\\d%]))`, 'iu'), table]);
/** Usual short names of providers. */
const PROVIDER_ALIASES: ReadonlyMap<string, string> = new Map([
  ['lsm', 'localsessionmanager'],
  ['rcm', 'remoteconnectionmanager'],
]);
/** Providers whose event a bare number means first, in this order: those that tell about stops, then logons and sessions. */
const PROMINENT_PROVIDERS = [
  'user32',
  'microsoft-windows-kernel-power',
  'eventlog',
  'microsoft-windows-eventlog',
  'microsoft-windows-wer-systemerrorreporting',
  'bugcheck',
  'microsoft-windows-kernel-general',
  'microsoft-windows-kernel-boot',
  'microsoft-windows-security-auditing',
  'microsoft-windows-terminalservices-localsessionmanager',
  'microsoft-windows-terminalservices-remoteconnectionmanager',
  'microsoft-windows-remotedesktopservices-rdpcorets',
  'microsoft-windows-winlogon',
];

/** Every meaning of a short input, most likely first; empty when nothing is known. */
export function readingsOf(text: string, knowledge: Knowledge): Reading[] {
  const worded = wordedReadings(text, knowledge);
  if (worded.length > 0) return worded;
  const exact = [...numberAndEventReadings(text, knowledge), ...namedReadings(text, knowledge)];
  if (exact.length > 0) return exact;
  // `DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xd1)`, `0x0000007e (0xc0000005, …)`: the first part decides, the others are its twin or parameters.
  const parts = text.split(/[\s()[\],:=（）、：]+/u).filter((part) => /^0x[0-9a-f]+$/i.test(part) || /^[a-z0-9]+_\w+$/i.test(part));
  for (const part of parts) {
    const found = /^0x[0-9a-f]+\s{0,2}[(（]/iu.test(text)
      ? bugcheckReadings(part, knowledge)
      : [...numberAndEventReadings(part, knowledge), ...namedReadings(part, knowledge)];
    if (found.length > 0) return found;
  }
  // A code copied without its `0x`: c000006a, 500ff, d1.
  return /^(?=.*\d)(?=.*[a-f])[0-9a-f]{2,8}$/i.test(text) ? numberReadings(`0x${text}`, knowledge) : [];
}

/**
 * Readings of a stop code as screens, WER 1001 (`0x0000007e (0x…, …)`), event 41 (decimal) and people (`7e`, `CRITICAL PROCESS DIED`)
 * write it. Digits alone are hex first, since stop codes are spoken in hex, then decimal as in BugcheckCode of event 41.
 */
export function bugcheckReadings(text: string, knowledge: Knowledge): Reading[] {
  const first = /^(?:0x)?[0-9a-f]{1,8}(?=$|[\s,(（])/iu.exec(text)?.[0];
  const codes = first === undefined ? [] : /^0x/i.test(first) ? [first] : /^\d+$/.test(first) ? [`0x${first}`, first] : [`0x${first}`];
  const found = codes.flatMap((code) => lookUpCode(knowledge, 'bugchecks', code) ?? []);
  const name = /^[\w ]{3,}/.exec(text)?.[0].trim().replaceAll(' ', '_').toUpperCase();
  const named = found.length > 0 ? undefined : knowledge.codes['bugchecks']?.codes.find((entry) => entry.name === name);
  return [...new Set(named ? [named] : found)].map((entry) => codeReading(entry, 'bugchecks', knowledge));
}

function wordedReadings(text: string, knowledge: Knowledge): Reading[] {
  return TABLE_WORDS.flatMap(([pattern, table]) => {
    const word = pattern.exec(text)?.[0];
    const rest = word === undefined ? '' : text.slice(word.length).trim();
    if (word === undefined || rest === '') return [];
    if (table === 'shutdown-reasons') return reasonReadings(rest, knowledge);
    if (table === 'bugchecks') {
      const found = bugcheckReadings(rest, knowledge);
      // The field of event 41 is decimal.
      return /^bugcheckcode/i.test(word) && /^\d/.test(rest) && !/^0x/i.test(rest) ? found.reverse() : found;
    }
    const entry = lookUpCode(knowledge, table, rest) ?? namedEntry(knowledge, table, rest);
    return entry ? [codeReading(entry, table, knowledge)] : [];
  });
}

function numberAndEventReadings(text: string, knowledge: Knowledge): Reading[] {
  const numbers = /^-?(?:0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text) ? numberReadings(text, knowledge) : [];
  const match = /^(?:(?<provider>[\w .-]{1,80}?)[/ ]\s?)??(?:(?:event\s?(?:id)?|eid|イベント\s?(?:id)?)\s?[:=]?\s?)?(?<id>\d{1,5})$/iu.exec(
    text,
  );
  if (!match?.groups) return numbers;
  const id = Number(match.groups['id']);
  const provider = match.groups['provider']?.toLowerCase();
  const wanted = provider === undefined ? undefined : (PROVIDER_ALIASES.get(provider) ?? provider);
  const events = knowledge.events
    .filter(
      (entry) =>
        entry.id === id &&
        (wanted === undefined || entry.provider.toLowerCase().includes(wanted) || entry.channel.toLowerCase() === wanted),
    )
    .map((entry) => ({ entry, rank: prominence(entry) }))
    .sort((a, b) => a.rank - b.rank);
  const prominent = events.filter(({ rank }) => rank < PROMINENT_PROVIDERS.length);
  const other = events.filter(({ rank }) => rank === PROMINENT_PROVIDERS.length);
  return [...prominent.map(({ entry }) => eventReading(entry)), ...numbers, ...other.map(({ entry }) => eventReading(entry))];
}

function prominence(entry: EventKnowledge): number {
  const index = PROMINENT_PROVIDERS.indexOf(entry.provider.toLowerCase());
  return index < 0 ? PROMINENT_PROVIDERS.length : index;
}

/** Readings of a bare number: a shutdown reason a table knows, then the codes in the order of the tables. */
function numberReadings(text: string, knowledge: Knowledge): Reading[] {
  const hex = /^-?0x/i.test(text);
  const reasons = reasonReadings(text, knowledge);
  // Logs write reasons in hex; a short decimal is an event id, a logon type or an error.
  const known = reasons.filter((reading) => reading.known && (hex || text.length > 5));
  const found = CODE_TABLES.flatMap((table) => {
    if (hex ? DECIMAL_TABLES.has(table) : HEX_TABLES.has(table)) return [];
    // Small statuses of RPC are Win32 errors, which other tables tell.
    if (table === 'rpc-status' && text.length < MIN_RPC_STATUS) return [];
    const entry = lookUpCode(knowledge, table, table === 'failure-reasons' && !hex ? `%%${text}` : text);
    return entry ? [{ entry, table }] : [];
  });
  // BugcheckCode of event 41 is decimal: the last thing a decimal can mean.
  const decimalStop = hex ? undefined : lookUpCode(knowledge, 'bugchecks', text);
  if (decimalStop?.meaning) found.push({ entry: decimalStop, table: 'bugchecks' });
  const codes = found.map(({ entry, table }) => codeReading(entry, table, knowledge));
  if (known.length > 0 || codes.length > 0) return [...known, ...codes];
  return hex || text.length > 5 ? reasons : [];
}

function namedEntry(knowledge: Knowledge, table: string, text: string): CodeEntry | undefined {
  const name = text.toLowerCase();
  return knowledge.codes[table]?.codes.find((entry) => entry.name?.toLowerCase() === name);
}

function namedReadings(text: string, knowledge: Knowledge): Reading[] {
  const readings: Reading[] = [];
  const name = text.toLowerCase();
  const sidOrMessage = /^(?:%%|s-1-)\d/i.test(text);
  for (const table of [...CODE_TABLES, ...WORDED_TABLES]) {
    const entry = sidOrMessage ? lookUpCode(knowledge, table, name) : namedEntry(knowledge, table, text);
    if (entry) readings.push(codeReading(entry, table, knowledge));
  }
  if (readings.length === 0 && /^[a-z][a-z0-9]* [a-z0-9 ]+$/i.test(text)) readings.push(...bugcheckReadings(text, knowledge));
  const program =
    name
      .replace(/\s*\([^)]*\)$/, '')
      .split(/[\\/]/)
      .at(-1) ?? name;
  const process = lookUpCode(knowledge, 'shutdown-processes', program) ?? lookUpCode(knowledge, 'shutdown-processes', `${program}.exe`);
  if (process) readings.push(codeReading(process, 'shutdown-processes', knowledge));
  const code = text.toUpperCase();
  const damage = Object.hasOwn(knowledge.damages, code) ? knowledge.damages[code] : undefined;
  if (damage) readings.push(damageReading(code, damage));
  const fact = knowledge.facts.find(
    ({ id, aliases }) => id === name || Object.keys(aliases ?? {}).some((alias) => alias.toLowerCase() === name),
  );
  if (fact) readings.push(factReading(fact));
  const cause = knowledge.causes.find(({ id }) => id === name);
  if (cause) readings.push(causeReading(cause));
  readings.push(...settingsNamed(text, knowledge).map(settingReading));
  const finding = knowledge.findings.find(({ id }) => id === name);
  if (finding) readings.push(findingReading(finding, knowledge));
  return readings;
}

/** Most settings told for one value name: a name as common as `Start` or `Enabled` says too little without its key. */
const MAX_SETTINGS = 8;

/** Splits an address into what stands before and after its `!`, both lower case. */
function addressParts(address: string): readonly [path: string, name: string | undefined] {
  const at = address.indexOf('!');
  const lower = address.toLowerCase();
  return at < 0 ? [lower, undefined] : [lower.slice(0, at), lower.slice(at + 1)];
}

/**
 * Settings by id, by the name of a value (`UserAuthentication`), or by a registry path as people write it (`HKEY_LOCAL_MACHINE\\…`, with
 * the value after a backslash or `!`, any control set).
 */
function settingsNamed(text: string, knowledge: Knowledge): SettingDefinition[] {
  const name = text.toLowerCase();
  const byId = knowledge.settings.filter(({ id }) => id === name);
  if (byId.length > 0) return byId;
  const has = (fits: (path: string, value: string | undefined) => boolean): SettingDefinition[] =>
    knowledge.settings.filter(({ places }) => places.some(({ address }) => fits(...addressParts(address)))).slice(0, MAX_SETTINGS);
  if (/^(?:reg:)?(?:hklm|hkey_local_machine|bcd)\\/.test(name)) {
    const wanted = name
      .replace(/^reg:/, '')
      .replace(/^hkey_local_machine\\/, 'hklm\\')
      .replace(/^hklm\\system\\controlset\d{3}\\/, 'hklm\\system\\currentcontrolset\\');
    const exact = has((path, value) => value !== undefined && [`${path}!${value}`, `${path}\\${value}`].includes(`reg:${wanted}`));
    return exact.length > 0 ? exact : has((path) => path === `reg:${wanted.replace(/[\\!]$/, '')}`);
  }
  const full = has((path, value) => value !== undefined && `${path}!${value}` === name);
  return full.length > 0 ? full : has((_, value) => value === name);
}

/** Share of common letter pairs from which a name counts as near. */
const NEAR = 0.65;
/** Shortest input that is looked for inside of names. */
const MIN_CONTAINED = 4;

const pairsOf = (word: string): Set<string> =>
  new Set(Array.from({ length: Math.max(word.length - 1, 0) }, (_, at) => word.slice(at, at + 2)));

const namesOf = new WeakMap<Knowledge, readonly { readonly name: string; readonly lower: string; readonly pairs: ReadonlySet<string> }[]>();

/** Every name of the knowledge base with its letter pairs, made once. */
function names(knowledge: Knowledge) {
  let known = namesOf.get(knowledge);
  if (!known) {
    const all = new Set([
      ...knowledge.facts.flatMap(({ id, aliases }) => [id, ...Object.keys(aliases ?? {})]),
      ...knowledge.causes.map(({ id }) => id),
      ...knowledge.settings.flatMap(({ id, places }) => [id, ...places.flatMap(({ address }) => address.split('!')[1] || [])]),
      ...knowledge.findings.map(({ id }) => id),
      ...Object.keys(knowledge.damages),
      ...(knowledge.codes['shutdown-processes']?.codes ?? []).map(({ code }) => code),
      ...[...CODE_TABLES, ...WORDED_TABLES].flatMap((table) => (knowledge.codes[table]?.codes ?? []).flatMap(({ name }) => name ?? [])),
    ]);
    known = [...all].map((name) => ({ name, lower: name.toLowerCase(), pairs: pairsOf(name.toLowerCase()) }));
    namesOf.set(knowledge, known);
  }
  return known;
}

/** Up to five names that contain the input or share most of their letter pairs with it. */
export function nearNames(text: string, knowledge: Knowledge): string[] {
  const wanted = text.toLowerCase();
  const own = [...pairsOf(wanted)];
  return names(knowledge)
    .map(({ name, lower, pairs }) => {
      const shared = own.filter((pair) => pairs.has(pair)).length;
      const contained = wanted.length >= MIN_CONTAINED && lower.includes(wanted);
      return { name, score: (contained ? 1 : 0) + (2 * shared) / Math.max(own.length + pairs.size, 1) };
    })
    .filter(({ score }) => score >= NEAR)
    .sort((a, b) => b.score - a.score)
    .slice(0, 5)
    .map(({ name }) => name);
}

import { createHash } from 'node:crypto';
import type { CertificateView, ConnectionAttempt, ConnectionDiagnosis, ConnectionReport, JudgedCause, Rung } from '@winmedic/core/model';
import type { Check, Language } from '@winmedic/knowledge/model';
import { formatTime } from '../format-time.ts';
import type { ReportMeta } from '../options.ts';
import { type Messages, messages, pick } from '../text/index.ts';

/** Options of every report of connections, besides those all reports share. */
export interface ConnectionFilter {
  /** Also print the conversation on the wire. */
  readonly explain?: boolean;
  /** With the conversation: the bytes, secrets overwritten. */
  readonly bytes?: boolean;
  /** What a search for RDP asked: pairs of host and port, and hosts without an address. Absent: nobody searched. */
  readonly rdpSearch?: { readonly tried: number; readonly unresolved: readonly string[] };
}

/** Shapes of a rung's verdict: Unicode, ASCII. */
export const RUNG_SHAPES: Readonly<Record<Rung['verdict'], readonly [string, string]>> = {
  passed: ['✓', '+'],
  warned: ['!', '!'],
  failed: ['×', 'x'],
  skipped: ['–', '-'],
  unreached: ['·', '.'],
};

/** `HV01.corp.example:5985 (winrm, http)`. A trace does not name its host: then the name it has elsewhere in the evidence, else `?`. */
export function targetName({ attempt }: ConnectionDiagnosis): string {
  const { port, via, transport, portrait } = attempt;
  const host = attempt.host || (portrait.dnsComputerName ?? portrait.computerName ?? '?');
  const name = host.includes(':') ? `[${host}]` : host;
  return `${name}:${port} (${via}${via === 'winrm' ? `, ${transport}` : ''})`;
}

/** Causes considered besides the verdict's own, each in exactly one list. */
export interface ConnectionCauses {
  readonly also: readonly JudgedCause[];
  /** Not decided, and something points to them. */
  readonly open: readonly JudgedCause[];
  readonly ruledOut: readonly JudgedCause[];
}

/** Words of an attempt: those of one that was made here, or of one that a recording shows. */
export function connectionWords(lang: Language, { from }: Pick<ConnectionAttempt, 'from'>): Messages['connection'] {
  const m = messages(lang);
  return from === 'live' ? m.connection : { ...m.connection, ...m.recorded };
}

/** Splits what was considered; causes nothing points to are left to the JSON, and where nothing failed there is nothing to explain. */
export function causesOf({ considered, verdict, beside, outcome }: ConnectionDiagnosis): ConnectionCauses {
  const rest = considered.filter((judged) => judged.cause.id !== verdict.cause?.cause.id && !beside.includes(judged));
  return {
    also: rest.filter(({ grade }) => grade === 'confirmed' || grade === 'likely'),
    open: outcome === 'failed' ? rest.filter(({ grade, pointed }) => grade === 'inconclusive' && pointed) : [],
    ruledOut: outcome === 'failed' ? rest.filter(({ grade, pointed }) => grade === 'ruled_out' && pointed) : [],
  };
}

/** How to confirm a likely cause, without the check that is named as the next one. */
export function confirmingChecks({ verdict, nextCheck }: ConnectionDiagnosis): readonly Check[] {
  if (verdict.grade === 'confirmed' || !verdict.cause) return [];
  return verdict.cause.cause.confirm.filter((check) => check !== nextCheck?.check);
}

/** Hosts with the same verdict, told together: the first stands for all. */
export interface VerdictGroup {
  readonly shown: ConnectionDiagnosis;
  readonly others: readonly ConnectionDiagnosis[];
}

/** Names of the other targets of a group, each once. */
export function otherNames({ others }: VerdictGroup): string[] {
  return [...new Set(others.map(targetName))];
}

const OUTCOME_RANK = { failed: 0, warned: 1, unseen: 2, ok: 3 } as const;

/** Groups by outcome, grade and cause, or sentence where no cause is named; what failed first, the odd ones (small groups) before the many. */
export function groupsOf({ diagnoses }: Pick<ConnectionReport, 'diagnoses'>): VerdictGroup[] {
  const groups = new Map<string, ConnectionDiagnosis[]>();
  for (const one of diagnoses) {
    const { outcome, verdict } = one;
    // Without a cause the sentence is the verdict: how far it came, what is worth attention, what is open.
    const key = [outcome, verdict.grade, verdict.cause?.cause.id ?? verdict.sentence.en].join('|');
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()]
    .sort(([a, ...moreA], [b, ...moreB]) => OUTCOME_RANK[a!.outcome] - OUTCOME_RANK[b!.outcome] || moreA.length - moreB.length)
    .map(([shown, ...others]) => ({ shown: shown!, others }));
}

/** Label and text of everything a host said of itself. */
export function portraitLines({ portrait, from }: ConnectionAttempt, zone: string, lang: Language): (readonly [string, string])[] {
  const m = messages(lang);
  const words = connectionWords(lang, { from });
  const lines: (readonly [string, string])[] = [];
  const add = (label: string, ...parts: readonly (string | undefined)[]): void => {
    const known = parts.filter((part) => part !== undefined && part !== '');
    if (known.length > 0) lines.push([label, known.join(lang === 'ja' ? '、' : ', ')]);
  };
  add(words.computer, portrait.computerName, portrait.dnsComputerName);
  const ownDomain = portrait.domain !== undefined && portrait.domain.toLowerCase() === portrait.computerName?.toLowerCase();
  if (ownDomain) lines.push([words.domain, words.workgroup]);
  else add(words.domain, portrait.domain, portrait.dnsDomain, portrait.forest === portrait.dnsDomain ? undefined : portrait.forest);
  add(words.build, portrait.build);
  if (portrait.clock) {
    const { at, skewSeconds, from } = portrait.clock;
    const source = from.toUpperCase();
    const skew =
      skewSeconds === 0 ? words.level(source) : skewSeconds > 0 ? words.ahead(skewSeconds, source) : words.behind(-skewSeconds, source);
    add(words.clock, formatTime(at, zone, lang), skew);
  }
  add(words.schemes, portrait.schemes && portrait.schemes.length > 0 ? m.list(portrait.schemes) : undefined);
  add(words.server, portrait.server);
  add(words.product, portrait.vendor, portrait.product);
  for (const line of certificateLines(portrait.certificate, zone, lang)) lines.push(line);
  if (portrait.rdp) add(`RDP ${portrait.rdp.port}`, words.nla[portrait.rdp.nla]);
  for (const line of certificateLines(portrait.rdp?.certificate, zone, lang)) lines.push(line);
  return lines;
}

function certificateLines(certificate: CertificateView | undefined, zone: string, lang: Language): (readonly [string, string])[] {
  if (!certificate) return [];
  const m = messages(lang);
  const words = m.connection;
  const { subject, issuer, notAfter, names, problems, sha256 } = certificate;
  return [
    [words.certificate, words.certificateText(subject, issuer, formatTime(notAfter, zone, lang))],
    ...(names.length > 0 ? [[words.certificateNames, m.list(names)] as const] : []),
    ...(problems.length > 0
      ? [[words.certificateProblems, m.list(problems.map((problem) => words.certificateProblem[problem] ?? problem))] as const]
      : []),
    [words.pin, sha256],
  ];
}

/** How the account was used, line by line. */
export function accountLines({ attempt }: ConnectionDiagnosis, lang: Language): (readonly [string, string])[] {
  const words = connectionWords(lang, attempt);
  const { account } = attempt;
  if (!account) return [];
  // A ticket cache or a certificate names its owner itself.
  const lines: (readonly [string, string])[] = account.typed === '' ? [] : [[words.typed, account.typed]];
  if (account.sent) {
    const { user, domain, workstation } = account.sent;
    const shown = (text: string): string => (text === '' ? words.empty : text);
    lines.push([
      words.sent,
      [
        `${words.userField} ${shown(user)}`,
        `${words.domainField} ${shown(domain)}`,
        ...(workstation === undefined ? [] : [`${words.workstationField} ${shown(workstation)}`]),
        ...(account.scheme === undefined ? [] : [`${account.scheme}${account.mechanism === undefined ? '' : ` (${account.mechanism})`}`]),
      ].join(lang === 'ja' ? '、' : ', '),
    ]);
  }
  if (account.held) lines.push([words.held, pick(account.held, lang)]);
  lines.push(['', words.checks(account.checks)]);
  return lines;
}

/** Why there are no {@link accountLines}. */
export function noAccountText({ attempt }: ConnectionDiagnosis, lang: Language): string {
  const words = connectionWords(lang, attempt);
  if (attempt.via === 'rdp') return words.rdpNoAccount;
  if (attempt.rungs.some(({ verdict }) => verdict === 'failed') && attempt.properties.get('client.scheme')?.value === '')
    return words.noUser;
  const asked = attempt.properties.get('client.scheme')?.value;
  return asked === undefined || asked === '' ? words.noAccount : words.unusedAccount;
}

/** How far a search for RDP went, line by line; a list without it would leave open whether anything was asked. */
export function rdpSearchLines({ rdpPorts }: ConnectionReport, { rdpSearch }: ConnectionFilter, lang: Language): string[] {
  if (rdpSearch === undefined) return [];
  const m = messages(lang);
  const { tried, unresolved } = rdpSearch;
  return [
    m.connection.rdpTried(tried, rdpPorts.length),
    ...(unresolved.length > 0 ? [m.connection.rdpUnresolved(m.list([...unresolved]))] : []),
  ];
}

/** Id of a run: the given one, or one derived from targets and time. */
export function connectionCaseId({ diagnoses, madeAt }: ConnectionReport, meta: ReportMeta): string {
  if (meta.caseId !== undefined) return meta.caseId;
  const hash = createHash('sha256').update(`${madeAt}\n`);
  for (const { attempt } of diagnoses) hash.update(`${attempt.target}\n`);
  return `W-${hash.digest('hex').slice(0, 8)}`;
}

/** `alice: 1, bob: 2`. */
export function checksText({ checks }: ConnectionReport, lang: Language): string {
  return messages(lang).list([...checks].map(([account, n]) => `${account}: ${n}`));
}

/** Bytes as lines of 16 with offset and ASCII. */
export function hexLines(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${ascii}`);
  }
  return lines;
}

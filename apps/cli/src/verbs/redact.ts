import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type ContentKind, fileSource, type RedactedFile, recognise, redactCaptureFile } from '@winmedic/core/evidence';
import type { Language, Localized } from '@winmedic/knowledge/model';
import { talkProblems } from '../case.ts';
import type { Context } from '../context.ts';
import { CliError, fileErrorText } from '../errors.ts';
import { makeProgress } from '../progress.ts';
import { spelledOut } from '../safe-text.ts';
import type { VerbRun } from '../spec.ts';

const OTHER: Localized = {
  en: 'pcap, pcapng and NetMon files are redacted, also packed with gzip.',
  ja: '対象は pcap、pcapng、NetMon の各ファイルです (gzip 圧縮も可)。',
};
/** What to do with inputs that may hold secrets too, and are not redacted. */
const INSTEAD: Readonly<Partial<Record<ContentKind, Localized>>> = {
  trace: {
    en: 'It is an event trace. Convert its packets first (etl2pcapng in.etl out.pcapng) and redact those. Events of a trace are not redacted: pass on the report of `winmedic diagnose` instead; it shows only the events that decide.',
    ja: 'イベント トレースです。先にパケットを変換し (etl2pcapng in.etl out.pcapng)、その結果を指定してください。トレースのイベントからは取り除けません。代わりに `winmedic diagnose` の報告を渡してください (判断に使ったイベントだけを示します)。',
  },
  evtx: {
    en: 'It is an event log, which holds no NTLM responses. Pass on only the records that matter (`winmedic events`), or the report of `winmedic diagnose`.',
    ja: 'イベント ログです (NTLM の応答は含まれません)。必要なレコードだけ (`winmedic events`) か、`winmedic diagnose` の報告を渡してください。',
  },
  zip: {
    en: 'It is an archive. Unpack it and give the captures one by one.',
    ja: '書庫です。展開し、キャプチャを 1 つずつ指定してください。',
  },
};

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CliError('CLI_WRITE', { value: path, hint: fileErrorText(error) });
  }
}

/** Path with links resolved; of a file that does not exist, that of its folder. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(resolve(path))), basename(path));
    } catch {
      return resolve(path);
    }
  }
}

/** Is it one and the same file, also by another name? */
function sameFile(input: string, output: string): boolean {
  if (realPath(input) === realPath(output)) return true;
  const [a, b] = [input, output].map((path) => statSync(path, { throwIfNoEntry: false, bigint: true }));
  return a !== undefined && b !== undefined && a.ino !== 0n && a.ino === b.ino && a.dev === b.dev;
}

/** @throws CliError for an input that cannot be read or is no capture. */
function checkInput(input: string): void {
  let kind: ContentKind;
  try {
    const source = fileSource(input);
    try {
      kind = recognise(source);
    } finally {
      source.close();
    }
  } catch (error) {
    throw new CliError('CLI_FILE', { value: input, hint: fileErrorText(error) });
  }
  if (kind !== 'capture' && kind !== 'gzip') throw new CliError('CLI_NO_CAPTURE', { value: input, hint: INSTEAD[kind] ?? OTHER });
}

/** @throws CliError when the output is the input, exists, or is no file. */
function checkOutput(input: string, output: string, replace: boolean): void {
  const existing = statOf(output);
  if (sameFile(input, output)) throw new CliError('CLI_SAME_FILE', { value: output });
  if (existing === undefined) return;
  if (existing.isDirectory()) throw new CliError('CLI_WRITE', { value: output, hint: fileErrorText({ code: 'EISDIR' }) });
  if (!replace) throw new CliError('CLI_EXISTS', { value: output });
}

/** Writes a capture without secrets, says what was removed, and that it is proved. */
export const run: VerbRun = async (context, [input = '', output = ''], options) => {
  checkInput(input);
  checkOutput(input, output, options['yes'] === true);
  const progress = makeProgress(context);
  let done: RedactedFile;
  try {
    done = await redactCaptureFile(input, output, {
      names: options['names'] === true ? 'mask' : 'keep',
      signal: context.signal,
      runSync: context.sync,
      onProgress: (bytes, total) => progress.update(bytes, total, input),
    });
  } catch (error) {
    context.signal.throwIfAborted();
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code !== undefined && syscall !== undefined) throw new CliError('CLI_WRITE', { value: output, hint: fileErrorText(error) });
    throw error;
  } finally {
    progress.end();
  }
  const names = options['names'] === true ? 'mask' : 'keep';
  if (context.json) await context.outJson(toJson(input, output, names, done));
  else await context.out(summaryText(context, output, names, done));
  talkProblems(context, done.problems);
  return done.problems.some(({ severity }) => severity !== 'note') ? 3 : 0;
};

function toJson(input: string, output: string, names: 'keep' | 'mask', { summary, sizeBytes, problems }: RedactedFile): unknown {
  const { packets, changedPackets, blankedPackets, removed, kept, proof } = summary;
  return {
    schemaVersion: '1.0',
    input,
    output,
    bytes: String(sizeBytes),
    names,
    packets,
    changedPackets,
    blankedPackets,
    removed,
    kept,
    proof,
    problems: problems.map(({ code, severity, count }) => ({ code, severity, ...(count === undefined ? {} : { count }) })),
  };
}

const n = (value: number, lang: Language): string => value.toLocaleString(lang);

const REMOVED: Readonly<Record<keyof Required<RedactedFile['summary']['removed']>, Localized>> = {
  'ntlm-response': { en: 'NTLM responses', ja: 'NTLM の応答' },
  'ntlm-session-key': { en: 'NTLM session keys', ja: 'NTLM のセッション鍵' },
  'ntlm-mic': { en: 'NTLM message integrity codes', ja: 'NTLM の MIC' },
  basic: { en: 'Basic credentials', ja: 'Basic の資格情報' },
  authorization: { en: 'other Authorization values', ja: 'そのほかの Authorization の値' },
  cookie: { en: 'cookies', ja: 'Cookie' },
  'kerberos-cipher': { en: 'Kerberos ciphertexts', ja: 'Kerberos の暗号文' },
  'message-integrity': { en: 'signatures of messages', ja: 'メッセージの署名' },
  'smb-signature': { en: 'SMB signatures', ja: 'SMB の署名' },
};
const KEPT: Readonly<Record<keyof Required<RedactedFile['summary']['kept']>, Localized>> = {
  'http-head': { en: 'HTTP headers', ja: 'HTTP ヘッダー' },
  token: { en: 'login tokens without their secrets', ja: '秘密を除いた認証トークン' },
  soap: { en: 'SOAP envelopes without their values', ja: '値を除いた SOAP エンベロープ' },
  'mime-head': { en: 'headers of sealed bodies', ja: '暗号化された本文のヘッダー' },
  tls: { en: 'TLS handshake messages', ja: 'TLS ハンドシェイク' },
  rpc: { en: 'RPC headers', ja: 'RPC ヘッダー' },
  smb: { en: 'SMB headers', ja: 'SMB ヘッダー' },
  rdp: { en: 'RDP negotiations', ja: 'RDP ネゴシエーション' },
  kerberos: { en: 'Kerberos messages', ja: 'Kerberos メッセージ' },
  dns: { en: 'DNS messages', ja: 'DNS メッセージ' },
  icmp: { en: 'ICMP messages', ja: 'ICMP メッセージ' },
  arp: { en: 'ARP packets', ja: 'ARP パケット' },
};

function counts(values: Readonly<Partial<Record<string, number>>>, names: Readonly<Record<string, Localized>>, lang: Language): string {
  const told = Object.entries(values)
    .filter((entry): entry is [string, number] => entry[1] !== undefined && entry[1] > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${Object.hasOwn(names, kind) ? (names[kind] as Localized)[lang] : kind} ${n(count, lang)}`);
  return told.length === 0 ? (lang === 'ja' ? 'なし' : 'none') : told.join(lang === 'ja' ? '、' : ', ');
}

function summaryText({ lang }: Context, output: string, names: 'keep' | 'mask', { summary, sizeBytes }: RedactedFile): string {
  const { packets, changedPackets, blankedPackets, removed, kept, proof } = summary;
  const removedText = counts(removed, REMOVED, lang);
  const keptText = counts(kept, KEPT, lang);
  const lines =
    lang === 'ja'
      ? [
          `書き出し: ${output} (${n(sizeBytes, lang)} バイト)`,
          `パケット ${n(packets, lang)} 個、うち変更 ${n(changedPackets, lang)} 個${blankedPackets > 0 ? `、内容をすべて消去 ${n(blankedPackets, lang)} 個` : ''}`,
          `取り除いた秘密: ${removedText}`,
          `残したもの: ${keptText}`,
          names === 'mask'
            ? '名前: NTLM と RDP のユーザー名・ドメイン・ワークステーションも除去。アドレス、ホスト名、DNS と Kerberos の名前は残っています。'
            : '名前: ユーザー名、ホスト名、アドレスは残っています (--names で NTLM と RDP のものを除去)。',
          proof.secretsNotSearched > 0
            ? `確認: 結果を読み直し、秘密 ${n(proof.secretsSearched, lang)} 件が 1 つも残っていないことを確認しました。上限を超えた ${n(proof.secretsNotSearched, lang)} 件は除去のみで、検索していません。`
            : `確認: 結果を読み直し、秘密 ${n(proof.secretsSearched, lang)} 件が 1 つも残っていないことを確認しました。`,
        ]
      : [
          `Written: ${output} (${n(sizeBytes, lang)} bytes)`,
          `Packets: ${n(packets, lang)}, of which ${n(changedPackets, lang)} changed${blankedPackets > 0 ? `, ${n(blankedPackets, lang)} wholly blanked` : ''}`,
          `Secrets removed: ${removedText}`,
          `Kept: ${keptText}`,
          names === 'mask'
            ? 'Names: user, domain and workstation of NTLM and RDP are removed as well. Addresses, names of hosts, DNS and Kerberos names are still in it.'
            : 'Names: users, hosts and addresses are still in it (--names removes those of NTLM and RDP).',
          proof.secretsNotSearched > 0
            ? `Proof: the result was read again and none of ${n(proof.secretsSearched, lang)} secrets is in it. ${n(proof.secretsNotSearched, lang)} beyond the cap were removed and not searched for.`
            : `Proof: the result was read again and none of ${n(proof.secretsSearched, lang)} secrets is in it.`,
        ];
  return lines.map((line) => `${spelledOut(line)}\n`).join('');
}

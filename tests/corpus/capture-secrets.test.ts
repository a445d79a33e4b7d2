import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { joinBytes, memorySource } from '@winmedic/bytes';
import { analyseCapture, type Conversation, openCapture, redactCapture } from '@winmedic/capture';
import { followStream, recordedAttempts } from '@winmedic/core/connection';
import { collectEvidence } from '@winmedic/core/evidence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, winmedic } from '../../apps/cli/src/test-command.ts';
import { Needles } from '../conformance/secrets-needles.ts';
import { type Found, type RawFrame, saidIn, secretsIn } from './capture-secret-values.ts';

/** Whatever proves a password or holds a key in the captures of the corpora stands in nothing that is written about them. */
const shared = resolve(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), '..');
const FOLDERS = ['corpus/pcap', 'corpus/pcap-lab', 'counterparts/pcap'].map((name) => join(shared, name));
const ready = FOLDERS.every((folder) => existsSync(folder));
if (!ready) console.log(`skipped: no captures at ${shared} (set WINMEDIC_CORPUS)`);

/** Passwords the counterparts were recorded with. */
const PASSWORDS = ['Passw0rd!', 'Al1ce-Passw0rd!', 'Adm1n-Passw0rd!'];
/** Bytes of a secret that are looked for: enough to be no chance. */
const LOOKED_FOR = 32;
const captures = ready
  ? FOLDERS.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => /\.(pcap|pcapng|cap|gz)$/.test(name))
        .map((name) => join(folder, name)),
    )
  : [];

let folder: string;
let needles: Needles;
const found = new Map<Found['kind'], number>();

const content = (path: string): Uint8Array => {
  const bytes = readFileSync(path);
  return new Uint8Array(path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
};

function framesOf(bytes: Uint8Array): RawFrame[] {
  const frames: RawFrame[] = [];
  openCapture(memorySource(bytes)).read(({ bytes: window, start, end, linkType }) => {
    frames.push({ bytes: window.slice(start, end), linkType });
  });
  return frames;
}

/** Zeros, numbers counted up and words stand in other places as well. */
function isSecret({ kind, bytes }: Found): boolean {
  if (kind === 'password') return bytes.length >= 8 && /\d/.test(bytes.toString('latin1'));
  if (kind === 'cookie') return bytes.length >= 16 && new Set(bytes).size >= 8;
  return bytes.length >= 8 && new Set(bytes).size >= 6;
}

/** Labels of what stands in a text or file. */
const leaks = (bytes: Uint8Array | string): string[] => needles.find(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);

const plain = (value: unknown): string =>
  JSON.stringify(value, (_, each) =>
    typeof each === 'bigint' ? String(each) : each instanceof Map ? [...each] : each instanceof Set ? [...each] : each,
  );

beforeAll(() => {
  if (!ready) return;
  folder = mkdtempSync(join(tmpdir(), 'winmedic-capture-secrets-'));
  needles = new Needles();
  for (const password of PASSWORDS)
    needles.addText(`password ${password.slice(0, 3)}…`, password).addBytes('password', Buffer.from(password));
  const known = new Set<string>();
  for (const path of captures)
    for (const one of saidIn(framesOf(content(path))).flatMap((said) => secretsIn(said))) {
      const bytes = one.bytes.subarray(0, LOOKED_FOR);
      const key = bytes.toString('hex');
      if (!isSecret(one) || known.has(key)) continue;
      known.add(key);
      needles.addBytes(`${one.kind} ${known.size} of ${path.slice(path.lastIndexOf('/') + 1)}`, bytes);
      found.set(one.kind, (found.get(one.kind) ?? 0) + 1);
    }
});
afterAll(() => {
  if (ready) rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!ready)('secrets of the captures', () => {
  it('are there to be found', () => {
    const least = {
      'nt-response': 60,
      'lm-response': 15,
      'session-key': 50,
      mic: 40,
      basic: 5,
      cookie: 50,
      'kerberos-cipher': 200,
    } as const;
    for (const [kind, count] of Object.entries(least)) expect(found.get(kind as Found['kind']) ?? 0, kind).toBeGreaterThanOrEqual(count);
    // They are in the files themselves, as they are and in the base64 of headers.
    expect(leaks(content(join(FOLDERS[2] as string, 'omi-wsman-basic-ntlm-spnego-encrypted.pcapng')))).not.toEqual([]);
    expect(leaks(content(join(FOLDERS[0] as string, 'zeek__kinit.pcap')))).not.toEqual([]);
  });

  describe('stand in no answer of the command', () => {
    const clean = (what: string, { out, err }: Ran): void => {
      expect(out.length + err.length, what).toBeGreaterThan(0);
      expect({ out: leaks(out), err: leaks(err) }, what).toEqual({ out: [], err: [] });
    };

    it.each(FOLDERS.flatMap((path) => (['en', 'ja'] as const).map((lang) => [path.slice(shared.length + 1), lang, path] as const)))(
      'diagnose %s in %s: text, JSON, HTML, Markdown',
      async (name, lang, path) => {
        const [html, md] = ['html', 'md'].map((ending) => join(folder, `${name.replaceAll('/', '-')}-${lang}.${ending}`)) as [
          string,
          string,
        ];
        const args = ['diagnose', path, '--lang', lang, '--tz', 'UTC', '--verbose', '--explain'];
        clean('text', await winmedic([...args, '--html', html, '--md', md]));
        clean('JSON', await winmedic([...args, '--json']));
        for (const file of [html, md]) {
          const bytes = readFileSync(file);
          expect(bytes.length).toBeGreaterThan(1000);
          expect(leaks(bytes), file).toEqual([]);
        }
      },
    );

    it.each(['en', 'ja'])('events and timeline in %s, every format', async (lang) => {
      for (const format of ['table', 'jsonl', 'xml', 'csv'])
        clean(`events as ${format}`, await winmedic(['events', ...captures, '--lang', lang, '--format', format]));
      for (const format of ['table', 'jsonl'])
        clean(`timeline as ${format}`, await winmedic(['timeline', ...captures, '--lang', lang, '--format', format]));
    });

    it.each(captures.filter((path) => path.startsWith(FOLDERS[2] as string)).map((path) => [path.slice(path.lastIndexOf('/') + 1), path]))(
      'follow of %s, and its redaction',
      async (name, path) => {
        for (const lang of ['en', 'ja'])
          for (const stream of ['0', '1', '2', 'udp:0'])
            clean(`stream ${stream}`, await winmedic(['events', path, '--follow', stream, '--lang', lang]));
        const output = join(folder, name);
        const first = await winmedic(['redact', path, output]);
        expect(first.code, first.err).toBe(0);
        clean('redact', first);
        expect(leaks(readFileSync(output))).toEqual([]);
        clean('redact --json', await winmedic(['redact', path, output, '--names', '--yes', '--json']));
        expect(leaks(readFileSync(output))).toEqual([]);
      },
    );

    it('errors and damages of files cut in the middle', async () => {
      const cut = join(folder, 'cut');
      mkdirSync(cut);
      for (const [i, path] of captures.filter((each) => !each.endsWith('.gz')).entries()) {
        const bytes = content(path);
        writeFileSync(join(cut, `${i}.pcap`), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
      }
      for (const lang of ['en', 'ja']) clean(lang, await winmedic(['diagnose', cut, '--lang', lang, '--verbose', '--explain', '--json']));
    });
  });

  it.each(captures.map((path) => [path.slice(path.lastIndexOf('/') + 1), path]))(
    '%s: words, attempts, damages, redaction',
    async (_, path) => {
      const bytes = content(path);
      const conversations: Conversation[] = [];
      const told: unknown[] = [];
      analyseCapture(openCapture(memorySource(bytes), { onDamage: (damage) => told.push(damage) }), {
        onConversation: (conversation) => conversations.push(conversation),
        onDamage: (damage) => told.push(damage),
      });
      told.push(conversations.flatMap(({ messages }) => messages.flatMap(({ damages }) => damages ?? [])));
      told.push(conversations.map((conversation) => followStream(conversation)));
      const evidence = await collectEvidence([path], { zone: 'UTC', hash: false });
      told.push(recordedAttempts(evidence), evidence.problems);
      expect(leaks(plain(told))).toEqual([]);

      const parts: Uint8Array[] = [];
      const summary = redactCapture(memorySource(bytes), (part) => parts.push(part), { reread: () => memorySource(joinBytes(...parts)) });
      expect(leaks(joinBytes(...parts))).toEqual([]);
      expect(leaks(plain(summary))).toEqual([]);
    },
  );
});

import { followStream } from '@winmedic/core/connection';
import { eachLog } from '@winmedic/core/evidence';
import type { CapturedConversation } from '@winmedic/core/model';
import type { Localized } from '@winmedic/knowledge/model';
import { followToJson, followToText } from '@winmedic/report';
import { readingCode, talkProblems } from '../case.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { makeProgress } from '../progress.ts';

const FORM: Localized = {
  en: 'Use the number of a TCP stream, or udp:3; `winmedic events FILE` lists them.',
  ja: 'TCP ストリームの番号、または udp:3 の形で指定してください。番号は `winmedic events ファイル` で確認できます。',
};

/** Streams of one capture. */
interface Counted {
  readonly path: string;
  readonly tcpStreams: number;
  readonly udpStreams: number;
}

/**
 * Prints one conversation of each capture in words. Any stream has one: where nothing was said in a known protocol, what TCP did.
 * @throws CliError CLI_INVALID_VALUE for what is no number of a stream; CLI_STREAM when no capture has it.
 */
export async function follow(context: Context, paths: readonly string[], text: string): Promise<number> {
  const match = /^(?:(tcp|udp):)?(\d{1,9})$/i.exec(text.trim());
  if (!match) throw new CliError('CLI_INVALID_VALUE', { option: '--follow', value: text, hint: FORM });
  const transport = (match[1]?.toLowerCase() ?? 'tcp') as 'tcp' | 'udp';
  const stream = Number(match[2]);
  const found: CapturedConversation[] = [];
  const counted: Counted[] = [];
  const progress = makeProgress(context);
  let seen: CapturedConversation | undefined;
  try {
    const problems = await eachLog(
      paths,
      {
        signal: context.signal,
        onProgress: ({ done, total, path }) => progress.update(done, total, path),
        recordings: {
          zone: context.zone,
          packetsOnly: true,
          runSync: context.sync,
          event: () => false,
          conversation: (one) => {
            if (one.conversation.transport === transport && one.conversation.stream === stream) seen = one;
          },
          captured: ({ path, tcpStreams, udpStreams, flow }) => {
            counted.push({ path, tcpStreams, udpStreams });
            if (seen !== undefined) found.push(seen);
            else if (transport === 'tcp' && stream < tcpStreams) found.push(flow(stream));
            seen = undefined;
          },
        },
      },
      () => true,
    );
    progress.end();
    const read = problems.every(({ severity }) => severity === 'note');
    if (found.length === 0 && (counted.length > 0 || read)) throw noSuchStream(transport, stream, counted);
    await print(context, found);
    talkProblems(context, problems);
    return readingCode(problems, found.length > 0);
  } finally {
    progress.end();
  }
}

const NO_CAPTURE: Localized = {
  en: 'There is no packet among the inputs.',
  ja: '入力の中にパケットがありません。',
};

function noSuchStream(transport: string, stream: number, counted: readonly Counted[]): CliError {
  if (counted.length === 0) return new CliError('CLI_STREAM', { value: `${transport}:${stream}`, hint: NO_CAPTURE });
  const most = (key: 'tcpStreams' | 'udpStreams'): number => Math.max(...counted.map((one) => one[key]));
  const [tcp, udp] = [most('tcpStreams'), most('udpStreams')];
  const range = (n: number, en: string, ja: string): Localized =>
    n === 0 ? { en: `no ${en}`, ja: `${ja}なし` } : { en: `${en} 0 to ${n - 1}`, ja: `${ja} 0 ～ ${n - 1}` };
  const [a, b] = [range(tcp, 'TCP streams', 'TCP ストリーム'), range(udp, 'UDP streams', 'UDP ストリーム')];
  // Of UDP only what speaks a known protocol can be told.
  const silent = transport === 'udp' && stream < udp;
  return new CliError('CLI_STREAM', {
    value: `${transport}:${stream}`,
    hint: {
      en: `There are ${a.en} and ${b.en}.${silent ? ' What this one says is in no known protocol.' : ''}`,
      ja: `${a.ja}、${b.ja}。${silent ? 'このストリームの内容は既知のプロトコルではありません。' : ''}`,
    },
  });
}

async function print(context: Context, found: readonly CapturedConversation[]): Promise<void> {
  for (const [index, one] of found.entries()) {
    const told = followStream(one.conversation);
    if (context.json) {
      await context.outJson(followToJson(one, told, context.zone));
      continue;
    }
    const { zone, lang, width, colour, unicode } = context;
    await context.out(`${index > 0 ? '\n' : ''}${followToText(one, told, { zone, lang, width, colour, unicode })}`);
  }
}

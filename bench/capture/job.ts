/**
 * The jobs of the bench, each in a process of its own: `job.ts JOB FILE` prints one line of JSON with the time of the job itself, its result and the peak of memory.
 */
import { openSync, readSync } from 'node:fs';
import { analyseCapture, openCapture } from '@winmedic/capture';
import { openEtl } from '@winmedic/etl';
import { fileSource } from './build-capture.ts';

/** What a job prints. */
export interface Ran {
  readonly ms: number;
  readonly peakMegabytes: number;
  readonly result: Readonly<Record<string, number>>;
}

const PIECE = 4 << 20;

const jobs: Readonly<Record<string, (path: string) => Ran['result']>> = {
  /** The limit: every byte once. */
  read: (path) => {
    const file = openSync(path, 'r');
    const piece = new Uint8Array(PIECE);
    let bytes = 0;
    for (let got = 1; got > 0; bytes += got) got = readSync(file, piece, 0, PIECE, null);
    return { bytes };
  },
  /** Every packet, nothing looked into. */
  walk: (path) => {
    const { packets, bytes } = openCapture(fileSource(path)).read(() => true);
    return { packets, bytes };
  },
  /** Everything: flows, reassembly, all protocols. */
  analyse: (path) => {
    let conversations = 0;
    let messages = 0;
    let ntlm = 0;
    const { tcpStreams, udpStreams, capture } = analyseCapture(openCapture(fileSource(path)), {
      onConversation: (conversation) => {
        conversations++;
        messages += conversation.messages.length;
        for (const message of conversation.messages) if ('token' in message && message.token?.ntlm !== undefined) ntlm++;
      },
    });
    return { packets: capture.packets, tcpStreams, udpStreams, conversations, messages, ntlm };
  },
  /** A trace: the events of one provider. */
  trace: (path) => {
    let events = 0;
    const { total } = openEtl(fileSource(path)).read(
      (event) => {
        events += event.decode().fields.size > -1 ? 1 : 0;
      },
      { providers: new Set(['a7975c8f-ac13-49f1-87da-5a984a4ab417']), order: 'file' },
    );
    return { total, events };
  },
};

const [name = '', path = ''] = process.argv.slice(2);
const job = jobs[name];
if (job === undefined) throw new Error(`no job ${name}`);
const before = performance.now();
const result = job(path);
const ms = performance.now() - before;
console.log(JSON.stringify({ ms, peakMegabytes: process.resourceUsage().maxRSS / 1024, result }));

import { gzipSync } from 'node:zlib';
import { joinBytes, memorySource } from '@winmedic/bytes';
import { gunzipChunks, recogniseCapture } from '@winmedic/capture';
import { mutateRange } from './binary-mutations.ts';
import { analysed, checkDamage, diagnosed, memoryWatch, opened } from './capture-checks.ts';
import { changeContainer, changePackets, written } from './capture-mutations.ts';
import { captureSeeds } from './capture-seeds.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';
import type { Counts } from './wire.ts';

/** Unpacked bytes of one gzip input. */
const MAX_UNPACKED = 4 << 20;
/** One input of so many is told in words and judged: that takes longer than all the rest. */
const JUDGED = 6;

/** Captures of every container, link layer and protocol, through the reader, all dissectors, and the doctor. */
export async function captureKind(): Promise<Kind> {
  const seeds = await captureSeeds();
  const look = memoryWatch();
  return {
    name: 'capture',
    seeds: seeds.map(({ name }) => name),
    mutate: (seed, random) => {
      const { packets, linkType } = seeds[seed]!;
      const changed = [...packets];
      const names: string[] = [];
      for (let n = random.below(5); n > 0; n--) names.push(changePackets(changed, linkType, random));
      let { bytes, name } = written(changed, linkType, random);
      names.push(name);
      for (let n = names.length === 1 ? 1 + random.below(2) : random.below(2); n > 0; n--) {
        ({ bytes, name } = changeContainer(bytes, random));
        names.push(name);
      }
      if (random.below(16) > 0) return { bytes, names };
      const packed = Uint8Array.from(gzipSync(bytes, { level: 1 }));
      if (random.below(2)) names.push(`gzip: ${mutateRange(packed, 0, packed.length, random)}`);
      return { bytes: random.below(8) === 0 ? joinBytes(packed, packed) : packed, names: [...names, 'gzip'] };
    },
    read: (bytes, random) => {
      look();
      return recogniseCapture(bytes.subarray(0, 12)) === 'gzip'
        ? unpacked(bytes).then((inner) => read(inner, random))
        : read(bytes, random);
    },
    maxMs: 10_000,
    extension: 'pcap',
  };
}

async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of gunzipChunks(memorySource(bytes), {
    maxBytes: MAX_UNPACKED,
    maxRatio: 200,
    onDamage: (damage) => checkDamage(damage),
  })) {
    parts.push(part);
    length += part.length;
  }
  if (length > MAX_UNPACKED) throw new Error(`${length} bytes out of ${bytes.length}`);
  return joinBytes(...parts);
}

function read(bytes: Uint8Array, random: Random): Counts {
  const source = opened(bytes, (damage) => checkDamage(damage));
  if (source === undefined) return { refused: 1 };
  const { analysis, conversations, damages } = analysed(source, random);
  const messages = conversations.reduce((sum, conversation) => sum + conversation.messages.length, 0);
  const attempts = random.below(JUDGED) === 0 ? diagnosed(analysis, conversations) : 0;
  return { packets: analysis.capture.packets, conversations: conversations.length, messages, damages, attempts };
}

import { type WriteVersion, writeImage } from '@winmedic/labs/image-writer';
import { fuzzImage } from '../../formats/pe/src/test-touch.ts';
import { mutateRange } from './binary-mutations.ts';
import type { Kind } from './kind.ts';

/** Drivers and programs of every machine, through the reader of versions. */
export function imageKind(): Kind {
  const version: WriteVersion = {
    file: [7, 15, 18_511, 0],
    product: [7, 15, 0, 0],
    translations: [
      { language: 0x409, texts: { CompanyName: 'Example', FileDescription: 'Made for tests', OriginalFilename: 'agent.sys' } },
      { language: 0x411, texts: { FileDescription: '試験用' } },
    ],
  };
  const inputs = (['x86', 'x64', 'arm64'] as const).map((machine) => ({
    name: machine,
    bytes: writeImage({ machine, versions: [version] }),
  }));
  return {
    name: 'image',
    seeds: inputs.map(({ name }) => name),
    mutate: (seed, random) => {
      const bytes = inputs[seed]!.bytes.slice();
      const names: string[] = [];
      for (let n = 1 + random.below(5); n > 0; n--) names.push(mutateRange(bytes, 0, bytes.length, random));
      if (random.below(8) > 0) return { bytes, names };
      const cut = random.below(bytes.length + 1);
      return { bytes: bytes.subarray(0, cut), names: [...names, `truncate at ${cut}`] };
    },
    read: (bytes) => {
      const { damages, refused } = fuzzImage(bytes);
      return { damages, refused: refused === undefined ? 0 : 1 };
    },
    maxMs: 2000,
    extension: 'sys',
  };
}

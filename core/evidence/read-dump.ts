import type { ByteSource } from '@winmedic/bytes';
import { type BlameTables, blame, openDump, type Unavailable } from '@winmedic/crash-dump';
import type { BlameKnowledge } from '@winmedic/knowledge/model';
import type { DumpGap, DumpObservation } from '../model/state.ts';
import { instantOfTicks } from './instant.ts';
import type { Problems } from './problems.ts';

/** One crash dump to be read. */
export interface DumpInput {
  readonly source: ByteSource;
  readonly path: string;
  readonly sourceId: string;
  /** `D1` … */
  readonly id: string;
}

/** Most names of modules and stack entries kept. */
const MAX_NAMES = 1024;
const MAX_STACK = 64;

const PRODUCTS: Readonly<Record<number, 'client' | 'dc' | 'server'>> = { 1: 'client', 2: 'dc', 3: 'server' };

/** Tables for {@link readDump}, from the knowledge base. */
export function blameTables(knowledge: BlameKnowledge): BlameTables {
  return {
    addressParameters: new Map(
      knowledge.addressParameters.map(({ code, parameter, is }) => [Number.parseInt(code.slice(2), 16), { parameter, is }]),
    ),
    windowsModules: new Set(knowledge.windowsModules),
  };
}

/**
 * Reads a kernel crash dump as far as it goes.
 * @throws DumpError when the input is no kernel dump; I/O errors.
 */
export function readDump(input: DumpInput, tables: BlameTables, problems: Problems): DumpObservation {
  const dump = openDump(input.source, { onDamage: (damage) => problems.damage(input.path, damage) });
  const guilty = blame(dump, tables);
  const product = dump.productType === undefined ? undefined : PRODUCTS[dump.productType];
  return {
    type: 'dump',
    id: input.id,
    kind: dump.kind,
    ...(dump.live === true && { live: true as const }),
    machine: dump.machine,
    ...(dump.systemTime !== undefined && { time: instantOfTicks(dump.systemTime) }),
    ...(dump.upTime !== undefined && { upTimeSeconds: Number(dump.upTime / 10_000n) / 1000 }),
    build: dump.build,
    processors: dump.processors,
    ...(product && { productType: product }),
    code: hex(dump.bugCheck.code),
    rawCode: hex(dump.bugCheck.rawCode),
    parameters: dump.bugCheck.parameters.map(hex) as unknown as DumpObservation['parameters'],
    ...(guilty && {
      blame: {
        module: guilty.module.name,
        at: `${guilty.module.name}+${hex(guilty.offset)}`,
        from: guilty.from,
        certainty: guilty.certainty,
        thirdParty: guilty.thirdParty,
        others: guilty.others,
        ...(guilty.unloaded === true && { unloaded: true as const }),
        // 0: the dump does not keep it (an unloaded driver, builds of Windows without the field).
        ...(guilty.module.timeDateStamp !== 0 && {
          image: { timeDateStamp: guilty.module.timeDateStamp, sizeOfImage: guilty.module.sizeBytes },
        }),
      },
    }),
    modules: dump.modules.slice(0, MAX_NAMES).map(({ name }) => name || '?'),
    unloaded: dump.unloaded.slice(0, MAX_NAMES).map(({ name }) => name),
    stack: dump.stack.slice(0, MAX_STACK).map(({ module, offset }) => `${module.name}+${hex(offset)}`),
    unavailable: [...gap('modules', dump.modulesUnavailable), ...gap('stack', dump.stackUnavailable)],
    origin: { sourceId: input.sourceId, path: input.path },
  };
}

function gap(part: DumpGap['part'], why: Unavailable | undefined): DumpGap[] {
  if (why === undefined) return [];
  const { reason, what, address } = why;
  return [{ part, reason, what, ...(address !== undefined && { address: hex(address) }) }];
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

import type { DumpObservation, ImageObservation } from '@winmedic/core/model';
import { knownModule, stopCodeEntry } from './dump-view.ts';
import { type JsonObject, known, time } from './json-parts.ts';

/** A number that identifies rather than counts. */
function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** A crash dump with everything that was kept of it. */
export function dumpToJson(dump: DumpObservation, zone: string): JsonObject {
  return {
    id: dump.id,
    sourceId: dump.origin.sourceId,
    path: dump.origin.path,
    ...known({ kind: dump.kind, live: dump.live, machine: dump.machine }),
    ...time('time', dump.time, zone),
    ...known({
      upTimeSeconds: dump.upTimeSeconds,
      build: dump.build,
      processors: dump.processors,
      productType: dump.productType,
      host: dump.host,
      code: dump.code,
      codeName: stopCodeEntry(dump.code)?.name,
      rawCode: dump.rawCode,
      parameters: dump.parameters,
      blame: dump.blame && blameToJson(dump.blame),
      modules: dump.modules,
      unloaded: dump.unloaded,
      stack: dump.stack,
    }),
    unavailable: dump.unavailable.map((gap) => ({ ...gap })),
  };
}

function blameToJson(blame: NonNullable<DumpObservation['blame']>): JsonObject {
  const listed = knownModule(blame.module);
  return known({
    module: blame.module,
    at: blame.at,
    from: blame.from,
    certainty: blame.certainty,
    thirdParty: blame.thirdParty,
    unloaded: blame.unloaded,
    others: blame.others,
    timeDateStamp: blame.image && hex(blame.image.timeDateStamp),
    sizeOfImage: blame.image && hex(blame.image.sizeOfImage),
    version: blame.version,
    company: blame.company,
    otherBuild: blame.otherBuild,
    known: listed && known({ maker: listed.maker, kind: listed.kind, source: listed.source, unverified: listed.unverified }),
  });
}

/** A driver or other image of the evidence. */
export function imageToJson(image: ImageObservation): JsonObject {
  return {
    sourceId: image.origin.sourceId,
    path: image.origin.path,
    ...known({
      name: image.name,
      timeDateStamp: hex(image.timeDateStamp),
      sizeOfImage: hex(image.sizeOfImage),
      checkSum: hex(image.checkSum),
      fileVersion: image.fileVersion,
      productVersion: image.productVersion,
      company: image.company,
      description: image.description,
    }),
  };
}

import type { InputProblem, Source } from '@winmedic/core/model';
import type { Localized, Remedy } from '@winmedic/knowledge/model';
import { rfc3339 } from './format-time.ts';

/** A plain JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** A time under `name` as RFC 3339 text in the report's zone and under `nameNs` as decimal nanoseconds since 1970 UTC. */
export function time(name: string, ns: bigint | undefined, zone: string): JsonObject {
  if (ns === undefined) return {};
  const text = rfc3339(ns, zone);
  return { ...(text === '' ? {} : { [name]: text }), [`${name}Ns`]: ns.toString() };
}

/** Leaves out what is not known: absent, never null. */
export function known(fields: { readonly [key: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** A text in both languages. */
export function localized(text: Localized): JsonObject {
  return { en: text.en, ja: text.ja };
}

/** The remedies of a cause or setting. */
export function remediesToJson(remedies: readonly Remedy[]): Json {
  return remedies.map((remedy) =>
    known({
      id: remedy.id,
      text: localized(remedy.text),
      command: remedy.command,
      gpo: remedy.gpo && localized(remedy.gpo),
      risk: localized(remedy.risk),
      undo: localized(remedy.undo),
    }),
  );
}

/** The inputs with size and hash. */
export function inputsToJson(sources: readonly Source[]): Json {
  return sources.map((source) =>
    known({
      id: source.id,
      path: source.path,
      sha256: source.sha256 === '' ? undefined : source.sha256,
      bytes: source.sizeBytes.toString(),
      kind: source.kind,
    }),
  );
}

/** Problems with inputs. */
export function problemsToJson(problems: readonly InputProblem[]): Json {
  return problems.map((problem) =>
    known({
      code: problem.code,
      path: problem.path,
      severity: problem.severity,
      count: problem.count,
      offset: problem.offset?.toString(),
      what: problem.what,
      need: problem.need?.toString(),
      have: problem.have?.toString(),
      chunk: problem.chunk,
      recordId: problem.recordId,
    }),
  );
}

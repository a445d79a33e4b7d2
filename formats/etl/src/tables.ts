import { type Payload, readPayload } from './decode.ts';
import { MAX_PROVIDERS } from './limits.ts';
import type { EtlProviderTable, EtlTemplate } from './types.ts';

/** The tables handed in, each asked for once, its templates by event id. */
export class Tables {
  readonly #ask: ((guid: string) => EtlProviderTable | undefined) | undefined;
  readonly #known = new Map<string, { table: EtlProviderTable; byId: ReadonlyMap<number, readonly EtlTemplate[]> } | undefined>();

  constructor(ask: ((guid: string) => EtlProviderTable | undefined) | undefined) {
    this.#ask = ask;
  }

  /** Name of a provider; empty without a table. */
  providerName(guid: string): string {
    return this.#table(guid)?.table.name ?? '';
  }

  /** Name of an event: that of its version, else of any version. */
  eventName(guid: string, id: number, version: number): string {
    const templates = this.#templates(guid, id);
    return (
      (templates.find((one) => one.version === version && one.name !== undefined) ?? templates.find((one) => one.name !== undefined))
        ?.name ?? ''
    );
  }

  /**
   * Reads a payload by the template of its version. Of several with that version, and when there is none of all others, the one that fits the payload
   * exactly is taken, in ascending order of versions; when none does, the nearest version.
   */
  decode(
    guid: string,
    id: number,
    version: number,
    payload: Uint8Array,
    pointerBytes: 4 | 8,
  ): { payload: Payload; version: number } | undefined {
    const all = this.#templates(guid, id);
    if (all.length === 0) return undefined;
    const own = all.filter((one) => one.version === version);
    const choice = own.length > 0 ? own : all;
    let best: { payload: Payload; version: number } | undefined;
    for (const template of choice) {
      const read = { payload: readPayload(payload, template.fields, pointerBytes), version: template.version };
      if (choice.length === 1 || (read.payload.cutAt === undefined && read.payload.restBytes === 0)) return read;
      if (best === undefined || Math.abs(read.version - version) < Math.abs(best.version - version)) best = read;
    }
    return best;
  }

  #templates(guid: string, id: number): readonly EtlTemplate[] {
    return this.#table(guid)?.byId.get(id) ?? [];
  }

  #table(guid: string) {
    if (this.#ask === undefined || guid === '') return undefined;
    const known = this.#known.get(guid);
    if (known !== undefined || this.#known.has(guid)) return known;
    const table = this.#ask(guid);
    const made = table === undefined ? undefined : { table, byId: templatesById(table) };
    if (this.#known.size < MAX_PROVIDERS) this.#known.set(guid, made);
    return made;
  }
}

function templatesById(table: EtlProviderTable): ReadonlyMap<number, readonly EtlTemplate[]> {
  const byId = new Map<number, EtlTemplate[]>();
  for (const template of table.templates) {
    const list = byId.get(template.id);
    if (list === undefined) byId.set(template.id, [template]);
    else list.push(template);
  }
  for (const list of byId.values()) list.sort((a, b) => a.version - b.version);
  return byId;
}

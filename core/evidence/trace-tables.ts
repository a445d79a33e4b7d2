import { loadTraceTables, type TraceProviderTable, traceProvider } from '@winmedic/knowledge';

let byName: Map<string, string> | undefined;

/** Fields of the events of a provider, by its name in any case; of the newest Windows known. */
export function traceTableOf(name: string): TraceProviderTable | undefined {
  byName ??= new Map([...loadTraceTables().providers].map(([guid, provider]) => [provider.name.toLowerCase(), guid]));
  const guid = byName.get(name.toLowerCase());
  return guid === undefined ? undefined : traceProvider(guid);
}

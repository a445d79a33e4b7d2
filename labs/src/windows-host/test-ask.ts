import { randomUUID } from 'node:crypto';
import { type Envelope, type Operation, parseEnvelope, readFault, type WsmanFault, type WsmanRequest, writeRequest } from '@winmedic/wsman';
import type { Caller } from './caller.ts';
import { resolveSpec } from './resolved.ts';
import { WsmanService } from './service.ts';
import type { WindowsHostSpec } from './types.ts';

/** The service of a host without HTTP and login, for tests. */
export function serviceOf(spec: WindowsHostSpec = {}): WsmanService {
  return new WsmanService(resolveSpec(spec), new Date('2026-03-01T08:00:00Z'));
}

/** A caller with these rights. */
export function callerOf(rights: Caller['rights'] = 'admin', name = 'CORP\\alice'): Caller {
  return { name, rights, address: '127.0.0.1' };
}

/** A request with the headers clients send. */
export function requestOf(action: string, resourceUri: string, operation: Operation, more: Partial<WsmanRequest> = {}): string {
  return writeRequest({
    action,
    resourceUri,
    selectors: new Map(),
    options: new Map(),
    to: 'http://hv01.corp.example:5985/wsman',
    messageId: `uuid:${randomUUID().toUpperCase()}`,
    maxEnvelopeSize: 512_000,
    operationTimeoutMs: 20_000,
    operation,
    ...more,
  });
}

/** Sends a request to a service and reads the envelope that comes back, fault or not. */
export async function ask(service: WsmanService, request: string, caller: Caller = callerOf(), quota = false): Promise<Envelope> {
  const { xml } = await service.answer(Buffer.from(request), caller, quota);
  return parseEnvelope(xml);
}

/** Sends a request that must be refused. */
export async function faultOf(service: WsmanService, request: string, caller: Caller = callerOf(), quota = false): Promise<WsmanFault> {
  const { status, xml } = await service.answer(Buffer.from(request), caller, quota);
  const fault = readFault(parseEnvelope(xml));
  if (status !== 500 || fault === undefined) throw new Error(`no fault: ${status} ${xml.slice(0, 400)}`);
  return fault;
}

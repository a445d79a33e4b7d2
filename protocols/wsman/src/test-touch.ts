import { parseEnvelope } from './envelope.ts';
import { WsmanError } from './errors.ts';
import { readFault } from './fault.ts';
import { readInstance } from './instance.ts';
import { unsealBody } from './multipart.ts';
import { parseRequest } from './request-read.ts';
import { writeRequest } from './request-write.ts';
import {
  readCommandId,
  readCreated,
  readEnumerationPage,
  readEventPage,
  readIdentity,
  readShellOutput,
  readSubscribed,
} from './responses.ts';
import { ToyError, toyProtection } from './test-context.ts';
import { instantOf } from './times.ts';
import { isTime } from './values.ts';

/**
 * For fuzzing: reads an envelope as everything it could be. A {@link WsmanError} is an answer; any other throw is a fault.
 * @returns what it could be read as.
 */
export function fuzzEnvelope(bytes: Uint8Array): readonly string[] {
  const read: string[] = [];
  const attempt = (name: string, run: () => void) => {
    try {
      run();
      read.push(name);
    } catch (error) {
      if (!(error instanceof WsmanError)) throw error;
    }
  };
  attempt('envelope', () => {
    const envelope = parseEnvelope(bytes);
    const readers = { readCommandId, readCreated, readEventPage, readIdentity, readShellOutput, readSubscribed };
    for (const [name, reader] of Object.entries(readers)) attempt(name, () => reader(envelope));
    attempt('page', () => {
      for (const item of readEnumerationPage(envelope).items)
        for (const value of item.properties.values()) if (isTime(value)) instantOf(value);
    });
    attempt('instance', () => envelope.content !== undefined && readInstance(envelope.content));
    for (const code of readFault(envelope)?.codes ?? []) if (!(code >= 0 && code <= 0xffffffff)) throw new Error('a code that is none');
  });
  attempt('request', () => {
    const request = parseRequest(bytes);
    attempt('written', () => {
      // What can be written again is read again as the same operation.
      if (parseRequest(writeRequest(request)).operation.kind !== request.operation.kind) throw new Error('another operation');
    });
  });
  return read;
}

/** For fuzzing: takes a sealed body apart; see {@link fuzzEnvelope}. @returns the code of the refusal, or `unsealed`. */
export function fuzzSealed(contentType: string, body: Uint8Array, shape: 'ntlm' | 'aes' | 'rc4' | 'tls'): string {
  try {
    unsealBody(contentType, body, toyProtection('server', shape));
    return 'unsealed';
  } catch (error) {
    if (error instanceof WsmanError || error instanceof ToyError) return error.code;
    throw error;
  }
}

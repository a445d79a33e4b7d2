import { type Exchange, NS, parseEnvelope, parseXml, readFault, WsmanError, type WsmanFault, type XmlElement } from '@winmedic/wsman';
import type { Ladder } from './ladder.ts';
import { say } from './text.ts';

/** Bytes of an envelope that are shown. */
const MAX_SHOWN = 16_384;

/** Puts the envelopes of a message exchange into the conversation, in clear as they were before sealing. Logins are told by the transport. */
export function saySoap(ladder: Ladder, exchange: Exchange): void {
  if (exchange.kind !== 'message' || exchange.envelope === undefined) return;
  const asked = headersOf(exchange.envelope);
  const words = operationWords(asked.actionUri, asked.resourceUri, exchange.sealed);
  ladder.say({
    direction: 'sent',
    layer: 'soap',
    text: words.text,
    fields: [...words.fields, ...asked.selectors],
    bytes: exchange.envelope.slice(0, MAX_SHOWN),
  });
  if (exchange.answer === undefined) return;
  ladder.say({ direction: 'received', layer: 'soap', ...answerWords(exchange.answer), bytes: exchange.answer.slice(0, MAX_SHOWN) });
}

/**
 * An operation in words.
 * @param actionUri empty for Identify, which has no header at all (DSP0226 section 11).
 * @param isSealed whether it went encrypted; absent where that is not known.
 */
export function operationWords(actionUri: string, resourceUri: string, isSealed?: boolean) {
  const sealed = isSealed === undefined ? undefined : isSealed ? say('sealed', '暗号化') : say('in clear', '平文');
  const action = actionUri === '' ? 'Identify' : actionUri.slice(actionUri.lastIndexOf('/') + 1);
  const resource = resourceUri.replace(/^.*\/(?:wmi|wsman\/1)\//, '');
  const fields: readonly (readonly [string, string])[] = [
    ['Action', actionUri],
    ['ResourceURI', resourceUri],
  ];
  const how = sealed === undefined ? say('', '') : say(` (${sealed.en})`, ` (${sealed.ja})`);
  const name = `${action} ${resource}`.trim();
  return { text: say(`${name}${how.en}`, `${name}${how.ja}`), fields };
}

/** A fault in words. */
export function faultWords(fault: WsmanFault) {
  const codes = fault.codes.map((code) => `0x${code.toString(16)}`).join(', ');
  const fields: readonly (readonly [string, string])[] = [
    ['codes', codes],
    ['subcode', fault.soapSubcode],
    ...(fault.detail ? [['detail', fault.detail] as const] : []),
  ];
  return { text: say(`fault ${codes} ${fault.soapSubcode}`.trim(), `フォールト ${codes} ${fault.soapSubcode}`.trim()), fields };
}

function answerWords(answer: Uint8Array) {
  try {
    const envelope = parseEnvelope(answer);
    const fault = readFault(envelope);
    if (fault === undefined) {
      const name = envelope.content?.name ?? 'empty';
      return { text: say(`${name}`, `${name}`), fields: [['body', name] as const] };
    }
    return faultWords(fault);
  } catch (error) {
    if (!(error instanceof WsmanError)) throw error;
    return { text: say('an envelope that cannot be read', '読み取れないエンベロープ'), fields: [['code', error.code] as const] };
  }
}

function headersOf(envelope: Uint8Array) {
  let root: XmlElement;
  try {
    root = parseXml(envelope);
  } catch {
    return { actionUri: '', resourceUri: '', selectors: [] };
  }
  const header = root.child('Header', NS.s);
  const text = (name: string) => header?.elements.find((element) => element.name === name)?.text.trim() ?? '';
  const actionUri = text('Action');
  const resourceUri = text('ResourceURI');
  const filter = root
    .child('Body', NS.s)
    ?.elements[0]?.elements.find((element) => element.name === 'Filter')
    ?.text.trim();
  return {
    actionUri,
    resourceUri,
    selectors: filter === undefined ? [] : [['Filter', filter] as const],
  };
}

import { type Exchange, NS, parseEnvelope, parseXml, readFault, WsmanError, type XmlElement } from '@winmedic/wsman';
import type { Ladder } from './ladder.ts';
import { say } from './text.ts';

/** Bytes of an envelope that are shown. */
const MAX_SHOWN = 16_384;

/** Puts the envelopes of a message exchange into the conversation, in clear as they were before sealing. Logins are told by the transport. */
export function saySoap(ladder: Ladder, exchange: Exchange): void {
  if (exchange.kind !== 'message' || exchange.envelope === undefined) return;
  const asked = headersOf(exchange.envelope);
  const sealed = exchange.sealed ? say('sealed', '暗号化') : say('in clear', '平文');
  ladder.say({
    direction: 'sent',
    layer: 'soap',
    text: say(
      `${asked.action} ${asked.resource} (${sealed.en})`.replace('  ', ' '),
      `${asked.action} ${asked.resource} (${sealed.ja})`.replace('  ', ' '),
    ),
    fields: [['Action', asked.actionUri], ['ResourceURI', asked.resourceUri], ...asked.selectors],
    bytes: exchange.envelope.slice(0, MAX_SHOWN),
  });
  if (exchange.answer === undefined) return;
  ladder.say({ direction: 'received', layer: 'soap', ...answerWords(exchange.answer), bytes: exchange.answer.slice(0, MAX_SHOWN) });
}

function answerWords(answer: Uint8Array) {
  try {
    const envelope = parseEnvelope(answer);
    const fault = readFault(envelope);
    if (fault === undefined) {
      const name = envelope.content?.name ?? 'empty';
      return { text: say(`${name}`, `${name}`), fields: [['body', name] as const] };
    }
    const codes = fault.codes.map((code) => `0x${code.toString(16)}`).join(', ');
    return {
      text: say(`fault ${codes} ${fault.soapSubcode}`.trim(), `フォールト ${codes} ${fault.soapSubcode}`.trim()),
      fields: [
        ['codes', codes] as const,
        ['subcode', fault.soapSubcode] as const,
        ...(fault.detail ? [['detail', fault.detail] as const] : []),
      ],
    };
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
    return { action: '', actionUri: '', resource: '', resourceUri: '', selectors: [] };
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
    // Identify has no header at all (DSP0226 section 11).
    action: actionUri === '' ? 'Identify' : actionUri.slice(actionUri.lastIndexOf('/') + 1),
    actionUri,
    resource: resourceUri.replace(/^.*\/(?:wmi|wsman\/1)\//, ''),
    resourceUri,
    selectors: filter === undefined ? [] : [['Filter', filter] as const],
  };
}

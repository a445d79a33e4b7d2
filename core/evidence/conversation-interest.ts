import type { Conversation, Message } from '@winmedic/capture';

/**
 * Ports on which Windows is managed, and those a login or a name needs: what happens there is part of an attempt even when nothing was said.
 * @source Microsoft Learn, "Service overview and network port requirements for Windows"
 */
export const MANAGEMENT_PORTS: ReadonlySet<number> = new Set([80, 88, 135, 443, 445, 3389, 5985, 5986, 47_001]);

/** Media type and path under which WS-Management is spoken (MS-WSMV 2.2.1, 3.1.4.1.28). */
const WSMAN_PATH = /^(?:https?:\/\/[^/]+)?\/(?:wsman|wsman-anon)(?:[/?]|$)/i;

/**
 * May this conversation be part of an attempt to manage a host? Web pages, mail and files are not, whatever port they use; names and tickets are,
 * because an attempt may fail on them.
 */
export function isOfManagement({ server, protocols, messages, tcp }: Conversation): boolean {
  // A port that an endpoint mapper named is none of them, and is handed out only when it did not accept.
  if (tcp !== undefined && tcp.opening !== 'open' && (MANAGEMENT_PORTS.has(server.port) || messages.every(({ layer }) => layer === 'icmp')))
    return true;
  if (protocols.some((name) => name === 'rpc' || name === 'rdp' || name === 'kerberos' || name === 'dns' || name === 'credssp'))
    return true;
  if (server.port === 5985 || server.port === 5986 || server.port === 47_001) return true;
  return messages.some(speaksOfManagement);
}

/** A message only WS-Management or a login of Windows has. */
function speaksOfManagement(message: Message): boolean {
  if (message.layer !== 'http') return false;
  if (message.kind === 'request') {
    const { authorization, body, target } = message;
    return WSMAN_PATH.test(target) || body.state === 'sealed' || body.envelope !== undefined || authorization?.token?.ntlm !== undefined;
  }
  return message.kind === 'response' && (message.body.state === 'sealed' || message.body.envelope !== undefined);
}

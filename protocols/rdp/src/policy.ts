import { type ConnectionConfirm, type ConnectionRequest, RDP_PROTOCOL, RDP_RESPONSE_FLAG } from './negotiation.ts';

/** What a server accepts, for doubles. */
export interface RdpPolicy {
  /** `required`: CredSSP alone; `optional`: CredSSP for who asks, else TLS; `off`: no CredSSP. */
  readonly nla: 'required' | 'optional' | 'off';
  /** TLS without CredSSP is accepted; default true, without meaning when NLA is required. */
  readonly tls?: boolean;
  /** Standard RDP security is accepted; default false, without meaning when NLA is required. */
  readonly standard?: boolean;
  /** The server has a certificate; default true. */
  readonly certificate?: boolean;
  /** Restricted admin mode is offered; default false. */
  readonly restrictedAdmin?: boolean;
}

/**
 * A server's answer to a Connection Request (MS-RDPBCGR 2.2.1.2, 3.3.5.3.2).
 * @returns `undefined` when the connection is to be closed: a request without negotiation data cannot be told why.
 */
export function answerNegotiation(request: ConnectionRequest, policy: RdpPolicy): ConnectionConfirm | undefined {
  const { nla, tls = true, standard = false, certificate = true } = policy;
  const plain = standard && nla !== 'required';
  if (request.negotiation === undefined) return plain ? { kind: 'confirm' } : undefined;
  const { protocols } = request.negotiation;
  const asked = (bit: number): boolean => (protocols & bit) !== 0;
  const flags =
    RDP_RESPONSE_FLAG.extendedClientData |
    RDP_RESPONSE_FLAG.graphicsPipeline |
    (policy.restrictedAdmin ? RDP_RESPONSE_FLAG.restrictedAdmin : 0);
  const select = (protocol: number): ConnectionConfirm => ({ kind: 'confirm', selected: { flags, protocol } });
  const fail = (failure: number): ConnectionConfirm => ({ kind: 'confirm', failure });

  const external = asked(RDP_PROTOCOL.ssl) || asked(RDP_PROTOCOL.hybrid);
  if (!external) return plain ? select(0) : fail(nla === 'required' ? 5 : 1);
  if (nla === 'off' && !tls) return fail(2);
  if (!certificate) return fail(3);
  if (nla !== 'off' && asked(RDP_PROTOCOL.hybrid))
    return select(asked(RDP_PROTOCOL.hybridEx) ? RDP_PROTOCOL.hybridEx : RDP_PROTOCOL.hybrid);
  if (nla === 'required' || !tls) return fail(5);
  return asked(RDP_PROTOCOL.ssl) ? select(RDP_PROTOCOL.ssl) : fail(1);
}

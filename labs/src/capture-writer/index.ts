/** Writes capture files for tests: pcap, pcapng, Network Monitor, and the packets in them. Nothing of it reads. */
export { addressBytes, internetChecksum } from './addresses.ts';
export { ByteOut, joined } from './byte-out.ts';
export { DNS_RCODES, DNS_TYPES, dnsAnswer, dnsQuestion, type WriteDnsRecord } from './dns.ts';
export { IPV6_EXTENSIONS, IPV6_PADDING, type IpOptions, ipFragments, ipPacket } from './ip.ts';
export {
  type EthernetOptions,
  erspan,
  ethernet,
  gre,
  ipInIp,
  linuxSll,
  linuxSll2,
  loopback,
  raw,
  type TunnelEnds,
  vxlan,
} from './link.ts';
export {
  type FailedOpening,
  failedOpening,
  inOrder,
  kerberosFrame,
  onlyFrom,
  REFUSED_REPEATS,
  SYN_REPEATS,
  seenFrom,
  sliced,
  type TalkOptions,
  udpExchange,
  type Vantage,
} from './packets.ts';
export { TCP_FLAGS, type TcpSegment, tcpSegment, UNREACHABLE, udpSegment, unreachablePacket } from './segments.ts';
export { RESEND_AFTER, type SendOptions, TcpConversation, type TcpOptions } from './tcp-conversation.ts';
export { LINK_TYPES, type LinkLayer, type Side, type WriteEndpoint, type WritePacket } from './types.ts';
export { type NetMonOptions, writeNetMon } from './write-netmon.ts';
export { type PcapOptions, writePcap } from './write-pcap.ts';
export { type WriteInterface, type WriteSection, writePcapng } from './write-pcapng.ts';

const plural = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** Words for captures and traces. */
export const trafficEn = {
  frame: (n: number) => `frame ${n}`,
  stream: (transport: string, n: number) => `${transport} stream ${n}`,
  section: 'Connections',
  sectionCoverage: 'What the captures and traces cover',
  noFault: (n: number) => `No fault was found in ${plural(n, 'conversation')}.`,
  noFaultAttempts: (n: number) => `No fault was found in ${plural(n, 'attempt')}.`,
  noAttempt: (n: number) =>
    n === 0
      ? 'Nothing by which a Windows host is managed (WinRM, WMI over DCOM, RDP) is in the recordings.'
      : `${plural(n, 'conversation')} considered; none is an attempt to manage a Windows host (WinRM, WMI over DCOM, RDP).`,
  noStop: 'The logs among the evidence show no stop.',
  packets: (n: number) => plural(n, 'packet'),
  streams: (tcp: number, udp: number) => `${tcp.toLocaleString('en')} TCP and ${udp.toLocaleString('en')} UDP streams`,
  considered: (kept: number, all: number) => `${kept.toLocaleString('en')} of ${plural(all, 'conversation')} considered`,
  records: (n: number) => plural(n, 'record'),
  build: (build: string) => `recorded on Windows ${build}`,
  sliced: (n: number) => `${plural(n, 'packet')} cut when recorded`,
  oneSided: (n: number) => `${plural(n, 'conversation')} with one direction only`,
  late: (n: number) => `${plural(n, 'conversation')} without the beginning`,
  lost: (n: number) => `${plural(n, 'conversation')} with bytes that were not recorded`,
  dropped: (n: number) => `${plural(n, 'packet')} dropped by the recorder`,
  cut: 'the file ends in the middle',
  damaged: (n: number) => `${plural(n, 'damage')}, see the problems with inputs`,
  limit: (name: string, n: number) => `cap "${name}" reached ${n === 1 ? 'once' : `${n.toLocaleString('en')} times`}`,
  eventsLost: (events: number, buffers: number) =>
    `${plural(events, 'event')} and ${plural(buffers, 'buffer')} lost while recording: absence means nothing`,
  providers: (list: string) => `providers: ${list}`,
  recordedTwice: (n: number) => `Recorded at two places: what was said is in stream ${n}.`,
  started: 'First packet',
  ended: 'Last packet',
  ends: 'Client and server',
  file: 'File',
  protocols: 'Protocols',
  traffic: (packets: number, client: number, server: number) =>
    `${plural(packets, 'packet')}, ${plural(client, 'byte')} from the client, ${plural(server, 'byte')} from the server`,
  told: 'What was said',
  nothingTold: 'Nothing of a known protocol.',
};

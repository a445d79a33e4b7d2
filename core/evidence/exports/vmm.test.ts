import { describe, expect, it } from 'vitest';
import { read, recognised } from './test-read.ts';

const CLASS = 'com.ibm.license.mgmt.vmmanager.hyperv.net.HttpConnector';
const LOG = `2019-05-22 10:11:12,345 [pool-1-thread-1] INFO com.ibm.license.mgmt.vmmanager.Main::run:: started
2019-05-22 10:11:13,000 [pool-1-thread-1] ERROR ${CLASS}::send:: An error occured while trying to send request to http://hv01.corp.example/wsman
2019-05-22 10:11:13,001 [pool-1-thread-1] ERROR ${CLASS}::send:java.net.ConnectException: Connection refused: connect
	at java.net.Socket.connect(Socket.java:589)
2019-05-22 10:11:14,000 [pool-1-thread-1] INFO ${CLASS}::retrieve:: Response Code is: 401
2019-05-22 10:11:14,001 [pool-1-thread-1] ERROR ${CLASS}::retrieve:: The following response code was returned while connecting to VM Manager http://admin:pw@hv02:5985/wsman: responseCode = 500
`;

describe('log of the VM Manager tool', () => {
  it('gives refused requests with their cause, and the answers of the server', () => {
    const { kind, events, problems } = read(LOG);
    expect(kind).toBe('vmm-log');
    expect(events.map((e) => [e.provider, e.eventId, e.level, e.origin.line, Object.fromEntries(e.fields)])).toEqual([
      [
        'ibm-vmmanager',
        1,
        2,
        2,
        { url: 'http://hv01.corp.example/wsman', cause: 'java.net.ConnectException: Connection refused: connect' },
      ],
      ['ibm-vmmanager', 2, 2, 5, { responseCode: '401' }],
      ['ibm-vmmanager', 2, 2, 6, { url: 'http://hv02:5985/wsman', responseCode: '500' }],
    ]);
    expect(events[0]?.time).toBe(BigInt(Date.UTC(2019, 4, 22, 1, 11, 13)) * 1_000_000n);
    expect(problems).toEqual([]);
  });

  it('does not guess a time', () => {
    const { events, codes } = read(`05/06/19 10:11:12 ${CLASS}::retrieve:: Response Code is: 200\n`);
    expect(events).toMatchObject([{ time: 0n, level: 4 }]);
    expect(codes).toEqual(['EXPORT_NO_TIME line 1']);
  });
});

describe('settings of the VM Manager tool', () => {
  it('gives the settings and the port that the address means', () => {
    const { kind, values } = read(`# VM manager
vmm_url=http\\://hv01.corp.example/wsman
vmm_login=CORP\\\\svc
vmm_password=\\u0041bc
vmm_communication_interface=WINRM
vmm_thread_pool_size = 5
other=1
`);
    expect(kind).toBe('vmm-properties');
    expect(values).toEqual({
      'vmm:config!vmm_url': 'http://hv01.corp.example/wsman',
      'vmm:config!vmm_url_port': '80',
      'vmm:config!vmm_login': 'CORP\\svc',
      'vmm:config!vmm_password': 'present',
      'vmm:config!vmm_communication_interface': 'WINRM',
      'vmm:config!vmm_thread_pool_size': '5',
    });
  });

  it('knows the port of every kind of address, and of none that it would have to make up', () => {
    const port = (url: string): unknown => read(`vmm_url=${url}\n`).values['vmm:config!vmm_url_port'];
    expect(port('https://hv01/wsman')).toBe('443');
    expect(port('http://hv01:5985/wsman')).toBe('5985');
    expect(port('http://[2001:db8::1]:5985/wsman')).toBe('5985');
    expect(port('HTTP://user:secret@hv01/wsman')).toBe('80');
    expect(port('hv01')).toBeUndefined();
    expect(read('vmm_url=http://user:secret@hv01/wsman\n').values['vmm:config!vmm_url']).toBe('http://hv01/wsman');
  });

  it('is told by its names', () => {
    expect(recognised('url=http://hv01\nlogin=x\n')).toBe(false);
  });
});

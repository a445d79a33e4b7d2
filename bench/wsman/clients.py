"""pypsrp and pywinrm doing the job of bench/wsman/job.ts. One job as JSON on stdin, one result as JSON on stdout.

Job: library (pypsrp, pywinrm), port, user, password, wql, count, byHand (the caller adds what MS-WSMV has and the library does not know:
OptimizeEnumeration and the MaxEnvelopeSize of today's hosts). With parse, a file, its envelope is parsed instead: the best time of the parser alone.
"""
import importlib
import json
import resource
import sys
import time
import warnings
import xml.etree.ElementTree as ET

warnings.filterwarnings('ignore')
job = json.load(sys.stdin)
WMI = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/*'
WQL = 'http://schemas.microsoft.com/wbem/wsman/1/WQL'
WSEN = 'http://schemas.xmlsoap.org/ws/2004/09/enumeration'
WSMAN = 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd'
BATCH = '32000'
ENVELOPE = 512000
messages = 0
rows = 0
characters = 0


def read(body):
    """Instances as dictionaries; gives the context of the next pull, or None at the end."""
    global rows, characters
    answer = body[0]
    items = answer.find('{%s}Items' % WSMAN)
    if items is None:
        items = answer.find('{%s}Items' % WSEN)
    for item in items if items is not None else ():
        instance = {cell.tag.rpartition('}')[2]: cell.text for cell in item}
        rows += 1
        characters += sum(len(text) for text in instance.values() if text is not None)
    if answer.find('{%s}EndOfSequence' % WSMAN) is not None or answer.find('{%s}EndOfSequence' % WSEN) is not None:
        return None
    return answer.find('{%s}EnumerationContext' % WSEN).text


def enumerate_all(ask):
    """ask(action, context) gives the body of the answer."""
    global messages
    messages += 1
    context = read(ask('Enumerate', None))
    while context is not None:
        messages += 1
        context = read(ask('Pull', context))


def pypsrp():
    from pypsrp.wsman import WSMan

    def enumerate_element():
        element = ET.Element('{%s}Enumerate' % WSEN)
        if job['byHand']:
            ET.SubElement(element, '{%s}OptimizeEnumeration' % WSMAN)
            ET.SubElement(element, '{%s}MaxElements' % WSMAN).text = BATCH
        ET.SubElement(element, '{%s}Filter' % WSMAN, Dialect=WQL).text = job['wql']
        return element

    def pull_element(context):
        element = ET.Element('{%s}Pull' % WSEN)
        ET.SubElement(element, '{%s}EnumerationContext' % WSEN).text = context
        ET.SubElement(element, '{%s}MaxElements' % WSEN).text = BATCH
        return element

    def run():
        more = {'max_envelope_size': ENVELOPE} if job['byHand'] else {}
        with WSMan('127.0.0.1', port=job['port'], ssl=False, auth='ntlm', username=job['user'], password=job['password'], **more) as wsman:
            def ask(action, context):
                if action == 'Enumerate':
                    return wsman.enumerate(WMI, enumerate_element())
                return wsman.pull(WMI, pull_element(context))

            for _ in range(job['count']):
                enumerate_all(ask)

    return run


def pywinrm():
    import xmltodict
    from winrm.protocol import Protocol

    def run():
        protocol = Protocol('http://127.0.0.1:%d/wsman' % job['port'], transport='ntlm', username=job['user'], password=job['password'],
                            message_encryption='always')

        def ask(action, context):
            envelope = protocol.build_wsman_header(WSEN + '/' + action, WMI)
            if action == 'Enumerate':
                content = {'w:OptimizeEnumeration': None, 'w:MaxElements': BATCH} if job['byHand'] else {}
                content['w:Filter'] = {'@Dialect': WQL, '#text': job['wql']}
            else:
                content = {'n:EnumerationContext': context, 'n:MaxElements': BATCH}
            if job['byHand']:
                envelope['env:Header']['w:MaxEnvelopeSize']['#text'] = str(ENVELOPE)
            envelope['env:Body'] = {'n:' + action: content}
            root = ET.fromstring(protocol.send_message(xmltodict.unparse({'env:Envelope': envelope})))
            return root.find('{http://www.w3.org/2003/05/soap-envelope}Body')

        for _ in range(job['count']):
            enumerate_all(ask)
        protocol.transport.close_session()

    return run


def parse():
    with open(job['parse'], 'rb') as file:
        envelope = file.read()
    best = float('inf')
    for _ in range(job['count']):
        start = time.perf_counter()
        ET.fromstring(envelope)
        best = min(best, time.perf_counter() - start)
    json.dump({'wallMs': best * 1000}, sys.stdout)
    sys.exit()


if 'parse' in job:
    parse()
run = {'pypsrp': pypsrp, 'pywinrm': pywinrm}[job['library']]()
# What the libraries import late is import, too.
importlib.import_module('spnego')
for name in {'pypsrp': ('pypsrp.encryption',), 'pywinrm': ('requests_ntlm', 'winrm.encryption')}[job['library']]:
    importlib.import_module(name)
wall = time.perf_counter()
cpu = time.process_time()
run()
wall = time.perf_counter() - wall
cpu = time.process_time() - cpu
json.dump({
    'wallMs': wall * 1000,
    'cpuMs': cpu * 1000,
    'processCpuMs': time.process_time() * 1000,
    'peakMegabytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    'messages': messages,
    'rows': rows,
    'characters': characters,
}, sys.stdout)

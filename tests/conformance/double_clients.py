"""pypsrp and pywinrm as clients of the host double. One job as JSON on stdin, one result as JSON on stdout.

Job: library (pypsrp, pywinrm), auth, port, ssl, username, password, hostname, certificate, key, encryption.
Result: {"rows", "output", "code", "envelope"} or {"error", "text"}.
"""
import json
import sys
import types
import warnings
import xml.etree.ElementTree as ET

warnings.filterwarnings('ignore')
job = json.load(sys.stdin)
if job.get('gssapi'):
    # Debian's python3-gssapi lies outside the environment of the peers. pyspnego also imports the module krb5, but calls it only to get tickets
    # itself: with a ticket in the cache an empty module is enough, and krb5 has no wheel and needs the headers of MIT Kerberos.
    sys.path.append(job['gssapi'])
    try:
        import krb5  # noqa: F401
    except ImportError:
        sys.modules['krb5'] = types.ModuleType('krb5')

WQL = "select Name, State from Win32_Service where State = 'Running'"
WMI = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/*'


def pypsrp():
    from pypsrp.shell import Process, SignalCode, WinRS
    from pypsrp.wsman import NAMESPACES, WSMan

    # The service's name is compared with case by MIT Kerberos, without by Windows.
    extra = {'negotiate_service': 'HTTP'}
    if job.get('hostname'):
        extra['negotiate_hostname_override'] = job['hostname']
    if job.get('certificate'):
        extra.update(certificate_pem=job['certificate'], certificate_key_pem=job['key'])
    with WSMan('127.0.0.1', port=job['port'], ssl=job['ssl'], auth=job['auth'], username=job.get('username'),
               password=job.get('password'), cert_validation=False, encryption=job.get('encryption', 'auto'), **extra) as wsman:
        wsman.update_max_payload_size()
        enumerate_ = ET.Element('{%s}Enumerate' % NAMESPACES['wsen'])
        ET.SubElement(enumerate_, '{%s}OptimizeEnumeration' % NAMESPACES['wsman'])
        ET.SubElement(enumerate_, '{%s}MaxElements' % NAMESPACES['wsman']).text = '32000'
        dialect = 'http://schemas.microsoft.com/wbem/wsman/1/WQL'
        ET.SubElement(enumerate_, '{%s}Filter' % NAMESPACES['wsman'], Dialect=dialect).text = WQL
        answer = wsman.enumerate(WMI, enumerate_)
        rows = [[cell.text for cell in row] for row in answer.iter('{%s}XmlFragment' % NAMESPACES['wsman'])]
        with WinRS(wsman) as shell:
            process = Process(shell, 'echo', ['from', 'pypsrp'])
            process.invoke()
            process.signal(SignalCode.CTRL_C)
        return {'rows': rows, 'output': process.stdout.decode(), 'code': process.rc, 'envelope': wsman.max_envelope_size}


def pywinrm():
    import winrm

    url = '%s://127.0.0.1:%d/wsman' % ('https' if job['ssl'] else 'http', job['port'])
    extra = {}
    if job.get('hostname'):
        extra['kerberos_hostname_override'] = job['hostname']
    if job.get('certificate'):
        extra.update(cert_pem=job['certificate'], cert_key_pem=job['key'])
    session = winrm.Session(url, auth=(job.get('username'), job.get('password')), transport=job['auth'], server_cert_validation='ignore',
                            message_encryption=job.get('encryption', 'auto'), **extra)
    result = session.run_cmd('echo', ['from', 'pywinrm'])
    return {'output': result.std_out.decode(), 'code': result.status_code}


try:
    result = {'pypsrp': pypsrp, 'pywinrm': pywinrm}[job['library']]()
except Exception as error:  # the name of the peer's error is the result
    result = {'error': type(error).__name__, 'text': str(error)[:500]}
json.dump(result, sys.stdout)

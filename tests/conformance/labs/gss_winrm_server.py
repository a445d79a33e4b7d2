#!/usr/bin/python3
"""A WinRM-like HTTP(S) server whose security is not ours: every token, seal and channel binding is judged by the system's
GSS-API (python3-gssapi over MIT krb5 and the gss-ntlmssp plug-in). Debian: python3-gssapi gss-ntlmssp.

Answers by wsa:Action from --answers (JSON: action -> body element as text, `{n}` counts the requests); every other request gets an
IdentifyResponse. Refuses clear SOAP over HTTP with 500, a bad login with 401, a body that does not unseal with 400.
Prints one JSON line per request on stdout: status, path, scheme of the Authorization header, user and mech of the login, and for messages
sealed, action, the SHA-256 digests of the clear bodies ("asked", "answered"), and "pac" when the ticket had one; "why" for refusals.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import socketserver
import ssl
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler

parser = argparse.ArgumentParser()
parser.add_argument('--port', type=int, required=True)
parser.add_argument('--host', default='127.0.0.1')
parser.add_argument('--schemes', default='Negotiate,Kerberos')
parser.add_argument('--allow-unencrypted', action='store_true')
parser.add_argument('--cert')
parser.add_argument('--key')
parser.add_argument('--cbt', choices=['none', 'relaxed', 'strict'], default='none')
parser.add_argument('--user-file', help='NTLM_USER_FILE: lines DOMAIN:user:password')
parser.add_argument('--keytab', help='KRB5_KTNAME')
parser.add_argument('--basic', help='file with user:password')
parser.add_argument('--answers', help='JSON file: action -> body')
options = parser.parse_args()
if options.user_file:
    os.environ['NTLM_USER_FILE'] = options.user_file
if options.keytab:
    os.environ['KRB5_KTNAME'] = options.keytab

import gssapi  # noqa: E402  (reads the environment when it is loaded)
from gssapi.raw import ChannelBindings, IOV, IOVBufferType, wrap_iov  # noqa: E402

KERBEROS = '1.2.840.113554.1.2.2'
CHANNEL_BOUND = 0x800  # GSS_C_CHANNEL_BOUND_FLAG of MIT krb5 1.19
SOAP = 'http://www.w3.org/2003/05/soap-envelope'
ADDRESSING = 'http://schemas.xmlsoap.org/ws/2004/08/addressing'
IDENTIFY = (
    '<wsmid:IdentifyResponse xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    '<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>'
    '<wsmid:ProductVendor>GSS counterpart</wsmid:ProductVendor>'
    '<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion></wsmid:IdentifyResponse>'
)
basic = open(options.basic).read().strip() if options.basic else None
answers = json.load(open(options.answers)) if options.answers else {}
bindings = None
if options.cert and options.cbt != 'none':
    der = ssl.PEM_cert_to_DER_cert(open(options.cert).read())
    bindings = ChannelBindings(application_data=b'tls-server-end-point:' + hashlib.sha256(der).digest())
lock = threading.Lock()
served = 0


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    context = None
    scheme = None
    user = None
    complete = False
    pac = False

    def log_message(self, *_):
        pass

    def tell(self, status, **more):
        mech = self.context.mech.dotted_form if self.context is not None and self.complete else None
        scheme = (self.headers.get('Authorization') or '').partition(' ')[0] or None
        line = {'status': status, 'path': self.path, 'scheme': scheme, 'user': self.user, 'mech': mech, **more}
        with lock:
            print(json.dumps(line), flush=True)

    def reply(self, status, body=b'', content_type=None, challenge=None, **more):
        self.tell(status, **more)
        head = [f'HTTP/1.1 {status} {"OK" if status == 200 else "No"}', f'Content-Length: {len(body)}']
        if challenge is not None:
            head.append(f'WWW-Authenticate: {challenge}')
        elif status == 401:
            for scheme in options.schemes.split(','):
                head.append('WWW-Authenticate: ' + ('Basic realm="WSMAN"' if scheme == 'Basic' else scheme))
        if content_type:
            head.append(f'Content-Type: {content_type}')
        self.wfile.write('\r\n'.join(head).encode() + b'\r\n\r\n' + body)

    def unseal(self, body):
        clear = b''
        parts = re.split(rb'--\s*Encrypted Boundary(?:--)?\r\n', body)
        for header, part in zip(parts[1::2], parts[2::2]):
            length = int(re.search(rb'Length=(\d+)', header).group(1))
            sealed = part.split(b'\r\n', 1)[1]
            # Header and data together are a wrap token of RFC 4121 or NTLM.
            message = self.context.unwrap(sealed[4:])
            if not message.encrypted:
                raise ValueError('signed only')
            # A framed token is one of RC4, padded by one byte that Length counts (RFC 1964, RFC 4757).
            padding = 1 if sealed[4] == 0x60 else 0
            if len(message.message) + padding != length:
                raise ValueError(f'length {len(message.message)} and padding {padding} are not {length}')
            clear += message.message
        return clear

    def seal(self, clear):
        protocol = f'application/HTTP-{"Kerberos" if self.scheme == "Kerberos" else "SPNEGO"}-session-encrypted'
        length = len(clear)
        if self.context.mech.dotted_form == KERBEROS:
            iov = IOV(IOVBufferType.header, clear, IOVBufferType.padding, std_layout=False)
            wrap_iov(self.context, iov, True, None)
            padding = iov[2].value or b''
            size, sealed, length = len(iov[0].value), iov[0].value + iov[1].value + padding, length + len(padding)
        else:
            size, sealed = 16, self.context.wrap(clear, True).message
        body = (
            f'--Encrypted Boundary\r\n\tContent-Type: {protocol}\r\n'
            f'\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={length}\r\n'
            '--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n'
        ).encode() + struct.pack('<I', size) + sealed + b'--Encrypted Boundary--\r\n'
        return body, f'multipart/encrypted;protocol="{protocol}";boundary="Encrypted Boundary"'

    def log_in(self, authorization):
        """Returns (answered, challenge): answered when the reply has gone out."""
        scheme, _, token = authorization.partition(' ')
        if scheme == 'Basic' and 'Basic' in options.schemes and basic is not None:
            if base64.b64decode(token).decode() != basic:
                self.reply(401, why='basic')
                return True, None
            self.complete, self.scheme, self.user = True, 'Basic', basic.split(':')[0]
            return False, None
        if scheme not in ('Negotiate', 'Kerberos') or scheme not in options.schemes.split(','):
            self.reply(401, why='scheme')
            return True, None
        challenge = None
        try:
            if self.context is None or self.complete:
                self.context, self.complete = gssapi.SecurityContext(usage='accept', channel_bindings=bindings), False
            raw = base64.b64decode(token)
            if options.cbt == 'strict' and b'NTLMSSP\0\x03' in raw:
                # gss-ntlmssp checks the binding only when the client sends one; strict also asks for it.
                found = re.search(rb'\x0a\x00\x10\x00(.{16})', raw, re.S)
                if not found or found.group(1) == bytes(16):
                    raise ValueError('no MsvAvChannelBindings')
            self.scheme = scheme
            answer = self.context.step(raw)
            challenge = f'{scheme} {base64.b64encode(answer).decode()}' if answer else None
            # Where the mechanism explains its refusal in a token, python3-gssapi gives that first and raises here.
            done = self.context.complete
        except Exception as error:  # a refused login, whatever the mechanism calls it
            self.context = None
            self.reply(401, challenge=challenge, why=str(error).replace('\n', ' '))
            return True, None
        if not done:
            self.reply(401, challenge=challenge or scheme)
            return True, None
        if options.cbt == 'strict' and self.context.mech.dotted_form == KERBEROS and not int(self.context.actual_flags) & CHANNEL_BOUND:
            self.context = None
            self.reply(401, why='no channel binding')
            return True, None
        # gss-ntlmssp counts the terminating zero of its names.
        self.complete, self.user = True, str(self.context.initiator_name).rstrip('\0')
        # Attributes of the name that come out of a PAC whose signatures the mechanism verified (RFC 6680).
        named = gssapi.raw.inquire_name(self.context.initiator_name).attrs if self.context.mech.dotted_form == KERBEROS else []
        self.pac = any(name.startswith(b'urn:mspac:') for name in named)
        return False, challenge

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        authorization = self.headers.get('Authorization')
        challenge = None
        if authorization:
            answered, challenge = self.log_in(authorization)
            if answered:
                return
        if not self.complete:
            return self.reply(401)
        if not body:
            return self.reply(200, challenge=challenge)
        sealed = (self.headers.get('Content-Type') or '').startswith('multipart/')
        if sealed:
            try:
                body = self.unseal(body)
            except Exception as error:  # what the peer sent does not unseal
                return self.reply(400, why=str(error).replace('\n', ' '))
        elif not options.cert and not options.allow_unencrypted:
            return self.reply(401 if self.scheme == 'Basic' else 500, why='clear')
        found = re.search(rb'<(?:\w+:)?Action[^>]*>([^<]+)<', body)
        action = found.group(1).decode().strip() if found else ''
        message = re.search(rb'<(?:\w+:)?MessageID[^>]*>([^<]+)<', body)
        global served
        with lock:
            served += 1
            number = served
        inner = answers.get(action, IDENTIFY).replace('{n}', str(number))
        relates = f'<a:RelatesTo>{message.group(1).decode()}</a:RelatesTo>' if message else ''
        head = f'<a:Action>{action}Response</a:Action>{relates}' if action else ''
        answer = (
            f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}"><s:Header>{head}</s:Header>'
            f'<s:Body>{inner}</s:Body></s:Envelope>'
        ).encode()
        content_type = 'application/soap+xml;charset=UTF-8'
        told = {'sealed': sealed, 'action': action, 'asked': digest(body), 'answered': digest(answer)}
        if sealed:
            answer, content_type = self.seal(answer)
        if self.pac:
            told['pac'] = True
        self.reply(200, answer, content_type, challenge=challenge, **told)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


server = Server((options.host, options.port), Handler)
if options.cert:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options.cert, options.key)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
print(json.dumps({'listening': options.port}), flush=True)
server.serve_forever()

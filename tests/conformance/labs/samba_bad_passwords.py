#!/usr/bin/python3
"""Bad passwords of every account since its last logon, as the directory of a Samba domain controller holds them: JSON, user -> count.

Argument: its smb.conf. Debian: python3-samba.
"""
import json
import sys

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

lp = LoadParm()
lp.load(sys.argv[1])
directory = SamDB(url=lp.samdb_url(), session_info=system_session(), lp=lp)
found = directory.search(directory.domain_dn(), expression='(objectClass=user)', attrs=['sAMAccountName', 'badPwdCount'])
print(json.dumps({str(entry['sAMAccountName']): int(str(entry.get('badPwdCount', ['0'])[0])) for entry in found}))

#!/usr/bin/python3
"""Fills the directory of a Samba domain controller that does not run yet: one process instead of a samba-tool for each account.

Standard input: {"conf", "users": [{"user", "password", "expired", "disabled"}], "computer", "password", "services": [principal],
"keytab", "lockoutThreshold"}. The keytab gets the keys of all services. Debian: python3-samba.
"""
import json
import sys

from samba.auth import system_session
from samba.net import Net
from samba.credentials import Credentials
from samba.dckeytab import *  # noqa: F401,F403  (gives Net its export_keytab)
from samba.param import LoadParm
from samba.samdb import SamDB

asked = json.load(sys.stdin)
lp = LoadParm()
lp.load(asked['conf'])
directory = SamDB(url=lp.samdb_url(), session_info=system_session(), lp=lp)
directory.modify_ldif(
    f'dn: {directory.domain_dn()}\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: {asked["lockoutThreshold"]}\n'
)
for user in asked['users']:
    directory.newuser(user['user'], user['password'], force_password_change_at_next_login_req=user.get('expired', False))
    if user.get('disabled'):
        directory.disable_account(f'(sAMAccountName={user["user"]})')
directory.newcomputer(asked['computer'], service_principal_name_list=asked['services'])
directory.setpassword(f'(sAMAccountName={asked["computer"]}$)', asked['password'])
credentials = Credentials()
credentials.guess(lp)
for service in asked['services']:
    Net(credentials, lp).export_keytab(keytab=asked['keytab'], principal=service)

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Exact versions of the peers; the same as in tests/conformance. */
const VERSIONS = ['pypsrp==0.9.1', 'pyspnego==0.12.4', 'pywinrm==0.5.0', 'requests-credssp==2.0.0', 'requests_ntlm==1.3.0'];
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Python with pypsrp and pywinrm: that of WINMEDIC_PYTHON_PEERS, or an environment made in node_modules/.cache; `undefined` when neither can be had. */
export function pythonWithPeers(): string | undefined {
  const complete = (python: string): boolean => spawnSync(python, ['-c', 'import pypsrp, winrm, requests_ntlm']).status === 0;
  const given = process.env['WINMEDIC_PYTHON_PEERS'];
  if (given !== undefined) return complete(given) ? given : undefined;
  const folder = join(root, 'node_modules/.cache/winmedic-python-peers');
  const python = join(folder, 'bin/python');
  if (complete(python)) return python;
  spawnSync('python3', ['-m', 'venv', folder], { timeout: 120_000 });
  spawnSync(python, ['-m', 'pip', 'install', '--quiet', ...VERSIONS], { timeout: 300_000 });
  return complete(python) ? python : undefined;
}

/** What the environment really holds, for the head of the report. */
export function peerVersions(python: string): string {
  const script =
    'from importlib.metadata import version; print(*[f"{n} {version(n)}" for n in ("pypsrp", "pywinrm", "pyspnego")], sep=", ")';
  return spawnSync(python, ['-c', script], { encoding: 'utf8' }).stdout.trim();
}

// Who can log in, and what of it is secret: root, users, and every place that has a credential.
import type { Path } from '../common/yaml.ts';
import { checkTwice } from './findings.ts';
import type { Findings } from './findings.ts';
import type { HostFile } from './schema/host-file.ts';
import { listSecrets } from './secret-places.ts';

type Login = HostFile['root'];

/** Checks accounts and secrets. */
export function checkAccess(hostFile: HostFile, findings: Findings): void {
  const { users } = hostFile;
  checkTwice(
    users.map(({ name }) => name),
    ['users'],
    'users',
    findings,
  );
  checkLogins(hostFile, findings);
  checkPlainText(hostFile, findings);
  checkTransport(hostFile, findings);
}

function canLogIn(login: Login): boolean {
  const { passwordHash, password, sshKeys } = login;
  // "!" locks the password.
  return (
    (passwordHash !== undefined && passwordHash !== '!') ||
    password !== undefined ||
    sshKeys.length > 0
  );
}

function checkLogins({ root, users }: HostFile, findings: Findings): void {
  if (!canLogIn(root) && !users.some((user) => user.sudo && canLogIn(user))) {
    findings.warn(
      'input/no-login',
      'nobody can log in as root: there is no password, no hash, no SSH key and no user with sudo',
      {
        path: ['root'],
        hint: 'add root.passwordHash (openssl passwd -6), root.sshKeys, or a user with "sudo: true"',
      },
    );
  }
  users.forEach((user, index) => {
    if (canLogIn(user)) return;
    findings.warn('input/no-login', `the user ${user.name} cannot log in`, {
      path: ['users', index],
      hint: 'add a passwordHash or sshKeys',
    });
  });
}

/** A secret in the file is read by whoever gets hold of the file; the token of a report can be nothing else. */
function checkPlainText(hostFile: HostFile, findings: Findings): void {
  for (const { path, secret, kind } of listSecrets(hostFile)) {
    if (typeof secret !== 'string' || kind === 'token') continue;
    findings.warn('input/plain-password', 'a password is written down in plain text', {
      path,
      hint:
        kind === 'login'
          ? 'use passwordHash, made with: openssl passwd -6'
          : 'name where it comes from: { file: PATH }, { url: URL } or { prompt: WORDS }',
    });
  }
}

/** What is secret on the way: over http anybody between can read it. */
function checkTransport(hostFile: HostFile, findings: Findings): void {
  const { report } = hostFile;
  if (report !== undefined && isPlainHttp(report.url)) {
    if (report.token !== undefined) {
      findings.error('input/token-over-http', 'the token would be sent without encryption', {
        path: ['report', 'url'],
        hint: 'use an https URL; a certificate of your own is pinned with report.fingerprint',
      });
    }
    checkPin(report, ['report'], findings);
  }
  for (const { path, secret } of listSecrets(hostFile)) {
    if (typeof secret === 'string' || !('url' in secret) || !isPlainHttp(secret.url)) continue;
    findings.warn('input/secret-over-http', 'a secret would be fetched without encryption', {
      path: [...path, 'url'],
      hint: 'use an https URL; a certificate of your own is pinned with fingerprint',
    });
    checkPin(secret, path, findings);
  }
}

function checkPin(
  { fingerprint }: { fingerprint?: string | undefined },
  path: Path,
  findings: Findings,
): void {
  if (fingerprint === undefined) return;
  findings.error('input/fingerprint-over-http', 'http has no certificate that could be pinned', {
    path: [...path, 'fingerprint'],
    hint: 'use an https URL, or remove the fingerprint',
  });
}

function isPlainHttp(url: string): boolean {
  return /^http:/i.test(url.trim());
}

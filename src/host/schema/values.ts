// The smallest parts of a host file: what a size, an address, a name may look like.
import { isIP, isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';
import { parseSize } from '../../common/parse-size.ts';

/** One line of text without control characters. */
export const line = z
  .string()
  .regex(/^[^\p{Cc}]+$/u, 'one line of text')
  .meta({ title: 'one line of text' });

export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a name of small letters, digits and hyphens')
  .meta({ title: 'name' });

export const hostname = z
  .string()
  .max(253)
  .regex(
    /^(?!-)(?:(?:[A-Za-z0-9-]|\$\{[a-z][a-z0-9_]*\}){1,63}(?<!-)\.)*(?:[A-Za-z0-9-]|\$\{[a-z][a-z0-9_]*\}){1,63}(?<!-)$/,
    'a host name such as xen01 or xen01.example.net',
  )
  .meta({ title: 'host name' });

export const address = z
  .string()
  .refine((text) => isIP(text) !== 0, {
    error: 'this is not an IP address',
  })
  .meta({ title: 'IP address' });

export const ipv4 = z
  .string()
  .refine(isIPv4, { error: 'this is not an IPv4 address' })
  .meta({ title: 'IPv4 address' });
export const ipv6 = z
  .string()
  .refine(isIPv6, { error: 'this is not an IPv6 address' })
  .meta({ title: 'IPv6 address' });

/** A host name or an address. */
export const host = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text),
    {
      error: 'this is neither a host name nor an IP address',
    },
  )
  .meta({ title: 'host name or IP address' });

/** `192.0.2.10/24`, `2001:db8::10/64`: an address with the length of its network. */
export const addressWithPrefix = z
  .string()
  .refine(isAddressWithPrefix, {
    error: 'this is not an address with its prefix length, such as 192.0.2.10/24',
  })
  .meta({ title: 'address with prefix length' });

export const mac = z
  .string()
  .regex(/^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/, 'a MAC address such as 52:54:00:12:34:56')
  .meta({ title: 'MAC address' });

export const vlan = z.int().min(1).max(4094);

export const mtu = z.int().min(1280).max(9216);

export const port = z.int().min(1).max(65535);

/** Bytes as people write them; `GB` counts in thousands, `GiB` in 1024s. */
export const size = z
  .union([z.int().min(0), z.string()])
  .refine((value) => typeof value === 'number' || isSize(value), {
    error: 'this is not a size such as 8 GiB',
  })
  .transform((value) => (typeof value === 'number' ? value : parseSize(value, 'size')))
  .meta({ title: 'size' });

/** SHA-256 of a certificate, with or without colons. */
export const fingerprint = z
  .string()
  .regex(
    /^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/,
    'a SHA-256 fingerprint of 64 hexadecimal digits',
  )
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .meta({ title: 'SHA-256 fingerprint' });

export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 digest of 64 hexadecimal digits')
  .meta({ title: 'SHA-256 digest' });

export const url = z
  .string()
  .refine(isHttpUrl, { error: 'this is not an http or https URL' })
  .meta({ title: 'http or https URL' });

/** One argument of a boot line: nothing that GRUB or a shell would read as more than one. */
export const bootArgument = z
  .string()
  .regex(
    /^[\w.,:=/@%+~^*!?-]+$/,
    'one boot argument such as dom0_mem=4096M, without spaces or quotes',
  )
  .meta({ title: 'boot argument' });

/** What crypt(3) makes; `!!` asks at the first login on the console. */
export const passwordHash = z
  .string()
  .regex(
    /^(?:\$(?:y|gy|7|2[aby]|5|6)\$[./A-Za-z0-9$=,]{20,300}|!!?)$/,
    'a password hash such as `openssl passwd -6` prints, or "!!" for a login that is set on the console',
  )
  .meta({ title: 'password hash' });

export const sshKey = z
  .string()
  .regex(
    /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh[.]com) [A-Za-z0-9+/]{40,}={0,3}(?: [^\p{Cc}]*)?$/u,
    'one line of an OpenSSH public key file, such as "ssh-ed25519 AAAA... name"',
  )
  .meta({ title: 'SSH public key' });

/** A secret is never in a plan or a log: it is written down here or named by where it comes from. */
export const secret = z
  .union([
    z.string().min(1).describe('The secret itself.'),
    z.strictObject({ file: line.describe('A file beside the host file, or an absolute path.') }),
    z.strictObject({
      url: url.describe('Fetched when it is needed.'),
      fingerprint: fingerprint
        .optional()
        .describe('SHA-256 of the certificate of the server; others are refused.'),
    }),
    z.strictObject({ prompt: line.describe('Asked on the console with these words.') }),
  ])
  .meta({ title: 'secret' });
export type Secret = z.output<typeof secret>;

function isAddressWithPrefix(text: string): boolean {
  const [own = '', prefix = '', ...rest] = text.split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return false;
  const family = isIP(own);
  return family !== 0 && Number(prefix) >= 1 && Number(prefix) <= (family === 4 ? 32 : 128);
}

function isSize(text: string): boolean {
  try {
    parseSize(text, 'size');
    return true;
  } catch {
    return false;
  }
}

function isHttpUrl(text: string): boolean {
  // What is drawn from the machine is put in later.
  const plain = text.replaceAll(/\$\{[a-z][a-z0-9_]*\}/g, 'x');
  return URL.canParse(plain) && ['http:', 'https:'].includes(new URL(plain).protocol);
}

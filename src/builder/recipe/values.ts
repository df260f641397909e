// The values that recipes, editions and splits are made of: names, paths, patterns and versions.
import * as z from 'zod';

const NAME = /^[a-z0-9][a-z0-9-]*$/;
const DEBIAN_PACKAGE = /^[a-z0-9][a-z0-9+.-]+$/;
const DEBIAN_VERSION = /^(?:[0-9]+:)?[0-9A-Za-z.+~-]+$/;
const COMPONENT = /^[a-z0-9][a-z0-9/-]*$/;
const UNIT =
  /^[A-Za-z0-9@:_.\\-]+\.(?:service|socket|timer|mount|automount|path|target|slice|swap)$/;

/** The name of a recipe, an edition or an origin. */
export const name = z.string().regex(NAME, 'a name of small letters, digits and hyphens');
/** The name of a Debian package. */
export const packageName = z
  .string()
  .regex(DEBIAN_PACKAGE, 'the name of a package, such as openvswitch-switch');
/** A version as Debian writes them. */
export const version = z
  .string()
  .regex(DEBIAN_VERSION, 'the version of a package, such as "4.20.2+7-g1badcf5035-0+deb13u1"');
/** A component of an apt repository. */
export const component = z
  .string()
  .regex(COMPONENT, 'the name of a component, such as main or non-free-firmware');
/** The architectures that Kronos builds for. */
export const architecture = z.enum(['amd64', 'arm64']);
/** A text without line breaks. */
export const line = z.string().regex(/^[^\r\n]+$/, 'one line of text');
/** One boot argument. */
export const argument = z
  .string()
  .regex(/^[^\s]+$/, 'one boot argument without spaces, such as dom0_mem=1024M');
/** An absolute path. */
export const absolute = z
  .string()
  .regex(/^\/[^\p{Cc}]+$/u, 'an absolute path in the appliance, such as /etc/hostname');
/** A pattern over absolute paths. */
export const glob = z
  .string()
  .regex(/^\/[^\p{Cc}]+$/u, 'a pattern over absolute paths, such as /usr/share/doc/**');
/** A unit of systemd. */
export const unit = z
  .string()
  .regex(UNIT, 'the name of a systemd unit with its suffix, such as ssh.service');
/** Permission bits as a text. */
export const mode = z.string().regex(/^0[0-7]{3,4}$/, 'permission bits in quotes, such as "0644"');

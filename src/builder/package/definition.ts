// What a package of ours is, whichever format it gets: .deb and .rpm are made from the same values.

/** The first line of scripts; templates of them have none, so that nobody takes them for scripts. */
export const SHEBANG = '#!/bin/sh\n';

/** A file of a package. Exactly one of `text` and `source` is there. */
export interface PackageFile {
  /** Absolute path on the host. */
  path: string;
  /** Permission bits. */
  mode: number;
  text?: string | undefined;
  /** A file on the machine that makes the package. */
  source?: string | undefined;
  /** Written compressed, as `path` without `.gz` could not be (manual pages, changelogs). */
  gzip?: boolean;
}

/** A unit of systemd that the package brings and that the host starts from its next start on. */
export interface PackageUnit {
  name: string;
}

/** Relations in Debian's words; rpm gets them through packaging/names.yaml. */
export interface Relations {
  depends: readonly string[];
  recommends?: readonly string[];
  suggests?: readonly string[];
  conflicts?: readonly string[];
  /** Packages whose place it takes when both cannot be there. */
  replaces?: readonly string[];
}

/** What is done beyond unpacking files. Nothing of it asks a question or touches the running network. */
export interface PackageActions {
  /** The boot menu is written anew, after installing and after removing. */
  grub?: boolean;
  /** The running configuration is taken over, and given back when the package goes: kronos-firstboot adopt, release. */
  adopt?: boolean;
  /** It chooses the toolstack, which another package may do in its place. */
  toolstack?: boolean;
  /** The file that every package with a toolstack has: once it is gone, the host is given back. */
  follows?: string;
}

/** A tag of lintian that stands, and why. */
export interface LintException {
  tag: string;
  /** A glob of lintian over what it says besides the tag. */
  context?: string;
  reason: string;
}

/** For packages with units. */
export const NO_INIT_SCRIPT: LintException = {
  tag: 'package-supports-alternative-init-but-no-init.d-script',
  reason:
    'First boot needs the order of units, networkd and udev as systemd has them; other inits cannot say it.',
};

export interface PackageDefinition {
  name: string;
  /** One line, without article and full stop. */
  summary: string;
  /** The section of Debian's archive; default admin. */
  section?: string;
  /** Paragraphs. */
  description: readonly string[];
  relations: Relations;
  files: readonly PackageFile[];
  units: readonly PackageUnit[];
  actions: PackageActions;
  /** Directories and files that the host's own programs made, gone with a purge. */
  purge: readonly string[];
  /** The same, of which another package may have some: only what no package owns goes. */
  purgeUnowned?: readonly string[];
  /** Licence texts of libraries whose code is in the files, as bundles have them. */
  licences: readonly string[];
  exceptions?: readonly LintException[];
}
